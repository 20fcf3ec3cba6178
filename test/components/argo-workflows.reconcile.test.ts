import { App, Chart } from 'cdk8s';
import { CronWorkflow, Workflow, type WorkflowSpec } from '../../components/argo-workflows';
import { release } from '../../components/argo-workflows/release';
import { prepareBinaries } from '../../engine/control-plane';
import type { Manifest } from '../../engine/deploy/types';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { eventually, RealController } from '../support/controller';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(180_000);

const local = loadEnvironment('local');
const retention = { secondsAfterSuccess: 5, secondsAfterFailure: 86_400 };
const environment = defineEnvironment({
  ...local,
  name: 'workflows',
  platform: {
    ...local.platform,
    trainingOperator: false,
    workflows: { kind: 'argo', retention },
    patches: [
      {
        path: 'argo-workflows/Settings/ConfigMap',
        // On this machine the metrics would be served on all its addresses.
        patch: [{ op: 'add', path: '/data/metricsConfig', value: '{enabled: false}' }],
      },
    ],
  },
});
const namespace = 'team-vision';
const workflows = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}`;
const pods = `/api/v1/namespaces/${namespace}/pods`;
const editor = 'grace@example.com';
const runner = `system:serviceaccount:${namespace}:default-editor`;
const echo = { name: 'echo', container: { image: 'example.com/echo:1', command: ['echo', 'hello'] } };

let platform: DeployedPlatform;
let controller: RealController;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  const binaries = await prepareBinaries({ names: ['workflow-controller'] });
  const { spec } = (await platform.client.get('/apis/apps/v1/namespaces/kubeflow/deployments/workflow-controller'))!;
  controller = await RealController.start(platform.client, {
    binary: binaries['workflow-controller'],
    args: spec.template.spec.containers[0].args,
    env: { LEADER_ELECTION_IDENTITY: 'test' },
    account: { namespace: 'kubeflow', name: spec.template.spec.serviceAccountName },
    withheldPorts: [6060],
  });
});

afterAll(async () => {
  await controller?.stop();
  await platform?.down();
});

const chart = () => new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true });

/** Submits as a member of the team. */
async function submit(name: string, spec: WorkflowSpec): Promise<void> {
  const object = Workflow.create(chart(), 'Workflow', { metadata: { name }, spec }).toJson();

  expect(await platform.createAs(editor, `${workflows}/workflows`, object)).toEqual({ status: 201 });
}

const workflow = (name: string) => platform.client.get(`${workflows}/workflows/${name}`);

async function phase(name: string, wanted: string): Promise<Manifest> {
  return eventually(`workflow '${name}' is ${wanted}`, 60, async () => {
    const found = await workflow(name);
    return found?.status?.phase === wanted ? found : undefined;
  });
}

/** Pods of a workflow that run, as soon as there are some. */
async function running(name: string): Promise<Manifest[]> {
  return eventually(`workflow '${name}' has pods`, 60, async () => {
    const { items } = await platform.client.list(`${pods}?labelSelector=workflows.argoproj.io/workflow%3D${name}`);
    const found = items.filter(({ status }) => status.phase === 'Running');
    return found.length > 0 ? found : undefined;
  });
}

/** What the executor and the kubelet report of a step that has ended well. */
async function finish({ metadata, spec }: Manifest): Promise<void> {
  const labels = {
    'workflows.argoproj.io/workflow': metadata.labels!['workflows.argoproj.io/workflow'],
    'workflows.argoproj.io/report-outputs-completed': 'true',
  };
  const reported = await platform.createAs(runner, `${workflows}/workflowtaskresults`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'WorkflowTaskResult',
    metadata: { name: metadata.annotations!['workflows.argoproj.io/node-id'], labels },
    outputs: { exitCode: '0' },
  });
  expect(reported).toEqual({ status: 201 });
  const ended = (container: { name: string; image: string }) => ({
    ...{ name: container.name, image: container.image, imageID: '', ready: false, restartCount: 0 },
    state: { terminated: { exitCode: 0 } },
  });
  await platform.client.apply(`${pods}/${metadata.name}/status`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: metadata.name, namespace },
    status: { phase: 'Succeeded', containerStatuses: spec.containers.map(ended) },
  });
}

test('the controller is of the pinned release and leads', async () => {
  await eventually(
    'the controller leads',
    60,
    async () => /Starting CronWorkflow controller/.exec(controller.log) ?? undefined,
  );

  expect(controller.log).toContain(`version=v${release.version}`);
});

describe("a team's workflow", () => {
  beforeAll(() =>
    submit('greeting', {
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          dag: {
            tasks: [
              { name: 'first', template: 'echo' },
              { name: 'second', template: 'echo', dependencies: ['first'] },
            ],
          },
        },
        echo,
      ],
    }),
  );

  test("runs as the team's account, with its token, in pods that the namespace admits", async () => {
    const [{ spec }] = (await running('greeting')) as [Manifest];
    const main = spec.containers.find(({ name }: { name: string }) => name === 'main');

    expect(spec.serviceAccountName).toBe('default-editor');
    expect(spec.volumes).toContainEqual(expect.objectContaining({ name: expect.stringMatching(/^kube-api-access-/) }));
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(main.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    for (const container of [...spec.initContainers, ...spec.containers]) {
      expect(container.resources.limits.memory).toBe(container.name === 'main' ? '1Gi' : '512Mi');
    }
  });

  test("keeps its artifacts under the team's prefix, with the team's key", async () => {
    const { status } = (await workflow('greeting'))!;
    const { artifactRepository, configMap } = status.artifactRepositoryRef;

    expect(configMap).toBe('artifact-repositories');
    expect(artifactRepository.s3.keyFormat).toMatch(/^team-vision\/artifacts\//);
    expect(artifactRepository.s3.secretKeySecret).toEqual({ name: 'minioaccess', key: 'AWS_SECRET_ACCESS_KEY' });
  });

  test('has the retention of the platform', async () => {
    const { spec } = (await workflow('greeting'))!;

    expect(spec.ttlStrategy).toEqual(retention);
    expect(spec.podGC).toEqual({ strategy: 'OnWorkflowSuccess', deleteDelayDuration: '3600s' });
  });

  test('is deleted with its pods once it has succeeded and its time is over', async () => {
    for (const step of ['first', 'second']) {
      for (const pod of await running('greeting')) {
        expect(pod.metadata.annotations!['workflows.argoproj.io/node-name']).toBe(`greeting.${step}`);
        await finish(pod);
      }
    }
    await phase('greeting', 'Succeeded');

    await eventually('the workflow is gone', 60, async () => ((await workflow('greeting')) ? undefined : true));
    await eventually('its pods are gone', 60, async () => {
      const { items } = await platform.client.list(`${pods}?labelSelector=workflows.argoproj.io/workflow%3Dgreeting`);
      return items.length === 0 || undefined;
    });
  });
});

test('a workflow waits while it is told to, and takes up what follows', async () => {
  await submit('pause', {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        steps: [[{ name: 'wait', inline: { suspend: { duration: '2s' } } }], [{ name: 'go', template: 'echo' }]],
      },
      echo,
    ],
  });

  expect(await running('pause')).toHaveLength(1);
});

test('arguments that do not fit into a pod are handed over in a ConfigMap', async () => {
  await submit('large', {
    entrypoint: 'echo',
    templates: [{ name: 'echo', container: { ...echo.container, args: ['x'.repeat(140_000)] } }],
  });

  const [{ spec, metadata }] = (await running('large')) as [Manifest];

  expect(spec.volumes).toContainEqual(
    expect.objectContaining({ configMap: expect.objectContaining({ name: metadata.name }) }),
  );
});

test('a time table starts a workflow', async () => {
  const object = CronWorkflow.create(chart(), 'Cron', {
    metadata: { name: 'minutely' },
    spec: { schedules: ['* * * * *'], workflowSpec: { entrypoint: 'echo', templates: [echo] } },
  }).toJson();
  expect(await platform.createAs(editor, `${workflows}/cronworkflows`, object)).toEqual({ status: 201 });

  const started = await eventually('the time table has started a workflow', 90, async () => {
    const { items } = await platform.client.list(
      `${workflows}/workflows?labelSelector=workflows.argoproj.io/cron-workflow%3Dminutely`,
    );
    return items[0];
  });

  expect((await running(started.metadata.name))[0]!.spec.serviceAccountName).toBe('default-editor');
});

test('nothing was forbidden to the controller', () => {
  const requests = controller.requests();

  expect(requests.filter(({ verb, uri }) => verb === 'create' && uri.startsWith(pods)).length).toBeGreaterThanOrEqual(
    4,
  );
  expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  expect(controller.log).not.toMatch(/forbidden/i);
});

test.each([
  ['the network of its node', { hostNetwork: true }, 'host namespaces (hostNetwork=true)'],
  [
    'a folder of its node, by a patch',
    { podSpecPatch: '{"volumes":[{"name":"etc","hostPath":{"path":"/etc"}}]}' },
    'restricted volume types (volume "etc" uses restricted volume type "hostPath")',
  ],
  [
    'the rights of root',
    { securityContext: { runAsNonRoot: false, runAsUser: 0 } },
    'runAsUser=0 (pod must not set runAsUser=0)',
  ],
])('a workflow that asks for %s gets no pod', async (_, fields, message) => {
  const name = message
    .replaceAll(/[^a-z]+/gi, '-')
    .toLowerCase()
    .slice(0, 20)
    .replace(/-$/, '');
  await submit(name, { entrypoint: 'echo', templates: [echo], ...fields });

  const { status } = await phase(name, 'Error');

  expect(status.message).toContain('violates PodSecurity "restricted:v1.33"');
  expect(status.message).toContain(message);
});
