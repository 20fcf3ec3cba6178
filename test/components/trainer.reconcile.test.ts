import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { parse, stringify } from 'yaml';
import { type RuntimeName, type Trainer, TrainJob, trainJobFrom } from '../../components/trainer';
import { TFJob } from '../../components/training-operator/jobs';
import { apiObjects, type Manifest, type NodePool } from '../../constructs';
import { type BinaryName, prepareBinaries } from '../../engine/control-plane';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { composePlatform } from '../../stacks/platform';
import { renderPlatform } from '../../stacks/render';
import { eventually, freePort, RealController, redirected } from '../support/controller';
import { DeployedPlatform } from '../support/platform';
import { webhookCertificate } from '../support/webhook-certificate';

jest.setTimeout(180_000);

const { serviceMesh: _, workflows: __, ...platformSettings } = loadEnvironment('local').platform;
const environment = defineEnvironment({
  ...loadEnvironment('local'),
  name: 'training',
  platform: { ...platformSettings, trainer: true, trainingOperator: false },
});
const composed = composePlatform(environment);
const { runtimes } = composed.components.find(({ node }) => node.id === 'trainer') as Trainer;
const manifests = renderPlatform(composed).objects.map(({ manifest }) => manifest);
const pool = environment.infrastructure.nodePools.find(({ gpu }) => gpu) as NodePool;

const system = 'kubeflow-system';
const namespace = 'team-vision';
const editor = 'grace@example.com';
const jobs = `/apis/trainer.kubeflow.org/v1alpha1/namespaces/${namespace}`;

const folder = mkdtempSync(join(tmpdir(), 'flowyard-training-'));
const { cert, key, pem } = webhookCertificate();
const controllers: RealController[] = [];
let platform: DeployedPlatform;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  await start('jobset-manager', 'jobset-controller-manager', 'jobset-manager-config');
  await start('trainer-controller-manager', 'kubeflow-trainer-controller-manager', 'kubeflow-trainer-config');
}, 600_000);

afterAll(async () => {
  // They take their finalizers off what goes.
  await platform?.down().finally(() => Promise.all(controllers.map(controller => controller.stop())));
  rmSync(folder, { recursive: true });
});

/** Runs a controller with the settings that its pods would have, but for addresses and certificates. */
async function start(binary: BinaryName, account: string, configMap: string): Promise<void> {
  const binaries = await prepareBinaries({ names: [binary] });
  const [webhook, health] = [await freePort(), await freePort()];
  const own = join(folder, binary);
  // Where the webhook servers look for their certificate: of Trainer below the folder for temporary files.
  const certificates = join(own, 'k8s-webhook-server/serving-certs');
  mkdirSync(certificates, { recursive: true });
  cpSync(cert, join(certificates, 'tls.crt'));
  cpSync(key, join(certificates, 'tls.key'));
  const found = (await platform.client.get(`/api/v1/namespaces/${system}/configmaps/${configMap}`))!;
  const [text] = Object.values<string>(found.data);
  const { statusServer: _, ...settings } = parse(text!);
  const config = join(own, 'config.yaml');
  const managesCertificates = 'certManagement' in settings ? 'certManagement' : 'internalCertManagement';
  writeFileSync(
    config,
    stringify({
      ...settings,
      health: { healthProbeBindAddress: `127.0.0.1:${health}` },
      leaderElection: { ...settings.leaderElection, resourceNamespace: system },
      metrics: { bindAddress: '0' },
      [managesCertificates]: { ...settings[managesCertificates], enable: false },
      webhook: {
        ...{ host: '127.0.0.1', port: webhook },
        ...(managesCertificates === 'internalCertManagement' && { certDir: certificates }),
      },
    }),
  );
  const controller = await RealController.start(platform.client, {
    binary: binaries[binary],
    args: [`--config=${config}`],
    env: { TMPDIR: own },
    account: { namespace: system, name: account },
    withheldPorts: [],
  });
  controllers.push(controller);
  const serving = async () => (/Serving webhook server/.test(controller.log) ? true : undefined);
  await eventually(`${binary} serves webhooks`, 60, serving).catch((error: Error) => {
    throw new Error(`${error.message}:\n${controller.log.slice(-4000)}`);
  });
  const settingsOf = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap)!;
  for (const configuration of manifests.filter(({ kind }) => kind.endsWith('WebhookConfiguration'))) {
    if (componentOf(configuration) !== componentOf(settingsOf)) continue;
    const plural = `${configuration.kind.toLowerCase()}s`;
    const { name } = configuration.metadata;
    await platform.client.apply(
      `/apis/admissionregistration.k8s.io/v1/${plural}/${name}`,
      redirected(configuration, `127.0.0.1:${webhook}`, pem),
    );
  }
}

const componentOf = ({ metadata }: Manifest) => metadata.labels!['flowyard.dev/component'];

const rendered = (add: (chart: Chart) => unknown): Manifest => {
  const chart = new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true });
  add(chart);
  return apiObjects(chart)[0]!.toJson();
};

/** The pods of a job, as soon as there are so many. */
async function podsOf(name: string, count: number): Promise<Manifest[]> {
  return eventually(`'${name}' has ${count} pods`, 30, async () => {
    const { items } = await platform.client.list(
      `/api/v1/namespaces/${namespace}/pods?labelSelector=jobset.sigs.k8s.io/jobset-name%3D${name}`,
    );
    const found = items as Manifest[];
    return found.length >= count && found.every(({ spec }) => spec.nodeName) ? found : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${controllers.map(({ log }) => log.slice(-3000)).join('\n')}`);
  });
}

const training = ({ spec }: Manifest) => spec.containers.find(({ name }: Manifest) => name === 'node');
const variable = (pod: Manifest, name: string) =>
  training(pod).env.find((each: { name: string }) => each.name === name)?.value;

test.each<[RuntimeName, number, string, string]>([
  ['torch-distributed', 2, 'PET_NNODES', '2'],
  ['jax-distributed', 2, 'JAX_NUM_PROCESSES', '2'],
  ['xgboost-distributed', 2, 'DMLC_NUM_WORKER', '2'],
])('a job on %s gets its pods on the pool, told of each other', async (runtime, numNodes, name, value) => {
  const job = rendered(
    chart =>
      new TrainJob(chart, 'Job', {
        ...{ name: runtime.split('-')[0]!, runtime: runtimes[runtime], numNodes, pool, gpus: 1 },
        resourcesPerNode: { cpu: '1', memory: '2Gi' },
      }),
  );

  expect(await platform.createAs(editor, `${jobs}/trainjobs`, job)).toEqual({ status: 201 });

  const pods = await podsOf(job.metadata.name, numNodes);
  expect(pods).toHaveLength(numNodes);
  for (const pod of pods) {
    expect(pod.spec.nodeName).toMatch(new RegExp(`^${pool.name}-`));
    expect(training(pod).resources.limits['nvidia.com/gpu']).toBe('1');
    expect(variable(pod, name)).toBe(value);
  }
});

test('a job of MPI gets its launcher, its nodes and the key by which they trust each other', async () => {
  const job = rendered(
    chart =>
      new TrainJob(chart, 'Job', {
        ...{ name: 'mpi', runtime: runtimes['deepspeed-distributed'], numNodes: 2, command: ['mpirun', 'train'] },
        resourcesPerNode: { cpu: '1', memory: '2Gi' },
      }),
  );

  expect(await platform.createAs(editor, `${jobs}/trainjobs`, job)).toEqual({ status: 201 });

  const pods = await podsOf('mpi', 2);
  const part = ({ metadata }: Manifest) => metadata.labels!['jobset.sigs.k8s.io/replicatedjob-name'];
  expect([...new Set(pods.map(part))].sort()).toEqual(['launcher', 'node']);
  expect(pods[0]!.spec.volumes.map(({ name }: Manifest) => name)).toContain('mpi-ssh-auth');
});

test('a TFJob that became a TrainJob gets pods whose TF_CONFIG names them all', async () => {
  const part = { image: { repository: 'example.com/tf', tag: '1' }, resources: { cpu: '1', memory: '1Gi' } };
  const { runtime, job } = trainJobFrom(
    rendered(
      chart =>
        new TFJob(chart, 'Job', {
          name: 'converted',
          tfReplicaSpecs: { Chief: part, PS: part, Worker: { ...part, replicas: 2, pool, gpus: 1 } },
        }),
    ),
  );
  await platform.client.apply(`${jobs}/trainingruntimes/converted`, runtime);

  expect(await platform.createAs(editor, `${jobs}/trainjobs`, job)).toEqual({ status: 201 });

  const pods = await podsOf('converted', 4);
  const workers = pods.filter(({ metadata }) => metadata.labels!['jobset.sigs.k8s.io/replicatedjob-name'] === 'node');
  expect(workers.map(({ spec }) => spec.nodeName)).toEqual([
    expect.stringMatching(/^gpu-l4-/),
    expect.stringMatching(/^gpu-l4-/),
  ]);
  const { cluster } = JSON.parse(variable(workers[0]!, 'TF_CONFIG').replace('$(TF_TASK_INDEX)', '0'));
  const names = pods.map(({ spec }) => `${spec.hostname}.${spec.subdomain}:2222`);
  expect(Object.values(cluster).flat().sort()).toEqual(names.sort());
});

test("a job that asks for more than its tenant's quota gets no pods, and the reason", async () => {
  const other = 'team-forecast';
  const app = new App();
  const chart = new Chart(app, 'chart', { namespace: other, disableResourceNameHashes: true });
  new TrainJob(chart, 'Job', {
    ...{ name: 'greedy', runtime: runtimes['torch-distributed'], pool, gpus: 1 },
    resourcesPerNode: { cpu: '1', memory: '2Gi' },
  });
  const path = `/apis/trainer.kubeflow.org/v1alpha1/namespaces/${other}/trainjobs`;

  expect(await platform.createAs('edsger@example.com', path, apiObjects(chart)[0]!.toJson())).toEqual({ status: 201 });

  const reason = await eventually('an event tells why there are no pods', 30, async () => {
    const { items } = await platform.client.list(`/api/v1/namespaces/${other}/events`);
    return (items as Manifest[]).find(({ reason, message }) => reason === 'FailedCreate' && /quota/.test(message));
  });
  expect(reason.message).toContain('exceeded quota');
  expect(reason.message).toContain('requests.nvidia.com/gpu');
});

test('a job whose runtime is not there is refused, with the reason', async () => {
  const job = rendered(
    chart =>
      new TrainJob(chart, 'Job', {
        ...{ name: 'lost', runtime: { kind: 'TrainingRuntime', name: 'nowhere' } },
        resourcesPerNode: { cpu: '1', memory: '1Gi' },
      }),
  );

  const { status, message } = await platform.createAs(editor, `${jobs}/trainjobs`, job);

  expect(status).toBe(403);
  expect(message).toContain('nowhere');
});

test('nothing that the controllers asked for was forbidden', async () => {
  for (const controller of controllers) {
    const requests = controller.requests();
    expect(requests.length).toBeGreaterThan(10);
    expect(requests.filter(({ code }) => code === 403 || code === 401)).toEqual([]);
    expect(controller.log).not.toMatch(/forbidden/i);
  }
});
