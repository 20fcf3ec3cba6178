import { spawnSync } from 'node:child_process';
import { App, Chart } from 'cdk8s';
import { JobSet } from '../../components/jobset';
import { Trainer, TrainJob } from '../../components/trainer';
import { addresses, apiObjects, type Manifest, type NodePool } from '../../constructs';
import { apply, destroy, status } from '../../engine/deploy';
import { loadEnvironment } from '../../environments';
import { deployPlatform, renderFor } from '../../stacks/program';
import { testKubeconfig } from '../support/cluster';

jest.setTimeout(180_000);

const environment = loadEnvironment('local');
const rendering = renderFor(environment);
const kubeconfig = testKubeconfig();
const options = {
  stack: 'local',
  project: 'flowyard',
  kubeconfig,
  program: () => deployPlatform(rendering, { kubeconfig }),
};

const namespace = 'team-vision';
const editor = 'grace@example.com';
const viewer = 'barbara@example.com';
const pool = environment.infrastructure.nodePools.find(({ gpu }) => gpu) as NodePool;

beforeAll(async () => {
  const result = await apply(options);
  expect(result.failures).toEqual([]);
});

afterAll(async () => {
  const { objects } = await status(options);
  const acknowledge = objects.map(({ object: { kind, namespace: inside, name } }) =>
    [kind, inside, name].filter(Boolean).join('/'),
  );
  expect((await destroy({ ...options, acknowledge })).failures).toEqual([]);
});

/** What kubectl answers; an empty `error` means that the API server said yes. */
function kubectl(args: string[], input?: unknown): { out: string; error: string } {
  const {
    stdout,
    stderr,
    status: code,
  } = spawnSync('kubectl', ['--kubeconfig', kubeconfig, ...args], {
    encoding: 'utf8',
    input: input === undefined ? undefined : JSON.stringify(input),
  });
  return { out: stdout, error: code === 0 ? '' : stderr };
}

const create = (object: unknown, user = editor) =>
  kubectl(['create', '--validate=strict', '--dry-run=server', '--as', user, '-o', 'json', '-f', '-'], object);

const runtimes = rendering.objects
  .map(({ manifest }) => manifest)
  .filter(({ kind }) => kind === 'ClusterTrainingRuntime');

/** A job as the construct renders it, on an upstream runtime. */
function job(runtime: string, inside = namespace): Manifest {
  const app = new App();
  const cluster = {
    apiServerPeers: [addresses('10.0.0.0/8')],
    apiServer: { peers: [addresses('10.0.0.0/8')], ports: [6443] },
  };
  const trainer = new Trainer(app, 'trainer', { cluster, jobSets: new JobSet(app, 'jobset', { cluster }) });
  const chart = new Chart(app, 'team', { namespace: inside, disableResourceNameHashes: true });
  new TrainJob(chart, 'Training', {
    name: 'mnist',
    runtime: trainer.runtimes[runtime as keyof typeof trainer.runtimes],
    numNodes: 2,
    resourcesPerNode: { cpu: '1', memory: '2Gi' },
    pool,
    gpus: 1,
  });
  return apiObjects(chart)[0]!.toJson();
}

test.each([
  'jobsets.jobset.x-k8s.io',
  'trainjobs.trainer.kubeflow.org',
  'trainingruntimes.trainer.kubeflow.org',
  'clustertrainingruntimes.trainer.kubeflow.org',
])('%s is established with a structural schema', name => {
  const { status: found } = JSON.parse(kubectl(['get', 'crd', name, '-o', 'json']).out);

  const conditions = Object.fromEntries(
    found.conditions.map(({ type, status: is }: Record<string, string>) => [type, is]),
  );
  expect(conditions).toMatchObject({ Established: 'True', NamesAccepted: 'True' });
  expect(conditions.NonStructuralSchema).toBeUndefined();
});

test.each(runtimes.map(({ metadata }) => metadata.name))('an editor gets a job on %s accepted', runtime => {
  const { out, error } = create(job(runtime));

  expect(error).toBe('');
  expect(JSON.parse(out).spec).toMatchObject({ suspend: false, runtimeRef: { apiGroup: 'trainer.kubeflow.org' } });
});

test.each(runtimes.map(({ metadata }) => metadata.name))("a tenant's namespace admits the pods of %s", name => {
  const { spec } = runtimes.find(({ metadata }) => metadata.name === name)!;

  for (const { name: part, template } of spec.template.spec.replicatedJobs) {
    const pod = template.spec.template;
    const [container] = pod.spec.containers;
    const volumes = (container.volumeMounts ?? []).map((mount: { name: string }) => ({
      name: mount.name,
      emptyDir: {},
    }));
    const { error } = create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: part, namespace, annotations: pod.metadata.annotations },
      spec: { ...pod.spec, restartPolicy: 'Never', volumes },
    });
    expect(error).toBe('');
  }
});

const changed = (change: (spec: Manifest['spec']) => void, metadata = {}): unknown => {
  const whole = structuredClone(job('torch-distributed')) as unknown as { metadata: object; spec: Manifest['spec'] };
  change(whole.spec);
  return { ...whole, metadata: { ...whole.metadata, ...metadata } };
};

test.each<[string, unknown, string]>([
  ['the name has a dot', changed(() => {}, { name: 'm.nist' }), 'metadata.name must match RFC 1035'],
  ['nobody known manages it', changed(spec => (spec.managedBy = 'me')), 'ManagedBy must be trainer.kubeflow.org'],
  ['no runtime is named', changed(spec => delete spec.runtimeRef.name), 'spec.runtimeRef.name: Required value'],
  ['the deadline is nothing', changed(spec => (spec.activeDeadlineSeconds = 0)), 'greater than or equal to 1'],
  ['a field is misspelt', changed(spec => (spec.trainer.numNode = 2)), 'unknown field "spec.trainer.numNode"'],
  [
    'a patch changes what is not its own',
    changed(spec => (spec.runtimePatches[0].trainingRuntimeSpec.mlPolicy = {})),
    'unknown field "spec.runtimePatches[0].trainingRuntimeSpec.mlPolicy"',
  ],
])('a job is refused when %s', (_, object, message) => {
  expect(create(object).error).toContain(message);
});

test.each<[string, (spec: Manifest['spec']) => void, string]>([
  ['it has two policies', spec => (spec.mlPolicy = { torch: {}, jax: {} }), 'Only one of the policy can be configured'],
  [
    'its Jobs both start in order and depend on each other',
    spec => {
      spec.template.spec.startupPolicy = { startupPolicyOrder: 'InOrder' };
      spec.template.spec.replicatedJobs[0].dependsOn = [{ name: 'x', status: 'Ready' }];
    },
    'StartupPolicy and DependsOn APIs are mutually exclusive',
  ],
])('a runtime is refused when %s', (_, change, message) => {
  const runtime = structuredClone(runtimes.find(({ metadata }) => metadata.name === 'torch-distributed')!);
  change(runtime.spec);

  expect(
    kubectl(['create', '--dry-run=server', '-f', '-'], { ...runtime, metadata: { name: 'another' } }).error,
  ).toContain(message);
});

test('what is trained cannot be changed under way, and its placement can', () => {
  const made = kubectl(['create', '--as', editor, '-f', '-'], job('torch-distributed'));
  expect(made.error).toBe('');
  const patch = (spec: object) =>
    kubectl([
      'patch',
      'trainjob',
      'mnist',
      '-n',
      namespace,
      '--as',
      editor,
      '--type=merge',
      '-p',
      JSON.stringify({ spec }),
    ]);

  expect(patch({ trainer: { numNodes: 3 } }).error).toContain('field is immutable');
  expect(patch({ runtimeRef: { name: 'jax-distributed' } }).error).toContain('field is immutable');
  expect(patch({ runtimePatches: [] }).error).toBe('');

  expect(kubectl(['delete', 'trainjob', 'mnist', '-n', namespace, '--as', editor]).error).toBe('');
});

test('a viewer reads jobs and runtimes, and writes neither', () => {
  const can = (verb: string, resource: string) =>
    kubectl([
      'auth',
      'can-i',
      verb,
      resource,
      '-n',
      'team-forecast',
      '--as',
      viewer,
      '--as-group',
      'system:authenticated',
    ]).out.trim();

  expect(create(job('torch-distributed', 'team-forecast'), viewer).error).toContain(
    'cannot create resource "trainjobs"',
  );
  expect(can('list', 'trainjobs.trainer.kubeflow.org')).toBe('yes');
  expect(can('get', 'clustertrainingruntimes.trainer.kubeflow.org')).toBe('yes');
  for (const verb of ['create', 'update', 'patch', 'delete']) {
    for (const resource of ['trainjobs', 'trainingruntimes', 'clustertrainingruntimes']) {
      expect(can(verb, `${resource}.trainer.kubeflow.org`)).toBe('no');
    }
  }
});

test('an editor changes no runtime, and no job of another team', () => {
  const [runtime] = runtimes;

  expect(create({ ...runtime, metadata: { name: 'own' } }).error).toContain('cannot create resource');
  expect(create(job('torch-distributed', 'team-forecast')).error).toContain('cannot create resource "trainjobs"');
});
