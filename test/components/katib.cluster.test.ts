import { App, Chart } from 'cdk8s';
import type { Manifest } from '../../constructs';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { tutorialExperiment } from '../../examples/lstm-tuning/experiment';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(180_000);

const local = loadEnvironment('local');
const environment = defineEnvironment({
  ...local,
  name: 'katib',
  platform: { ...local.platform, workflows: undefined },
});
const group = '/apis/kubeflow.org/v1beta1';
const namespace = 'team-vision';
const editor = 'grace@example.com';
const account = (name: string, of: string) => `system:serviceaccount:${of}:${name}`;

let platform: DeployedPlatform;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
});

afterAll(() => platform?.down());

const seed = (): Manifest =>
  tutorialExperiment(new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true })).object.toJson();

const create = (object: object, { user = editor, plural = 'experiments', of = namespace } = {}) =>
  platform.createAs(user, `${group}/namespaces/${of}/${plural}`, object, { dryRun: true });

/** The seed experiment, changed. */
function changed(change: (spec: Manifest) => void): Manifest {
  const object = seed();
  change(object.spec);
  return object;
}

test('all kinds are established, none with a schema that is not structural', async () => {
  const { items } = await platform.client.list('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  const mine = items.filter(({ spec }) => ['Experiment', 'Suggestion', 'Trial'].includes(spec.names.kind));

  expect(mine).toHaveLength(3);
  for (const { status } of mine) {
    const types = status.conditions
      .filter((condition: Manifest) => condition.status === 'True')
      .map((condition: Manifest) => condition.type);
    expect(types.sort()).toEqual(['Established', 'NamesAccepted']);
  }
});

test('controller, database manager and UI are available', async () => {
  const { items } = await platform.client.list('/apis/apps/v1/namespaces/kubeflow/deployments');
  const available = items
    .filter(({ metadata }) => metadata.name.startsWith('katib-'))
    .map(({ metadata, status }) => [metadata.name, status.availableReplicas]);

  expect(available.sort()).toEqual([
    ['katib-controller', 1],
    ['katib-db-manager', 1],
    ['katib-ui', 1],
  ]);
});

test('the experiment of the tutorial is taken, by an editor of the tenant', async () => {
  expect(await create(seed())).toEqual({ status: 201 });
});

describe('is refused:', () => {
  test.each<[string, (spec: Manifest) => void, string]>([
    ['an unknown field', spec => Object.assign(spec, { maxTrials: 4 }), 'unknown field "spec.maxTrials"'],
    [
      'a number where text belongs',
      spec => Object.assign(spec.parameters[0].feasibleSpace, { min: 2 }),
      'must be of type string',
    ],
    [
      'an unknown type of parameter',
      spec => Object.assign(spec.parameters[0], { parameterType: 'float' }),
      'supported values: "double", "int", "discrete", "categorical"',
    ],
    [
      'an unknown goal',
      spec => Object.assign(spec.objective, { type: 'halve' }),
      'supported values: "minimize", "maximize"',
    ],
    ['no objective', spec => Reflect.deleteProperty(spec, 'objective'), 'spec.objective: Required value'],
    ['no template', spec => Reflect.deleteProperty(spec, 'trialTemplate'), 'spec.trialTemplate: Required value'],
    [
      'more trials at once than at all',
      spec => Object.assign(spec, { parallelTrialCount: 5 }),
      'parallelTrialCount must be at most maxTrialCount',
    ],
    [
      'more failures than trials',
      spec => Object.assign(spec, { maxFailedTrialCount: 5 }),
      'maxFailedTrialCount must be at most maxTrialCount',
    ],
    ['no trial', spec => Object.assign(spec, { maxTrialCount: 0 }), 'should be greater than or equal to 1'],
    [
      'a list beside a range',
      spec => Object.assign(spec.parameters[0].feasibleSpace, { list: ['2'] }),
      'parameters of type double and int have min and max, and no list',
    ],
    [
      'a range for words',
      spec => Object.assign(spec.parameters[0], { parameterType: 'categorical' }),
      'parameters of type discrete and categorical have a list',
    ],
    ['one parameter twice', spec => spec.parameters.push(spec.parameters[0]), 'Duplicate value'],
    [
      'the objective among the others',
      spec => Object.assign(spec.objective, { additionalMetricNames: ['Validation-MAE'] }),
      'additionalMetricNames must not hold objectiveMetricName',
    ],
    [
      'neither template nor ConfigMap',
      spec => Reflect.deleteProperty(spec.trialTemplate, 'trialSpec'),
      'one of trialSpec and configMap must be given',
    ],
    [
      'an unknown collector',
      spec => Object.assign(spec, { metricsCollectorSpec: { collector: { kind: 'Smoke' } } }),
      'supported values: "StdOut"',
    ],
    [
      'an unknown end',
      spec => Object.assign(spec, { resumePolicy: 'Sometimes' }),
      'supported values: "Never", "LongRunning", "FromVolume"',
    ],
  ])('%s', async (_, change, message) => {
    const answer = await create(changed(change));

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.message).toContain(message);
  });

  test('an experiment of a viewer', async () => {
    const object = { ...seed(), metadata: { name: 'try', namespace: 'team-forecast' } };

    expect((await create(object, { user: 'barbara@example.com', of: 'team-forecast' })).status).toBe(403);
  });

  test("an experiment in another's namespace", async () => {
    const object = { ...seed(), metadata: { name: 'try', namespace: 'team-forecast' } };

    expect((await create(object, { of: 'team-forecast' })).status).toBe(403);
  });
});

test('what the controller writes fits: times that are null, and conditions', async () => {
  const trial = {
    ...{ apiVersion: 'kubeflow.org/v1beta1', kind: 'Trial', metadata: { name: 'try', namespace } },
    spec: {
      objective: seed().spec.objective,
      parameterAssignments: [{ name: 'lr', value: '0.1' }],
      earlyStoppingRules: [{ name: 'loss', value: '0.5', comparison: 'greater', startStep: 4 }],
      runSpec: { apiVersion: 'batch/v1', kind: 'Job', spec: {} },
      metricsCollector: { collector: { kind: 'StdOut' } },
    },
    status: {
      startTime: '2026-01-01T00:00:00Z',
      completionTime: null,
      conditions: [
        { type: 'Created', status: 'True', lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: null },
      ],
    },
  };

  expect(await create(trial, { plural: 'trials' })).toEqual({ status: 201 });
});

test("a trial's pods count against the tenant's quota", async () => {
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'trial', namespace } },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          ...{ name: 'training-container', image: 'example.com/train:1' },
          resources: { requests: { cpu: '17', memory: '1Gi' }, limits: { cpu: '17', memory: '1Gi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };

  const { status, message } = await platform.createAs(editor, `/api/v1/namespaces/${namespace}/pods`, pod, {
    dryRun: true,
  });
  expect([status, message]).toEqual([403, expect.stringContaining('exceeded quota: kf-resource-quota')]);
});

test.each([
  [account('katib-controller', 'kubeflow'), 'create', 'batch', 'jobs', 'team-vision', true],
  [account('katib-controller', 'kubeflow'), 'create', 'kubeflow.org', 'tfjobs', 'team-vision', true],
  [account('katib-controller', 'kubeflow'), 'create', 'argoproj.io', 'workflows', 'team-vision', false],
  [account('katib-controller', 'kubeflow'), 'get', '', 'secrets', 'team-vision', false],
  [account('katib-controller', 'kubeflow'), 'get', '', 'secrets', 'kubeflow', false],
  [account('katib-controller', 'kubeflow'), 'create', 'rbac.authorization.k8s.io', 'roles', 'team-vision', false],
  [account('katib-controller', 'kubeflow'), 'create', 'rbac.authorization.k8s.io', 'rolebindings', 'kubeflow', false],
  [account('katib-controller', 'kubeflow'), 'delete', 'kubeflow.org', 'experiments', 'team-vision', false],
  [account('katib-ui', 'kubeflow'), 'create', 'kubeflow.org', 'experiments', 'team-vision', true],
  [account('katib-ui', 'kubeflow'), 'get', '', 'secrets', 'team-vision', false],
  [account('katib-ui', 'kubeflow'), 'create', '', 'pods', 'team-vision', false],
  [account('katib-db-manager', 'kubeflow'), 'get', '', 'configmaps', 'kubeflow', false],
  [account('katib-suggestion', 'team-vision'), 'patch', 'kubeflow.org', 'trials/status', 'team-vision', true],
  [account('katib-suggestion', 'team-vision'), 'get', 'kubeflow.org', 'trials', 'team-vision', true],
  [account('katib-suggestion', 'team-vision'), 'delete', 'kubeflow.org', 'trials', 'team-vision', false],
  [account('katib-suggestion', 'team-vision'), 'patch', 'kubeflow.org', 'trials/status', 'team-forecast', false],
  [account('default-editor', 'team-vision'), 'create', 'kubeflow.org', 'experiments', 'team-vision', true],
  [account('default-viewer', 'team-vision'), 'create', 'kubeflow.org', 'experiments', 'team-vision', false],
  [account('default-viewer', 'team-vision'), 'list', 'kubeflow.org', 'trials', 'team-vision', true],
  ['ada@example.com', 'delete', 'kubeflow.org', 'experiments', 'team-vision', true],
] as const)('%s may %s %s/%s in %s: %s', async (user, verb, apiGroup, resource, of, allowed) => {
  expect(await platform.can(user, verb, apiGroup, resource, of)).toBe(allowed);
});
