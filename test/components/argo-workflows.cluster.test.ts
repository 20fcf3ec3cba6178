import { App, Chart } from 'cdk8s';
import { CronWorkflow, Workflow, WorkflowTemplate } from '../../components/argo-workflows';
import type { Manifest } from '../../constructs';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(180_000);

const local = loadEnvironment('local');
const environment = defineEnvironment({
  ...local,
  name: 'workflows',
  platform: { ...local.platform, trainingOperator: false },
});
const group = '/apis/argoproj.io/v1alpha1';
const vision = `${group}/namespaces/team-vision`;
const editor = 'grace@example.com';
const account = (name: string, namespace = 'team-vision') => `system:serviceaccount:${namespace}:${name}`;

let platform: DeployedPlatform;
const create = (user: string, path: string, object: object) => platform.createAs(user, path, object, { dryRun: true });

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
});

afterAll(() => platform?.down());

const echo = { name: 'echo', container: { image: 'example.com/echo:1', command: ['echo'] } };
const workflowSpec = { entrypoint: 'echo', templates: [echo] };
const chart = () => new Chart(new App(), 'chart', { namespace: 'team-vision', disableResourceNameHashes: true });
const metadata = { name: 'try' };

test('all kinds are established, none with a schema that is not structural', async () => {
  const { items } = await platform.client.list('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  const conditions = items
    .filter(({ spec }) => spec.group === 'argoproj.io')
    .map(({ status }) => status.conditions.filter(isTrue).map(({ type }: Condition) => type));

  expect(conditions).toHaveLength(8);
  for (const types of conditions) expect(types.sort()).toEqual(['Established', 'NamesAccepted']);
});

interface Condition {
  readonly type: string;
  readonly status: string;
}

function isTrue({ status }: Condition): boolean {
  return status === 'True';
}

describe('an editor of a tenant may write', () => {
  type Kind = { create(scope: Chart, id: string, fields: never): { toJson(): Manifest } };

  test.each([
    ['a container', Workflow, 'workflows', workflowSpec],
    [
      'a script',
      Workflow,
      'workflows',
      { entrypoint: 'a', templates: [{ name: 'a', script: { image: 'i', command: ['sh'], source: 'true' } }] },
    ],
    [
      'a graph',
      Workflow,
      'workflows',
      {
        entrypoint: 'a',
        templates: [
          echo,
          { name: 'a', dag: { tasks: [{ name: 'x', template: 'echo', withItems: [1, 'b', { c: 3 }] }] } },
        ],
      },
    ],
    [
      'steps with a pause',
      Workflow,
      'workflows',
      {
        entrypoint: 'a',
        templates: [
          { name: 'a', steps: [[{ name: 'x', inline: { suspend: { duration: '1s' } } }]] },
          { name: 'b', resource: { action: 'get', manifest: 'kind: ConfigMap' } },
        ],
      },
    ],
    ['a template', WorkflowTemplate, 'workflowtemplates', { templates: [echo] }],
    [
      'a time table',
      CronWorkflow,
      'cronworkflows',
      { schedules: ['0 3 * * *'], timezone: 'Europe/Berlin', workflowSpec },
    ],
  ])('%s', async (_, kind, plural, spec) => {
    const object = (kind as unknown as Kind).create(chart(), 'Try', { metadata, spec } as never).toJson();

    expect(await create(editor, `${vision}/${plural}`, object)).toEqual({ status: 201 });
  });
});

describe('is refused:', () => {
  const workflow = () => Workflow.create(chart(), 'Try', { metadata, spec: workflowSpec }).toJson();
  const object = (kind: string, rest: object) => ({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata, ...rest });

  test('a workflow of a viewer', async () => {
    const { status, message } = await create('barbara@example.com', `${group}/namespaces/team-forecast/workflows`, {
      ...workflow(),
      metadata: { name: 'try', namespace: 'team-forecast' },
    });

    expect([status, message]).toEqual([403, expect.stringContaining('cannot create resource "workflows"')]);
  });

  test("a workflow in another's namespace", async () => {
    const { status } = await create(editor, `${group}/namespaces/team-forecast/workflows`, {
      ...workflow(),
      metadata: { name: 'try', namespace: 'team-forecast' },
    });

    expect(status).toBe(403);
  });

  test('a template for all namespaces, of an editor', async () => {
    const { status } = await create(
      editor,
      `${group}/clusterworkflowtemplates`,
      object('ClusterWorkflowTemplate', { spec: { templates: [echo] } }),
    );

    expect(status).toBe(403);
  });

  test('a result that the editor has made up, though the executor may write one', async () => {
    const result = object('WorkflowTaskResult', { phase: 'Succeeded', outputs: { exitCode: '0' } });

    expect((await create(editor, `${vision}/workflowtaskresults`, result)).status).toBe(403);
    expect(await create(account('default-editor'), `${vision}/workflowtaskresults`, result)).toEqual({ status: 201 });
  });

  test.each([
    ['outputs', { outputs: { exitCod: '0' } }, 'unknown field "outputs.exitCod"'],
    ['artifact', { outputs: { artifacts: [{ path: '/x' }] } }, 'outputs.artifacts[0].name: Required value'],
    [
      'store',
      { outputs: { artifacts: [{ name: 'x', s3: { accessKeySecret: { nam: 'x', key: 'k' } } }] } },
      'unknown field "outputs.artifacts[0].s3.accessKeySecret.nam"',
    ],
    [
      'strategy',
      { outputs: { artifacts: [{ name: 'x', artifactGC: { strategy: 'Sometimes' } }] } },
      'supported values: "", "OnWorkflowCompletion", "OnWorkflowDeletion", "Never"',
    ],
  ])('a result with a malformed %s', async (_, fields, message) => {
    const answer = await create(
      account('default-editor'),
      `${vision}/workflowtaskresults`,
      object('WorkflowTaskResult', fields),
    );

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.message).toContain(message);
  });
});

test.each([
  [account('default-editor'), 'create', 'argoproj.io', 'workflows', 'team-vision', true],
  [account('default-editor'), 'delete', 'argoproj.io', 'cronworkflows', 'team-vision', true],
  [account('default-editor'), 'patch', 'argoproj.io', 'workflowtaskresults', 'team-vision', true],
  [account('default-editor'), 'delete', 'argoproj.io', 'workflowtaskresults', 'team-vision', false],
  [account('default-editor'), 'create', 'argoproj.io', 'workflowtasksets', 'team-vision', false],
  [account('default-editor'), 'create', 'argoproj.io', 'workflows', 'team-forecast', false],
  [account('default-editor'), 'create', 'argoproj.io', 'workflowtaskresults', 'team-forecast', false],
  [account('default-editor'), 'get', '', 'pods/log', 'kubeflow', false],
  [account('default-viewer'), 'list', 'argoproj.io', 'workflows', 'team-vision', true],
  [account('default-viewer'), 'create', 'argoproj.io', 'workflows', 'team-vision', false],
  ['ada@example.com', 'create', 'argoproj.io', 'workflows', 'team-vision', true],
  [account('argo', 'kubeflow'), 'create', '', 'pods', 'team-vision', true],
  [account('argo', 'kubeflow'), 'get', '', 'secrets', 'team-vision', false],
  [account('argo', 'kubeflow'), 'get', '', 'secrets', 'kubeflow', false],
  [account('argo', 'kubeflow'), 'update', '', 'configmaps', 'kube-system', false],
  [account('argo', 'kubeflow'), 'create', 'rbac.authorization.k8s.io', 'rolebindings', 'team-vision', false],
] as const)('%s may %s %s/%s in %s: %s', async (user, verb, apiGroup, resource, namespace, allowed) => {
  expect(await platform.can(user, verb, apiGroup, resource, namespace)).toBe(allowed);
});
