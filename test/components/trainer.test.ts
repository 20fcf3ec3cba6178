import { App, Chart, Testing } from 'cdk8s';
import { JobSet } from '../../components/jobset';
import { Kubeflow } from '../../components/kubeflow';
import { Profiles, Tenant } from '../../components/profiles';
import { Trainer, type TrainerProps, TrainJob, type TrainJobProps } from '../../components/trainer';
import { addresses, apiObjects, type Component, type Manifest, type NodePool } from '../../constructs';
import { loadEnvironment } from '../../environments';
import { renderPlatform } from '../../stacks/render';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};
const l4: NodePool = { name: 'gpu-l4', nodes: 2, cpu: 8, memory: '32Gi', gpu: { type: 'nvidia-l4', count: 4 } };

function fixture(props: Partial<TrainerProps> = {}) {
  const app = Testing.app();
  const jobSets = new JobSet(app, 'jobset', { cluster });
  const trainer = new Trainer(app, 'trainer', { cluster, jobSets, ...props });
  const objects: Manifest[] = trainer.toJson();
  return { trainer, jobSets, objects };
}

const runtimesOf = (objects: Manifest[]) => objects.filter(({ kind }) => kind === 'ClusterTrainingRuntime');
const controllerOf = (objects: Manifest[]) => objects.find(({ kind }) => kind === 'Deployment')!;

/** What a job construct renders. */
function job(props: Partial<TrainJobProps> = {}): Manifest {
  const chart = new Chart(new App(), 'team', { namespace: 'vision', disableResourceNameHashes: true });
  const { trainer } = fixture();
  new TrainJob(chart, 'Training', {
    name: 'mnist',
    runtime: trainer.runtimes['torch-distributed'],
    resourcesPerNode: { cpu: '2', memory: '8Gi' },
    ...props,
  });
  return chart.toJson()[0];
}

describe('Trainer', () => {
  test('renders as before with default props', () => {
    expect(fixture().objects.filter(({ kind }) => kind !== 'CustomResourceDefinition')).toMatchSnapshot();
  });

  test('comes after JobSet, whose kind it makes', () => {
    const { trainer, jobSets } = fixture();

    expect([...trainer.needed]).toEqual([jobSets]);
  });

  test('two controllers share the work when highly available', () => {
    expect(controllerOf(fixture({ highlyAvailable: true }).objects).spec.replicas).toBe(2);
  });

  test('an override has the last word over the controller', () => {
    expect(controllerOf(fixture({ overrides: { controller: { replicas: 3 } } }).objects).spec.replicas).toBe(3);
  });

  test('a runtime of ones own joins those of upstream', () => {
    const { trainer } = fixture();

    const runtime = trainer.addRuntime({ name: 'plain', framework: 'sklearn', spec: { mlPolicy: { numNodes: 1 } } });

    expect(runtime).toMatchObject({ kind: 'ClusterTrainingRuntime', name: 'plain' });
    expect(runtimesOf(trainer.toJson()).map(({ metadata }) => metadata.name)).toContain('plain');
  });

  test('no pod of a runtime gets a token of the API, or a sidecar that outlives it', () => {
    const templates = runtimesOf(fixture().objects).flatMap(({ spec }) =>
      spec.template.spec.replicatedJobs.map((each: Manifest) => each.template.spec.template),
    );

    expect(templates).toHaveLength(16);
    for (const { metadata, spec } of templates) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(metadata.annotations).toEqual({ 'sidecar.istio.io/inject': 'false' });
    }
  });
});

describe('TrainJob', () => {
  test('names its runtime, and asks for what a node has', () => {
    expect(job({ numNodes: 2, numProcPerNode: 1, activeDeadlineSeconds: 60 }).spec).toEqual({
      activeDeadlineSeconds: 60,
      runtimeRef: { kind: 'ClusterTrainingRuntime', name: 'torch-distributed' },
      trainer: {
        numNodes: 2,
        numProcPerNode: 1,
        resourcesPerNode: { requests: { cpu: '2', memory: '8Gi' }, limits: { memory: '8Gi' } },
      },
    });
  });

  test('brings its own program', () => {
    const { trainer } = job({
      image: { repository: 'example/mnist', tag: '1' },
      command: ['torchrun'],
      args: ['train.py'],
      env: { EPOCHS: '3', TOKEN: { secret: { namespace: 'vision', name: 'hub', key: 'token' } } },
    }).spec;

    expect(trainer).toMatchObject({
      image: 'example/mnist:1',
      command: ['torchrun'],
      args: ['train.py'],
      env: [
        { name: 'EPOCHS', value: '3' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } } },
      ],
    });
  });

  test.each([
    ['torch-distributed', ['node']],
    ['deepspeed-distributed', ['launcher', 'node']],
    ['torchtune-qwen2.5-1.5b', ['node']],
  ] as const)('sends every training pod of %s to its pool, and asks for accelerators there', (name, jobs) => {
    const { spec } = job({ runtime: fixture().trainer.runtimes[name], pool: l4, gpus: 2 });

    expect(spec.trainer.resourcesPerNode.limits).toEqual({ memory: '8Gi', 'nvidia.com/gpu': '2' });
    const placement = {
      nodeSelector: { 'flowyard.dev/pool': 'gpu-l4' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Equal', value: 'present', effect: 'NoSchedule' }],
    };
    expect(spec.runtimePatches[0].trainingRuntimeSpec.template.spec.replicatedJobs).toEqual(
      jobs.map(each => ({ name: each, template: { spec: { template: { spec: placement } } } })),
    );
  });

  test('says what is fetched first', () => {
    const dataset = { storageUri: 'hf://data', secret: { namespace: 'vision', name: 'hub' } };

    expect(job({ dataset, model: { storageUri: 'hf://model', env: { MODE: 'x' } } }).spec.initializer).toEqual({
      dataset: { storageUri: 'hf://data', secretRef: { name: 'hub' } },
      model: { storageUri: 'hf://model', env: [{ name: 'MODE', value: 'x' }] },
    });
  });

  test.each([
    ['torch-distributed', 48],
    ['mlx-distributed', 44],
    ['torchtune-llama3.2-1b', 33],
  ] as const)('the Jobs of %s leave %i characters for its name', (name, length) => {
    const runtime = fixture().trainer.runtimes[name];

    expect(job({ runtime, name: 'a'.repeat(length) }).metadata.name).toHaveLength(length);
    expect(() => job({ runtime, name: 'a'.repeat(length + 1) })).toThrow("'name' must be 1 characters shorter");
  });

  const foreign = { namespace: 'forecast', name: 'hub', key: 'token' };
  test.each<[string, Partial<TrainJobProps>, string]>([
    ['the name has a dot', { name: 'm.nist' }, "'name' takes at most 63 lower-case letters, digits and hyphens"],
    ['its pods get too long names', { name: 'a'.repeat(49) }, "'name' must be 1 characters shorter: its pod 'aaa"],
    ['many nodes make them longer', { name: 'a'.repeat(48), numNodes: 11 }, "'name' must be 1 characters shorter"],
    ['there are no nodes', { numNodes: 0 }, "'numNodes' must be a whole number of at least 1, got 0"],
    ['half a process is asked for', { numProcPerNode: 0.5 }, "'numProcPerNode' must be a whole number"],
    ['accelerators have no pool', { gpus: 1 }, "'gpus' needs 'pool', whose nodes have them, got 1"],
    ['a node of the pool has fewer', { gpus: 5, pool: l4 }, "'count' must be a whole number from 1 to 4 on pool"],
    ['a key is of another team', { env: { T: { secret: foreign } } }, "'env.T' must name a Secret of the job's"],
    ['a Secret is of another team', { model: { storageUri: 's', secret: foreign } }, "'model.secret' must name"],
  ])('throws when %s', (_, props, message) => {
    expect(() => job(props)).toThrow(message);
  });

  test('throws when it is given no namespace, and its chart has none', () => {
    const { runtimes } = fixture().trainer;
    const props = { name: 'a', runtime: runtimes['jax-distributed'], resourcesPerNode: { cpu: '1', memory: '1Gi' } };

    expect(() => new TrainJob(new Chart(new App(), 'team'), 'Job', props)).toThrow("'namespace' must be given");
  });
});

describe('in a platform', () => {
  /** A platform of one tenant, with one job. */
  function platform(change: Partial<TrainJobProps> = {}) {
    const app = Testing.app();
    const kubeflow = new Kubeflow(app, 'kubeflow');
    const profiles = new Profiles(app, 'profiles');
    const jobSets = new JobSet(app, 'jobset', { cluster });
    const trainer = new Trainer(app, 'trainer', { cluster, jobSets });
    const quota = { cpu: '8', memory: '32Gi', storage: '10Gi' };
    const tenant = new Tenant(app, 'tenant', { namespace: 'vision', owner: 'ada@example.com', quota });
    new TrainJob(tenant, 'Training', {
      name: 'mnist',
      runtime: trainer.runtimes['torch-distributed'],
      resourcesPerNode: { cpu: '1', memory: '1Gi' },
      ...change,
    });
    const components: Component[] = [kubeflow, profiles, jobSets, trainer, tenant];
    return { components, render: () => renderPlatform({ environment: loadEnvironment('local'), app, components }) };
  }

  test('a job comes after its runtime and the controllers', () => {
    const { objects } = platform().render();
    const at = (id: string) => objects.findIndex(object => object.id === id);

    const job = at('tenant/Training/Job');
    for (const before of [
      'trainer/Runtimes/torch-distributed',
      'trainer/Controller/Deployment',
      'jobset/Controller/Deployment',
    ]) {
      expect(at(before)).toBeGreaterThanOrEqual(0);
      expect(at(before)).toBeLessThan(job);
    }
  });

  test('throws when the runtime of a job is not rendered, and names the nearest', () => {
    const { render } = platform({ runtime: { kind: 'ClusterTrainingRuntime', name: 'torch-distribute' } });

    expect(render).toThrow(
      "tenant/Training/Job refers to ClusterTrainingRuntime 'torch-distribute', which nothing renders; the nearest is 'torch-distributed'",
    );
  });

  test("looks for a namespace's own runtime in the job's namespace", () => {
    const { render } = platform({ runtime: { kind: 'TrainingRuntime', name: 'own' } });

    expect(render).toThrow("refers to TrainingRuntime 'vision/own', which nothing renders");
  });

  test('throws when the Secret of a variable is not rendered', () => {
    const { render } = platform({ env: { T: { secret: { namespace: 'vision', name: 'hub', key: 'token' } } } });

    expect(render).toThrow("refers to Secret 'vision/hub', which nothing renders");
  });

  test('throws when the Secret of an initializer is not rendered', () => {
    const { render } = platform({ dataset: { storageUri: 's3://d', secret: { namespace: 'vision', name: 's3' } } });

    expect(render).toThrow("refers to Secret 'vision/s3', which nothing renders");
  });

  test('a mirror serves the images of the runtimes too', () => {
    const app = Testing.app();
    app.node.setContext('flowyard.dev/defaults', { imageRegistry: 'mirror.example.com' });
    const jobSets = new JobSet(app, 'jobset', { cluster });
    const trainer = new Trainer(app, 'trainer', { cluster, jobSets });

    const runtimes = runtimesOf(apiObjects(trainer).map(object => object.toJson()));
    const images = JSON.stringify(runtimes).match(/"image":"[^"]+"/g)!;
    expect(images).toHaveLength(16);
    for (const image of images) expect(image).toMatch(/^"image":"mirror\.example\.com\//);
  });
});
