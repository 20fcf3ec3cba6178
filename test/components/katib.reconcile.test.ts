import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import { double, Experiment, trialJob } from '../../components/katib';
import { prepareBinaries } from '../../engine/control-plane';
import type { Manifest } from '../../engine/deploy/types';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { tutorialExperiment } from '../../examples/lstm-tuning/experiment';
import { eventually, RealController } from '../support/controller';
import { DeployedPlatform } from '../support/platform';
import { webhookCertificate } from '../support/webhook-certificate';

jest.setTimeout(240_000);

const local = loadEnvironment('local');
const [vision, forecast] = local.tenants;
const environment = defineEnvironment({
  ...local,
  name: 'tuning',
  tenants: [
    { ...vision!, name: 'tuning-strict' },
    // The container of early stopping has no security context, and upstream's settings know none.
    {
      ...forecast!,
      name: 'tuning-baseline',
      podSecurity: 'baseline',
      members: [{ user: 'grace@example.com', role: 'edit' }],
    },
  ],
});
const group = '/apis/kubeflow.org/v1beta1';
const editor = 'grace@example.com';
const webhooks = '/apis/admissionregistration.k8s.io/v1';
const certificates = '/tmp/cert';

/** Seconds. As soon as a service is up, the controller's one worker waits a minute for its answer, which never comes. */
const patience = 180;

let platform: DeployedPlatform;
let controller: RealController;
const settings = fs.mkdtempSync(path.join(os.tmpdir(), 'katib-'));

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  const { client } = platform;
  const binaries = await prepareBinaries({ names: ['katib-controller'] });
  const { data } = (await client.get('/api/v1/namespaces/kubeflow/configmaps/katib-config'))!;
  const { spec } = (await client.get('/apis/apps/v1/namespaces/kubeflow/deployments/katib-controller'))!;
  const config = path.join(settings, 'katib-config.yaml');
  fs.writeFileSync(config, data['katib-config.yaml']);
  const { cert, key, pem } = webhookCertificate();
  // The controller looks for it nowhere else.
  fs.mkdirSync(certificates, { recursive: true });
  fs.copyFileSync(cert, path.join(certificates, 'tls.crt'));
  fs.copyFileSync(key, path.join(certificates, 'tls.key'));
  controller = await RealController.start(client, {
    binary: binaries['katib-controller'],
    args: [`--katib-config=${config}`],
    env: { KATIB_CORE_NAMESPACE: 'kubeflow' },
    account: { namespace: 'kubeflow', name: spec.template.spec.serviceAccountName },
    withheldPorts: [],
    servedPort: 8443,
  });
  await eventually(
    'the webhooks are served',
    60,
    async () => /Serving webhook server/.exec(controller.log) ?? undefined,
  );
  for (const plural of plurals) await callWebhooks(plural, pem);
});

afterAll(async () => {
  for (const plural of plurals) await platform?.client.delete(`${webhooks}/${plural}/katib-test`);
  await controller?.stop();
  fs.rmSync(certificates, { recursive: true, force: true });
  fs.rmSync(settings, { recursive: true, force: true });
  if (platform) await releaseAll();
  await platform?.down();
});

const plurals = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const;

/** Registers the rendered webhooks once more, at the address where the controller really listens. */
async function callWebhooks(plural: string, pem: string): Promise<void> {
  const rendered = (await platform.client.get(`${webhooks}/${plural}/katib.kubeflow.org`))!;
  await platform.client.apply(`${webhooks}/${plural}/katib-test`, {
    ...{ apiVersion: rendered.apiVersion, kind: rendered.kind, metadata: { name: 'katib-test' } },
    webhooks: rendered.webhooks.map((webhook: Manifest) => ({
      ...webhook,
      clientConfig: {
        url: `https://127.0.0.1:${controller.port}${webhook.clientConfig.service.path}`,
        caBundle: Buffer.from(pem).toString('base64'),
      },
      matchConditions: webhook.matchConditions.filter(
        ({ expression }: { expression: string }) => expression !== 'false',
      ),
    })),
  });
}

/** Lets go of what waits for the controller to clean up. */
async function releaseAll(): Promise<void> {
  for (const plural of ['trials', 'suggestions', 'experiments']) {
    const { items } = await platform.client.list(`${group}/${plural}`);
    for (const { metadata } of items) {
      const address = `${group}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
      await platform.client.delete(address);
      const left = await platform.client.get(address);
      if (left)
        await platform.client.update(address, { ...left, metadata: { ...left.metadata, finalizers: [] } } as Manifest);
    }
  }
}

const chart = (namespace: string) => new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true });

function strict(name = 'strict') {
  const team = chart('tuning-strict');
  return new Experiment(team, 'Experiment', {
    name,
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    maxTrialCount: 1,
    resumePolicy: 'FromVolume',
    search: { lr: double(0.01, 0.5) },
    trial: ({ lr }) =>
      trialJob(team, {
        image: { repository: 'example.com/train', tag: '1' },
        command: ['train', `--lr=${lr}`],
        resources: { cpu: '100m', memory: '128Mi' },
      }),
  });
}

async function submit({ namespace, object }: { namespace: string; object: { toJson(): Manifest } }) {
  return platform.createAs(editor, `${group}/namespaces/${namespace}/experiments`, object.toJson());
}

const found = (what: string, address: string, seconds = 60) =>
  eventually(what, seconds, async () => (await platform.client.get(address)) ?? undefined);

/** Pods of a namespace with a label, as soon as there are some. */
async function pods(namespace: string, label: string): Promise<Manifest[]> {
  return eventually(`pods with ${label}`, patience, async () => {
    const { items } = await platform.client.list(
      `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(label)}`,
    );
    return items.length > 0 ? items : undefined;
  });
}

test('the controller watches every kind of trial that the platform has', async () => {
  const kinds = ['Job', 'TrainJob', 'TFJob', 'PyTorchJob', 'MPIJob', 'XGBoostJob', 'Workflow'];
  const watched = () =>
    [...controller.log.matchAll(/Job watch added successfully.*"CRD Kind":"(\w+)"/g)].map(([, kind]) => kind);
  await eventually('it watches them', 30, async () => (watched().length >= kinds.length ? true : undefined));

  expect(watched().sort()).toEqual([...kinds].sort());
  expect(controller.log).not.toContain('CRD might be missing');
});

test('the webhooks take experiments of tenants', async () => {
  const stopped = tutorialExperiment(chart('tuning-strict'), { name: 'stopped' });
  const answers = await Promise.all([strict(), stopped].map(submit));

  expect(answers).toEqual([{ status: 201 }, { status: 201 }]);
});

describe('in a namespace held to Pod Security restricted', () => {
  const namespace = 'tuning-strict';
  const suggestion = `${group}/namespaces/${namespace}/suggestions/strict`;

  test('a suggestion service gets its pod', async () => {
    const [pod] = await pods(namespace, 'katib.kubeflow.org/suggestion=strict');
    expect(pod!.spec.containers[0].securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  });

  test('it has a volume, where the experiment is to be gone on with', async () => {
    const claim = await found('its claim', `/api/v1/namespaces/${namespace}/persistentvolumeclaims/strict-random`);

    expect(claim.spec.resources.requests.storage).toBe('1Gi');
  });

  test('a trial gets its Job and pod, with the metrics collector in the same security context', async () => {
    await found('the suggestion', suggestion);
    await platform.client.apply(`${suggestion}/status`, {
      ...{ apiVersion: 'kubeflow.org/v1beta1', kind: 'Suggestion', metadata: { name: 'strict', namespace } },
      status: {
        suggestionCount: 1,
        suggestions: [{ name: 'strict-abc', parameterAssignments: [{ name: 'lr', value: '0.05' }] }],
      },
    });

    await found('the trial', `${group}/namespaces/${namespace}/trials/strict-abc`);
    const job = await found('its Job', `/apis/batch/v1/namespaces/${namespace}/jobs/strict-abc`);
    expect(job.spec.template.spec.containers[0].command).toEqual(['train', '--lr=0.05']);
    const [pod] = await pods(namespace, 'katib.kubeflow.org/trial=strict-abc');
    const [training, collector] = pod!.spec.containers;
    expect(collector.name).toBe('metrics-logger-and-collector');
    expect(collector.image).toBe('ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0');
    expect(collector.args).toEqual(expect.arrayContaining(['-s-db', 'katib-db-manager.kubeflow:6789', '-m', 'loss']));
    expect(collector.securityContext).toEqual(training.securityContext);
  });

  test('one with early stopping gets none: that container has no security context', async () => {
    const selector = encodeURIComponent('katib.kubeflow.org/suggestion=stopped');
    const sets = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=${selector}`;
    const { message } = await eventually('it is refused', patience, async () => {
      const { items } = await platform.client.list(sets);
      return items[0]?.status.conditions?.find(({ type }: { type: string }) => type === 'ReplicaFailure');
    });

    expect(message).toContain('violates PodSecurity "restricted');
    expect(message).toContain('container "early-stopping" must set securityContext.allowPrivilegeEscalation=false');
    expect(message).not.toContain('container "suggestion"');
  });
});

describe('the experiment of the tutorial', () => {
  const namespace = 'tuning-baseline';

  test("is taken, and completed with upstream's defaults", async () => {
    expect(await submit(tutorialExperiment(chart(namespace)))).toEqual({ status: 201 });

    const { spec } = (await platform.client.get(`${group}/namespaces/${namespace}/experiments/median-stop-lstm`))!;
    expect(spec.resumePolicy).toBe('Never');
    expect(spec.metricsCollectorSpec).toEqual({ collector: { kind: 'StdOut' } });
    expect(spec.trialTemplate.successCondition).toContain('Complete');
  });

  test('gets a suggestion, whose Deployment runs as our account, with early stopping beside it', async () => {
    await found('the suggestion', `${group}/namespaces/${namespace}/suggestions/median-stop-lstm`, patience);
    const { spec } = await found(
      'its Deployment',
      `/apis/apps/v1/namespaces/${namespace}/deployments/median-stop-lstm-random`,
      patience,
    );

    expect(spec.template.spec.serviceAccountName).toBe('katib-suggestion');
    expect(spec.template.spec.containers.map(({ name }: Manifest) => name)).toEqual(['suggestion', 'early-stopping']);
    const [pod] = await pods(namespace, 'katib.kubeflow.org/suggestion=median-stop-lstm');
    expect(pod!.spec.volumes).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^kube-api-access-/) }),
    );
    const { items } = await platform.client.list(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`);
    expect(items.map(({ metadata }) => metadata.name)).not.toContain('median-stop-lstm-random');
  });
});

test('what the webhook knows and no schema can say is refused by it', async () => {
  const object = strict('unknown-algorithm').object.toJson();
  object.spec.algorithm.algorithmName = 'guess';

  const { status, message } = await submit({ namespace: 'tuning-strict', object: { toJson: () => object } });

  expect(status).toBe(400);
  expect(message).toContain('unable to get Suggestion config data for algorithm guess');
});

test('nothing was forbidden to the controller', () => {
  const requests = controller.requests();

  expect(requests.filter(({ verb, uri }) => verb === 'create' && uri.includes('/jobs')).length).toBeGreaterThan(0);
  expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  expect(controller.log).not.toMatch(/forbidden/i);
});
