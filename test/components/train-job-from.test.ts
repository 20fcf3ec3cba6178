import { App, Chart } from 'cdk8s';
import { parse } from 'yaml';
import { TrainingRuntimeKind, TrainJobKind, trainJobFrom } from '../../components/trainer';
import { JAXJob, PyTorchJob, TFJob, XGBoostJob } from '../../components/training-operator/jobs';
import { apiObjects, type Manifest } from '../../constructs';

const trainer = {
  image: { repository: 'example.com/train', tag: '1' },
  command: ['torchrun', 'train.py'],
  resources: { cpu: '1', memory: '2Gi' },
};

/** A job as its construct renders it. */
function rendered(add: (chart: Chart) => unknown): Manifest {
  const chart = new Chart(new App(), 'chart', { namespace: 'team-vision', disableResourceNameHashes: true });
  add(chart);
  return JSON.parse(JSON.stringify(apiObjects(chart)[0]!.toJson()));
}

const torch = (spec: Partial<ConstructorParameters<typeof PyTorchJob>[2]> = {}) =>
  rendered(
    chart =>
      new PyTorchJob(chart, 'Job', {
        name: 'mnist',
        pytorchReplicaSpecs: { Master: trainer, Worker: { ...trainer, replicas: 3 } },
        ...spec,
      }),
  );

const tensorflow = (tfReplicaSpecs: Record<string, object>, more: object = {}) =>
  rendered(chart => new TFJob(chart, 'Job', { name: 'mnist', tfReplicaSpecs: tfReplicaSpecs as never, ...more }));

const jobsOf = ({ runtime }: { runtime: Manifest }): Manifest[] => runtime.spec.template.spec.replicatedJobs;
const named = (result: { runtime: Manifest }, name: string) => jobsOf(result).find(job => job.name === name)!;
const podOf = (job: Manifest) => job.template.spec.template.spec;

test('master and workers of a PyTorchJob are the nodes of a TrainJob on a runtime of their own', () => {
  const before = torch();
  const result = trainJobFrom(before);

  expect(result.job).toEqual({
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: { name: 'mnist', namespace: 'team-vision', labels: before.metadata.labels },
    spec: {
      runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: 'mnist' },
      trainer: { numNodes: 4 },
    },
  });
  expect(result.runtime.spec.mlPolicy).toEqual({ numNodes: 4, torch: {} });
  expect(jobsOf(result)).toHaveLength(1);
  const [container] = podOf(named(result, 'node')).containers;
  const [trained] = before.spec.pytorchReplicaSpecs.Worker.template.spec.containers;
  expect(container).toEqual({ ...trained, name: 'node' });
  expect(result.notes).toEqual([]);
});

test('what it gives is what the kinds take', () => {
  const { runtime, job } = trainJobFrom(
    tensorflow({ Chief: trainer, PS: { ...trainer, replicas: 2 }, Worker: { ...trainer, replicas: 2 } }),
  );

  const chart = new Chart(new App(), 'chart', { disableResourceNameHashes: true });
  expect(TrainingRuntimeKind.create(chart, 'Runtime', runtime as never).toJson()).toMatchObject(runtime);
  expect(TrainJobKind.create(chart, 'Job', job as never).toJson()).toMatchObject(job);
});

test('deadline, suspension and processes go along', () => {
  const { job } = trainJobFrom(torch({ nprocPerNode: 2, runPolicy: { activeDeadlineSeconds: 60, suspend: true } }));

  expect(job.spec).toMatchObject({ activeDeadlineSeconds: 60, suspend: true, trainer: { numProcPerNode: 2 } });
});

test.each([
  ['Never', undefined, 0],
  ['OnFailure', undefined, 2 ** 31 - 1],
  ['OnFailure', 3, 3],
] as const)('pods that restart %s with the limit %s are retried as often', (restartPolicy, backoffLimit, expected) => {
  const specs = { Worker: { ...trainer, restartPolicy } };
  const result = trainJobFrom(torch({ pytorchReplicaSpecs: specs, runPolicy: { backoffLimit } }));

  expect(named(result, 'node').template.spec.backoffLimit).toBe(expected);
  expect(podOf(named(result, 'node')).restartPolicy).toBe(restartPolicy);
});

test('the parts of a TFJob find each other by the names that their pods will have', () => {
  const result = trainJobFrom(
    tensorflow({
      ...{ Chief: trainer, Evaluator: trainer },
      ...{ PS: { ...trainer, replicas: 2 }, Worker: { ...trainer, replicas: 2 } },
    }),
  );
  const config = (name: string) => {
    const { env } = podOf(named(result, name)).containers[0];
    expect(env[0].valueFrom.fieldRef.fieldPath).toBe("metadata.labels['batch.kubernetes.io/job-completion-index']");
    return JSON.parse(env[1].value.replace(`$(${env[0].name})`, '1'));
  };

  expect(
    jobsOf(result)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['chief', 'evaluator', 'node', 'ps']);
  expect(config('node')).toEqual({
    cluster: {
      chief: ['mnist-chief-0-0.mnist:2222'],
      ps: ['mnist-ps-0-0.mnist:2222', 'mnist-ps-0-1.mnist:2222'],
      worker: ['mnist-node-0-0.mnist:2222', 'mnist-node-0-1.mnist:2222'],
    },
    task: { type: 'worker', index: 1 },
    environment: 'cloud',
  });
  expect(config('ps').task).toEqual({ type: 'ps', index: 1 });
  expect(config('evaluator').task.type).toBe('evaluator');
  expect(named(result, 'ps').template.spec).toMatchObject({ parallelism: 2, completions: 2 });
  expect(result.runtime.spec.template.spec.successPolicy).toEqual({ operator: 'All', targetReplicatedJobs: ['chief'] });
});

test('without a chief the first worker decides, or all when they are waited for', () => {
  const specs = { PS: trainer, Worker: { ...trainer, replicas: 2 } };
  const first = trainJobFrom(tensorflow(specs));
  const all = trainJobFrom(tensorflow(specs, { successPolicy: 'AllWorkers' }));

  expect(named(first, 'node').template.spec.successPolicy).toEqual({ rules: [{ succeededIndexes: '0' }] });
  expect(named(all, 'node').template.spec.successPolicy).toBeUndefined();
  for (const { runtime } of [first, all]) {
    expect(runtime.spec.template.spec.successPolicy.targetReplicatedJobs).toEqual(['node']);
  }
});

test('a TFJob of one pod needs no TF_CONFIG', () => {
  const result = trainJobFrom(tensorflow({ Worker: trainer }));

  expect(podOf(named(result, 'node')).containers[0].env ?? []).not.toContainEqual(
    expect.objectContaining({ name: 'TF_CONFIG' }),
  );
  expect(result.notes).toEqual([]);
});

test('what the program meets that is different is noted', () => {
  const many = { Worker: { ...trainer, replicas: 2 } };
  const jax = trainJobFrom(rendered(chart => new JAXJob(chart, 'Job', { name: 'gpt', jaxReplicaSpecs: many })));
  const boost = trainJobFrom(
    rendered(
      chart => new XGBoostJob(chart, 'Job', { name: 'fraud', xgbReplicaSpecs: { Master: trainer, Worker: trainer } }),
    ),
  );

  expect(jax.runtime.spec.mlPolicy).toEqual({ numNodes: 2, jax: {} });
  expect(jax.notes[0]).toContain('JAX_PROCESS_ID');
  expect(boost.runtime.spec.mlPolicy).toEqual({ numNodes: 2, xgboost: {} });
  expect(boost.notes[0]).toContain('DMLC_TASK_ID');
});

test('YAML that was parsed is taken as well', () => {
  const job = parse(`
apiVersion: kubeflow.org/v1
kind: TFJob
metadata: { name: old }
spec:
  tfReplicaSpecs:
    Worker:
      replicas: 2
      template:
        spec:
          containers:
            - { name: tensorflow, image: example.com/tf, ports: [{ name: tfjob-port, containerPort: 3333 }] }
`);

  expect(JSON.stringify(trainJobFrom(job).runtime)).toContain('old-node-0-1.old:3333');
});

test('annotations go along, but not what kubectl keeps of the old job', () => {
  const before = torch();
  const kept = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'example.com/cost-centre': '7' };
  const annotated = { ...before, metadata: { ...before.metadata, annotations: kept } } as Manifest;

  expect(trainJobFrom(annotated).job.metadata.annotations).toEqual({ 'example.com/cost-centre': '7' });
});

test('a part without pods is no part', () => {
  const before = torch();
  before.spec.pytorchReplicaSpecs.Worker.replicas = 0;

  expect(trainJobFrom(before).job.spec.trainer).toEqual({ numNodes: 1 });
});

const both = { Master: trainer, Worker: { ...trainer, image: { repository: 'example.com/other', tag: '2' } } };

test.each<[string, () => Manifest, string]>([
  ['nodes differ', () => torch({ pytorchReplicaSpecs: both }), "'spec.pytorchReplicaSpecs.Worker': it is not the same"],
  ['it is elastic', () => torch({ elasticPolicy: { minReplicas: 1, maxReplicas: 3 } }), "'spec.elasticPolicy':"],
  ['processes are counted by device', () => torch({ nprocPerNode: 'gpu' }), "'spec.nprocPerNode': 'gpu' has no equal"],
  [
    'it reads RANK',
    () => torch({ pytorchReplicaSpecs: { Worker: { ...trainer, command: ['python', 'a.py'], replicas: 2 } } }),
    'its command must be of torchrun',
  ],
  ['it goes by itself', () => torch({ runPolicy: { ttlSecondsAfterFinished: 5 } }), "'spec.runPolicy.ttlSecondsAfter"],
  ['its pods all stay', () => torch({ runPolicy: { cleanPodPolicy: 'None' } }), "'spec.runPolicy.cleanPodPolicy':"],
  [
    'restarts are counted over parts',
    () => torch({ runPolicy: { backoffLimit: 2 } }),
    "'spec.runPolicy.backoffLimit':",
  ],
  ['it is gang-scheduled', () => torch({ runPolicy: { schedulingPolicy: { queue: 'q' } } }), 'podGroupPolicy'],
  [
    'codes decide',
    () => torch({ pytorchReplicaSpecs: { Worker: { ...trainer, restartPolicy: 'ExitCode' } } }),
    "restartPolicy': 'ExitCode' has no equal; write a 'podFailurePolicy'",
  ],
  [
    'workers come and go',
    () => tensorflow({ Worker: trainer }, { enableDynamicWorker: true }),
    "'spec.enableDynamicWorker': the pods",
  ],
  ['its pods would get too long names', () => torch({ name: 'a'.repeat(49) }), "'metadata.name': it must be 1 char"],
  [
    'a field is not known',
    () => {
      const { spec, ...rest } = torch();
      return { ...rest, spec: { ...spec, cleanPodPolicy: 'All' } } as Manifest;
    },
    "'spec.cleanPodPolicy': it is no field of a PyTorchJob",
  ],
  [
    'it has no pods',
    () => ({ ...torch(), spec: { pytorchReplicaSpecs: {} } }) as Manifest,
    "'spec.pytorchReplicaSpecs': it has no pods",
  ],
])('throws when %s, naming the field', (_, make, message) => {
  expect(() => trainJobFrom(make())).toThrow(message);
});

test('throws with every field that has no equal at once', () => {
  const job = torch({ nprocPerNode: 'cpu', runPolicy: { ttlSecondsAfterFinished: 5, cleanPodPolicy: 'All' } });

  expect(() => trainJobFrom(job)).toThrow(/ttlSecondsAfterFinished[\s\S]*nprocPerNode/);
});

test.each([
  ['MPIJob', 'Trainer starts ranks by SSH'],
  ['PaddleJob', 'no policy for PaddlePaddle'],
  ['Job', "'job' must be one of 'PyTorchJob', 'TFJob'"],
])('throws for %s', (kind, message) => {
  expect(() => trainJobFrom({ apiVersion: 'kubeflow.org/v1', kind, metadata: { name: 'x' }, spec: {} })).toThrow(
    message,
  );
});
