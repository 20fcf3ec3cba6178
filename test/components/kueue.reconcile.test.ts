import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { parse, stringify } from 'yaml';
import { TFJob } from '../../components/training-operator/jobs';
import { gpuLimits, type NodePool, type Manifest as ObjectManifest, poolLabel } from '../../constructs';
import { prepareBinaries } from '../../engine/control-plane';
import type { Manifest } from '../../engine/deploy/types';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { renderEnvironment } from '../../stacks/platform';
import { eventually, freePort, RealController, redirected } from '../support/controller';
import { DeployedPlatform } from '../support/platform';
import { webhookCertificate } from '../support/webhook-certificate';

jest.setTimeout(120_000);

const local = loadEnvironment('local');
const editor = 'grace@example.com';
const tenant = (name: string, gpus: number, guaranteed: number) => ({
  name,
  owner: 'ada@example.com',
  members: [{ user: editor, role: 'edit' as const }],
  quota: {
    ...{ cpu: '16', memory: '64Gi', storage: '10Gi' },
    gpus: { 'gpu-l4': gpus },
    guaranteedGpus: { 'gpu-l4': guaranteed },
  },
});
const { serviceMesh: _, workflows: __, katib: ___, ...platformSettings } = local.platform;
const environment = defineEnvironment({
  ...local,
  name: 'queues',
  platform: { ...platformSettings, queues: { kind: 'kueue' } },
  // Eight accelerators: two are nobody's, and so everybody's.
  tenants: [tenant('queue-a', 6, 2), tenant('queue-b', 4, 4)],
});
const manifests = renderEnvironment(environment).objects.map(({ manifest }) => manifest);
const pool = environment.infrastructure.nodePools.find(({ gpu }) => gpu) as NodePool;

const system = 'kueue-system';
const folder = mkdtempSync(join(tmpdir(), 'flowyard-queues-'));
const queues = '/apis/kueue.x-k8s.io/v1beta2';
let platform: DeployedPlatform;
let controller: RealController;
let made: string | undefined;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  const binaries = await prepareBinaries({ names: ['kueue'] });
  const [webhook, health] = [await freePort(), await freePort()];
  const { cert, key, pem } = webhookCertificate();
  // The controller looks for the certificate of its metrics nowhere else.
  const metrics = '/etc/kueue/metrics/certs';
  made = mkdirSync(metrics, { recursive: true });
  for (const at of [folder, metrics]) {
    cpSync(cert, join(at, 'tls.crt'));
    cpSync(key, join(at, 'tls.key'));
  }
  const { data } = (await platform.client.get(`/api/v1/namespaces/${system}/configmaps/kueue-manager-config`))!;
  const settings = parse(Object.values<string>(data)[0]!);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    stringify({
      ...settings,
      health: { healthProbeBindAddress: `127.0.0.1:${health}` },
      leaderElection: { ...settings.leaderElection, resourceNamespace: system },
      metrics: { bindAddress: '0' },
      webhook: { host: '127.0.0.1', port: webhook, certDir: folder },
    }),
  );
  controller = await RealController.start(platform.client, {
    binary: binaries.kueue,
    args: [`--config=${config}`, '--zap-log-level=2'],
    env: { POD_NAMESPACE: system },
    account: { namespace: system, name: 'kueue-controller-manager' },
    withheldPorts: [],
  });
  const serving = async () => (/Serving webhook server/.test(controller.log) ? true : undefined);
  await eventually('webhooks are served', 60, serving).catch((error: Error) => {
    throw new Error(`${error.message}:\n${controller.log.slice(-4000)}`);
  });
  for (const configuration of manifests.filter(({ kind, metadata }) => {
    return kind.endsWith('WebhookConfiguration') && metadata.labels!['flowyard.dev/component'] === 'kueue';
  })) {
    await platform.client.apply(
      `/apis/admissionregistration.k8s.io/v1/${configuration.kind.toLowerCase()}s/${configuration.metadata.name}`,
      redirected(configuration, `127.0.0.1:${webhook}`, pem),
    );
  }
  const active = async () => {
    const { items } = await platform.client.list(`${queues}/clusterqueues`);
    const states = items.map(item => conditionOf(item, 'Active')?.status);
    return states.length === 2 && states.every(status => status === 'True') ? true : undefined;
  };
  await eventually('queues are active', 60, active).catch((error: Error) => {
    throw new Error(`${error.message}:\n${controller.log.slice(-6000)}`);
  });
}, 600_000);

afterAll(async () => {
  // It takes its finalizers off what goes.
  await platform?.down().finally(() => controller?.stop());
  rmSync(folder, { recursive: true });
  if (made) rmSync(made, { recursive: true });
});

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const conditionOf = ({ status }: Manifest, type: string): Condition | undefined =>
  status?.conditions?.find((each: Condition) => each.type === type);

/** A job of v1 whose operator does not run: it keeps what it got until it is deleted. One accelerator for each worker. */
function tfJob(namespace: string, name: string, gpus: number, cpu = '1'): ObjectManifest {
  const chart = new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true });
  const worker = {
    image: { repository: 'example.com/train', tag: '1' },
    resources: { cpu, memory: '1Gi' },
    ...(gpus > 0 && { replicas: gpus, gpus: 1, pool }),
  };
  return new TFJob(chart, 'Job', { name, tfReplicaSpecs: { Worker: worker } }).object.toJson();
}

const pathOf = (kind: 'tfjobs' | 'jobs', namespace: string) =>
  kind === 'jobs'
    ? `/apis/batch/v1/namespaces/${namespace}/jobs`
    : `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs`;

async function submit(namespace: string, job: ObjectManifest): Promise<void> {
  const kind = job.kind === 'Job' ? 'jobs' : 'tfjobs';
  const answer = await platform.createAs(editor, pathOf(kind, namespace), job);
  expect(answer).toEqual({ status: 201, message: undefined });
}

/** What queues say of a job, once `fits`. */
async function workload(namespace: string, job: string, fits: (workload: Manifest) => boolean): Promise<Manifest> {
  let last: Manifest | undefined;
  return eventually(`workload of ${job}`, 30, async () => {
    const { items } = await platform.client.list(`${queues}/namespaces/${namespace}/workloads`);
    last = items.find(({ metadata }) => metadata.ownerReferences?.some(({ name }: { name: string }) => name === job));
    return last && fits(last) ? last : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last?.status)}\n${controller.log.slice(-3000)}`);
  });
}

const admitted = (each: Manifest) => conditionOf(each, 'Admitted')?.status === 'True';
const waiting = (each: Manifest) => conditionOf(each, 'QuotaReserved')?.status === 'False';
const remove = (namespace: string, job: string) => platform.client.delete(`${pathOf('tfjobs', namespace)}/${job}`);

test('a job that names no queue waits in that of its namespace, and then starts on the pool it asks for', async () => {
  const job = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'plain' } },
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              ...{ name: 'main', image: 'example.com/train:1' },
              resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi', ...gpuLimits(pool, 1) } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        },
      },
    },
  };
  await submit('queue-a', job);

  const { status } = await workload('queue-a', 'plain', admitted);
  expect(status.admission).toMatchObject({
    clusterQueue: 'queue-a',
    podSetAssignments: [{ flavors: { cpu: 'any-node', memory: 'any-node', 'nvidia.com/gpu': 'gpu-l4' } }],
  });
  const pods = await eventually('its pod', 30, async () => {
    const { items } = await platform.client.list('/api/v1/namespaces/queue-a/pods?labelSelector=job-name=plain');
    return items.length > 0 && items[0]!.spec.nodeName ? items : undefined;
  });
  expect(pods[0]).toMatchObject({ spec: { nodeSelector: { [poolLabel]: 'gpu-l4' } } });
  expect(pods[0]!.spec.tolerations).toContainEqual(
    expect.objectContaining({ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }),
  );
  expect(pods[0]!.spec.nodeName).toMatch(/gpu-l4/);
});

test('a job beyond the quota waits, whole, until another has gone', async () => {
  await submit('queue-a', tfJob('queue-a', 'first', 0, '12'));
  await workload('queue-a', 'first', admitted);
  await submit('queue-a', tfJob('queue-a', 'second', 0, '12'));

  const held = await workload('queue-a', 'second', waiting);
  expect(conditionOf(held, 'QuotaReserved')!.message).toMatch(/insufficient unused quota for cpu in flavor any-node/);
  expect((await platform.client.get(`${pathOf('tfjobs', 'queue-a')}/second`))!.spec.runPolicy.suspend).toBe(true);

  await remove('queue-a', 'first');
  await workload('queue-a', 'second', admitted);
  expect((await platform.client.get(`${pathOf('tfjobs', 'queue-a')}/second`))!.spec.runPolicy.suspend).toBe(false);
  await remove('queue-a', 'second');
});

test('accelerators that others leave idle are borrowed, and given back to whom they are guaranteed', async () => {
  for (const name of ['borrow-1', 'borrow-2', 'borrow-3']) {
    await submit('queue-a', tfJob('queue-a', name, 2));
    await workload('queue-a', name, admitted);
  }
  await submit('queue-b', tfJob('queue-b', 'owner', 4));

  await workload('queue-b', 'owner', admitted);
  const stopped = await eventually('one of the borrowers is stopped', 30, async () => {
    const { items } = await platform.client.list(pathOf('tfjobs', 'queue-a'));
    const held = items.filter(({ spec }) => spec.runPolicy.suspend === true).map(({ metadata }) => metadata.name);
    return held.length > 0 ? held : undefined;
  });
  expect(stopped).toEqual(['borrow-3']);
  const evicted = await workload('queue-a', 'borrow-3', each => conditionOf(each, 'Preempted') !== undefined);
  expect(conditionOf(evicted, 'Preempted')).toMatchObject({ status: 'True', reason: 'InCohortReclamation' });

  await remove('queue-b', 'owner');
  await workload('queue-a', 'borrow-3', admitted);
  for (const name of ['borrow-1', 'borrow-2', 'borrow-3']) await remove('queue-a', name);
});

test('a job that can never fit says so', async () => {
  await submit('queue-b', tfJob('queue-b', 'too-big', 5));

  const held = await workload('queue-b', 'too-big', waiting);
  expect(conditionOf(held, 'QuotaReserved')!.message).toMatch(/nvidia.com\/gpu.*gpu-l4/);
  await remove('queue-b', 'too-big');
});

test('a TrainJob is held as a whole', async () => {
  const job = {
    ...{ apiVersion: 'trainer.kubeflow.org/v1alpha1', kind: 'TrainJob', metadata: { name: 'train' } },
    spec: { runtimeRef: { name: 'torch-distributed' }, trainer: { numNodes: 2 } },
  };
  const answer = await platform.createAs(
    editor,
    '/apis/trainer.kubeflow.org/v1alpha1/namespaces/queue-a/trainjobs',
    job,
  );

  expect(answer.status).toBe(201);
  const live = await platform.client.get('/apis/trainer.kubeflow.org/v1alpha1/namespaces/queue-a/trainjobs/train');
  expect(live).toMatchObject({
    metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'default' } },
    spec: { suspend: true },
  });
  await platform.client.delete('/apis/trainer.kubeflow.org/v1alpha1/namespaces/queue-a/trainjobs/train');
});

test('jobs of the platform do not wait', async () => {
  const { items } = await platform.client.list('/apis/batch/v1/namespaces/minio/jobs');

  expect(items.length).toBeGreaterThan(0);
  expect(items.filter(({ spec }) => spec.suspend)).toEqual([]);
});

test('the controller is never forbidden anything', () => {
  const requests = controller.requests();

  expect(requests.length).toBeGreaterThan(50);
  expect(requests.filter(({ code }) => code === 403)).toEqual([]);
  expect(controller.log).not.toMatch(/forbidden/);
});
