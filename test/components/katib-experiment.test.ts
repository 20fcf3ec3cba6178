import { App, Chart } from 'cdk8s';
import {
  type Algorithm,
  categorical,
  discrete,
  double,
  Experiment,
  type ExperimentProps,
  int,
  type Search,
  type TrialObject,
  trialJob,
} from '../../components/katib';
import { Namespace } from '../../constructs';
import { tutorialExperiment } from '../../examples/lstm-tuning/experiment';

const team = () =>
  new Chart(new App(), 'team', { namespace: 'kubeflow-user-example-com', disableResourceNameHashes: true });

const container = (command: string[], name = 'main') => ({ name, image: 'example.com/train:1', command });

const job = (...containers: object[]): TrialObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  spec: { template: { spec: { restartPolicy: 'Never', containers } } },
});

const search = { lr: double(0.01, 0.5) };

function experiment<S extends Search = typeof search>(props: Partial<ExperimentProps<S>> = {}, chart = team()) {
  return new Experiment(chart, 'Experiment', {
    name: 'tuning',
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    maxTrialCount: 6,
    search: search as unknown as S,
    trial: ({ lr }: { lr?: string }) => job(container(['train', `--lr=${lr}`])),
    ...props,
  } as ExperimentProps<S>);
}

type Given = [props?: Partial<ExperimentProps<typeof search>>, chart?: Chart];

const spec = (...given: Given) => experiment(...given).object.toJson().spec;
const attempt =
  (...given: Given) =>
  () =>
    experiment(...given);

test('the experiment of the LSTM tutorial is what its table says, field by field', () => {
  expect(tutorialExperiment(team()).object.toJson()).toEqual({
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Experiment',
    metadata: { name: 'median-stop-lstm', namespace: 'kubeflow-user-example-com' },
    spec: {
      maxTrialCount: 4,
      maxFailedTrialCount: 2,
      parallelTrialCount: 1,
      objective: {
        type: 'minimize',
        goal: 5,
        objectiveMetricName: 'Validation-MAE',
        additionalMetricNames: ['Training-MAE'],
      },
      algorithm: { algorithmName: 'random' },
      earlyStopping: {
        algorithmName: 'medianstop',
        algorithmSettings: [{ name: 'min_trials_required', value: '2' }],
      },
      parameters: [
        { name: 'n', parameterType: 'int', feasibleSpace: { min: '2', max: '7' } },
        { name: 'lr', parameterType: 'double', feasibleSpace: { min: '0.01', max: '0.5' } },
      ],
      trialTemplate: {
        retain: true,
        primaryContainerName: 'training-container',
        trialParameters: [
          { name: 'windowSize', reference: 'n' },
          { name: 'learningRate', reference: 'lr' },
        ],
        trialSpec: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          spec: {
            template: {
              metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } },
              spec: {
                restartPolicy: 'Never',
                containers: [
                  {
                    name: 'training-container',
                    image: 'docker.io/footprintai/demo-strockpricing-estimator:latest',
                    command: [
                      'python3',
                      '/app/build-model.py',
                      '--n=${trialParameters.windowSize}',
                      '--learning-rate=${trialParameters.learningRate}',
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    },
  });
});

describe('parameters', () => {
  test('a parameter that is not declared cannot be written', () => {
    const wrong = () =>
      experiment({
        // @ts-expect-error: the search has no 'momentum'
        trial: ({ lr, momentum }) => job(container([`--lr=${lr}`, `--momentum=${momentum}`])),
      });

    expect(wrong).toBeDefined();
  });

  test('renaming a parameter whose use stays as it was is an error of types', () => {
    const renamed = { rate: double(0.01, 0.5) };
    const wrong = () =>
      experiment<typeof renamed>({
        search: renamed,
        // @ts-expect-error: it is called 'rate' now
        trial: ({ lr }) => job(container([`--lr=${lr}`])),
      });

    expect(wrong).toThrow("'search.rate' must be used in 'trial', where no text holds it");
  });

  test('throws when a text names one that is not declared', () => {
    expect(attempt({ trial: ({ lr }) => job(container([lr, '--momentum=${trialParameters.momentum}'])) })).toThrow(
      "'trial' uses '${trialParameters.momentum}', which 'search' does not have",
    );
  });

  test('throws when one is not used', () => {
    expect(attempt({ trial: () => job(container(['train'])) })).toThrow(
      "'search.lr' must be used in 'trial', where no text holds it",
    );
  });

  test('have the type, the space and the description that they are given', () => {
    const all = {
      n: int(1, 9, { step: 2, description: 'layers' }),
      lr: double(0.001, 1, { distribution: 'logUniform', trialParameter: 'rate' }),
      batch: discrete([16, 32]),
      optimizer: categorical(['sgd', 'adam']),
    };
    const { parameters, trialTemplate } = spec({
      search: all as never,
      trial: parameters => job(container(Object.values(parameters))),
    });

    expect(parameters).toEqual([
      { name: 'n', parameterType: 'int', feasibleSpace: { min: '1', max: '9', step: '2' } },
      { name: 'lr', parameterType: 'double', feasibleSpace: { min: '0.001', max: '1', distribution: 'logUniform' } },
      { name: 'batch', parameterType: 'discrete', feasibleSpace: { list: ['16', '32'] } },
      { name: 'optimizer', parameterType: 'categorical', feasibleSpace: { list: ['sgd', 'adam'] } },
    ]);
    expect(trialTemplate.trialParameters.slice(0, 2)).toEqual([
      { name: 'n', description: 'layers', reference: 'n' },
      { name: 'rate', reference: 'lr' },
    ]);
  });

  test('metadata of the trial is declared as soon as it is used', () => {
    const { trialTemplate } = spec({
      trial: ({ lr }, trial) => job(container([lr, trial.name, trial.label('team'), trial.annotation('a/b')])),
    });

    expect(trialTemplate.trialParameters.slice(1)).toEqual([
      { name: 'trialName', reference: '${trialSpec.Name}' },
      { name: 'trialLabel-team', reference: '${trialSpec.Labels[team]}' },
      { name: 'trialAnnotation-a-b', reference: '${trialSpec.Annotations[a/b]}' },
    ]);
  });

  test.each([
    [int(7, 2), "'search.x.min' must be less than 'max' 2, got 7"],
    [int(1.5, 2), "'search.x.min' must be a whole number, got 1.5"],
    [double(0, Number.NaN), "'search.x.max' must be a number, got NaN"],
    [double(0, 1, { step: 0 }), "'search.x.step' must be more than 0 and at most 1, got 0"],
    [
      double(0, 1, { distribution: 'logUniform' }),
      "'search.x.min' must be more than 0 with distribution 'logUniform', got 0",
    ],
    [discrete([]), "'search.x' must have at least one value, got none"],
    [categorical(['a', 'a']), "'search.x' must name each value once, got 'a' twice"],
    [int(1, 2, { trialParameter: 'a}b' }), "'search.x.trialParameter' takes letters, digits, '_' and '-', got 'a}b'"],
  ])('throws when a space is %j', (x, message) => {
    expect(attempt({ search: { x } as never, trial: () => job(container(['train'])) })).toThrow(message);
  });

  test('throws when two have one name in the trial', () => {
    const twins = { a: int(1, 2, { trialParameter: 'x' }), b: int(1, 2, { trialParameter: 'x' }) };

    expect(
      attempt({ search: twins as never, trial: ({ lr: _, ...all }) => job(container(Object.values(all))) }),
    ).toThrow("'search.b.trialParameter' must be a name of its own, got 'x', which is that of 'a'");
  });
});

describe('the trial', () => {
  test('throws when the primary container is not in it', () => {
    expect(attempt({ primaryContainerName: 'training' })).toThrow(
      "'primaryContainerName' must be a container of 'trial', one of 'main', got 'training'",
    );
  });

  test('the only container is the primary one; of several one must be named', () => {
    expect(spec().trialTemplate.primaryContainerName).toBe('main');
    expect(attempt({ trial: ({ lr }) => job(container([lr]), container([], 'sidecar')) })).toThrow(
      "'primaryContainerName' must be given: the trial has 'main', 'sidecar'",
    );
  });

  test.each(['name', 'namespace'])('throws when it has a %s', field => {
    const named = ({ lr }: { lr: string }) => ({ ...job(container([lr])), metadata: { [field]: 'mine' } });

    expect(attempt({ trial: named as never })).toThrow(
      `'trial' must leave out 'metadata.${field}', which each trial has of its own, got 'mine'`,
    );
  });

  test('throws when it has no kind', () => {
    expect(attempt({ trial: ({ lr }) => ({ ...job(container([lr])), apiVersion: '' }) })).toThrow(
      "'trial' must give 'apiVersion' and 'kind', got '' and 'Job'",
    );
  });

  test('has no sidecar unless it says otherwise, wherever its kind keeps pod templates', () => {
    const replica = (annotations?: object) => ({
      template: { metadata: { annotations }, spec: { containers: [container(['x'], 'pytorch')] } },
    });
    const { trialSpec } = spec({
      trial: ({ lr }) => ({
        apiVersion: 'kubeflow.org/v1',
        kind: 'PyTorchJob',
        metadata: { labels: { rate: lr } },
        spec: { pytorchReplicaSpecs: { Master: replica(), Worker: replica({ 'sidecar.istio.io/inject': 'true' }) } },
      }),
    }).trialTemplate;

    const { Master, Worker } = trialSpec.spec.pytorchReplicaSpecs;
    expect(Master.template.metadata.annotations).toEqual({ 'sidecar.istio.io/inject': 'false' });
    expect(Worker.template.metadata.annotations).toEqual({ 'sidecar.istio.io/inject': 'true' });
  });

  test.each([
    ['Workflow', 'status.[@this].#(phase=="Succeeded")#', 'status.[@this].#(phase=="Failed")#'],
    [
      'PipelineRun',
      'status.conditions.#(type=="Succeeded")#|#(status=="True")#',
      'status.conditions.#(type=="Succeeded")#|#(status=="False")#',
    ],
  ])('of kind %s, its end is known', (kind, success, failure) => {
    const { trialTemplate } = spec({
      primaryContainerName: 'main',
      trial: ({ lr }) => ({ apiVersion: 'example.com/v1', kind, spec: { rate: lr } }),
    });

    expect([trialTemplate.successCondition, trialTemplate.failureCondition]).toEqual([success, failure]);
  });

  test('throws when its kind is not known and its end is not told', () => {
    const trial: ExperimentProps<typeof search>['trial'] = ({ lr }) => ({
      ...{ apiVersion: 'ray.io/v1', kind: 'RayJob' },
      spec: { rate: lr },
    });

    expect(attempt({ primaryContainerName: 'x', trial })).toThrow(
      "'successCondition' and 'failureCondition' must be given: the end of a 'RayJob' is not known",
    );
    expect(
      spec({ primaryContainerName: 'x', trial, successCondition: 'a', failureCondition: 'b' }).trialTemplate,
    ).toMatchObject({ successCondition: 'a', failureCondition: 'b' });
    expect(attempt({ trial, successCondition: 'a', failureCondition: 'b' })).toThrow(
      "'primaryContainerName' must be given: the trial has no container that is known",
    );
  });

  test('as a Job of one container it is hardened, and runs on the pool that is asked for', () => {
    const chart = team();
    const pool = { name: 'gpu-l4', nodes: 1, cpu: 8, memory: '32Gi', gpu: { type: 'nvidia-l4', count: 1 } };
    const { trialSpec } = spec(
      {
        trial: ({ lr }) =>
          trialJob(chart, {
            image: { repository: 'example.com/train', tag: '1' },
            command: ['train', lr],
            resources: { cpu: '1', memory: '1Gi' },
            ...{ pool, gpus: 1 },
          }),
      },
      chart,
    ).trialTemplate;

    const { spec: pod } = trialSpec.spec.template;
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.containers[0].resources.limits).toMatchObject({ 'nvidia.com/gpu': '1' });
    expect(pod.nodeSelector).toMatchObject({ 'flowyard.dev/pool': 'gpu-l4' });
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('throws when a Job asks for accelerators without a pool', () => {
    const image = { repository: 'example.com/train', tag: '1' };

    expect(() => trialJob(team(), { image, resources: { cpu: '1', memory: '1Gi' }, gpus: 1 })).toThrow(
      "'gpus' needs 'pool', whose nodes have them, got 1",
    );
  });
});

describe('counts', () => {
  test.each([
    [{ parallelTrialCount: 5, maxTrialCount: 4 }, "'parallelTrialCount' must be at most 'maxTrialCount' 4, got 5"],
    [{ maxFailedTrialCount: 5, maxTrialCount: 4 }, "'maxFailedTrialCount' must be at most 'maxTrialCount' 4, got 5"],
    [{ parallelTrialCount: 0 }, "'parallelTrialCount' must be a whole number of at least 1, got 0"],
    [{ maxFailedTrialCount: -1 }, "'maxFailedTrialCount' must be a whole number of at least 0, got -1"],
    [{ maxTrialCount: 1.5 }, "'maxTrialCount' must be a whole number of at least 1, got 1.5"],
    [{ maxTrialCount: undefined }, "'maxTrialCount' or 'objective.goal' must be given, or the experiment never ends"],
  ])('throws when they are %j', (counts, message) => {
    expect(attempt(counts)).toThrow(message);
  });

  test('of fewer trials than upstream runs at once, all run at once', () => {
    expect(spec({ maxTrialCount: 2 }).parallelTrialCount).toBe(2);
    expect(spec({ maxTrialCount: 12 })).not.toHaveProperty('parallelTrialCount');
  });
});

describe('early stopping', () => {
  const medianstop = { algorithmName: 'medianstop' as const };

  test('is as the service has it by default', () => {
    expect(spec({ earlyStopping: medianstop }).earlyStopping).toEqual({ algorithmName: 'medianstop' });
  });

  test('tells the service by text', () => {
    const algorithmSettings = { min_trials_required: 2, start_step: 5 };

    expect(spec({ earlyStopping: { ...medianstop, algorithmSettings } }).earlyStopping.algorithmSettings).toEqual([
      { name: 'min_trials_required', value: '2' },
      { name: 'start_step', value: '5' },
    ]);
  });

  test.each([
    [
      { min_trials_required: 0 },
      "'earlyStopping.algorithmSettings.min_trials_required' must be a whole number of at least 1, got 0",
    ],
    [{ start_step: 1.5 }, "'earlyStopping.algorithmSettings.start_step' must be a whole number of at least 1, got 1.5"],
    [
      { patience: 3 },
      "'earlyStopping.algorithmSettings' of 'medianstop' are 'min_trials_required' and 'start_step', got 'patience'",
    ],
    [{ min_trials_required: 6 }, "must be less than 'maxTrialCount' 6, or no trial is ever stopped, got 6"],
  ])('throws when its settings are %j', (algorithmSettings, message) => {
    expect(attempt({ earlyStopping: { ...medianstop, algorithmSettings } as never })).toThrow(message);
  });

  test('throws when metrics are not collected line by line', () => {
    expect(attempt({ earlyStopping: medianstop, metricsCollector: { kind: 'TensorFlowEvent' } })).toThrow(
      "'earlyStopping' needs a 'metricsCollector' of kind 'StdOut' or 'File', got 'TensorFlowEvent'",
    );
  });

  test('warns that lines begin with their time, until told so', () => {
    const warned = experiment({ earlyStopping: medianstop });

    expect(warned.warnings).toEqual([expect.stringContaining("say so by 'earlyStopping.timeStampedLines'")]);
    expect(warned.node.metadata).toContainEqual(expect.objectContaining({ type: 'warning', data: warned.warnings[0] }));
    expect(experiment({ earlyStopping: { ...medianstop, timeStampedLines: true } }).warnings).toEqual([]);
    expect(experiment().warnings).toEqual([]);
  });
});

describe('algorithms', () => {
  test('are told by text', () => {
    const algorithm: Algorithm = { algorithmName: 'tpe', algorithmSettings: { random_state: 10, n: 'x', on: true } };

    expect(spec({ algorithm }).algorithm).toEqual({
      algorithmName: 'tpe',
      algorithmSettings: [
        { name: 'random_state', value: '10' },
        { name: 'n', value: 'x' },
        { name: 'on', value: 'true' },
      ],
    });
  });

  test.each([
    [{ algorithmName: 'grid' }, "'search.lr.step' must be given: algorithm 'grid' tries every value"],
    [{ algorithmName: 'cmaes' }, "'search' must have two parameters of int and double for algorithm 'cmaes', got 1"],
    [{ algorithmName: 'hyperband' }, "'algorithm.algorithmSettings.r_l' must be a number above 0, got 'undefined'"],
    [
      { algorithmName: 'hyperband', algorithmSettings: { r_l: 9, resource_name: 'epochs' } },
      "'algorithm.algorithmSettings.resource_name' must name a parameter of 'search', got 'epochs'",
    ],
  ])('throws when the search does not fit %j', (algorithm, message) => {
    expect(attempt({ algorithm: algorithm as never })).toThrow(message);
  });
});

describe('metrics collectors', () => {
  test.each([
    [{ kind: 'StdOut' }, { collector: { kind: 'StdOut' } }],
    [
      { kind: 'StdOut', metricsFormat: ['{(\\w+): (\\d+)}'] },
      { collector: { kind: 'StdOut' }, source: { filter: { metricsFormat: ['{(\\w+): (\\d+)}'] } } },
    ],
    [
      { kind: 'File', format: 'JSON', path: '/logs/x.json' },
      {
        collector: { kind: 'File' },
        source: { fileSystemPath: { path: '/logs/x.json', kind: 'File', format: 'JSON' } },
      },
    ],
    [
      { kind: 'File' },
      {
        collector: { kind: 'File' },
        source: { fileSystemPath: { path: '/var/log/katib/metrics.log', kind: 'File', format: 'TEXT' } },
      },
    ],
    [
      { kind: 'TensorFlowEvent' },
      {
        collector: { kind: 'TensorFlowEvent' },
        source: { fileSystemPath: { path: '/var/log/katib/tfevent/', kind: 'Directory' } },
      },
    ],
    [
      { kind: 'PrometheusMetric', port: 9090 },
      { collector: { kind: 'PrometheusMetric' }, source: { httpGet: { path: '/metrics', port: 9090 } } },
    ],
    [{ kind: 'Push' }, { collector: { kind: 'Push' } }],
    [
      { kind: 'Custom', customCollector: { name: 'c', image: 'i' }, path: '/x' },
      {
        collector: { kind: 'Custom', customCollector: { name: 'c', image: 'i' } },
        source: { fileSystemPath: { path: '/x', kind: 'File' } },
      },
    ],
  ])('%j is rendered', (metricsCollector, expected) => {
    expect(spec({ metricsCollector: metricsCollector as never }).metricsCollectorSpec).toEqual(expected);
  });

  test.each([
    [{ kind: 'File', path: 'x' }, "'metricsCollector.path' must begin with '/', got 'x'"],
    [{ kind: 'PrometheusMetric', port: 0 }, "'metricsCollector.port' must be a whole number from 1 to 65535, got 0"],
    [
      { kind: 'StdOut', metricsFormat: ['loss'] },
      "'metricsCollector.metricsFormat' must have two groups, for name and value, got 'loss'",
    ],
    [
      { kind: 'File', format: 'JSON', metricsFormat: ['(a)=(b)'] },
      "'metricsCollector.metricsFormat' is for format 'TEXT', got it with 'JSON'",
    ],
  ])('throws when it is %j', (metricsCollector, message) => {
    expect(attempt({ metricsCollector: metricsCollector as never })).toThrow(message);
  });

  test('throws when the collector cannot read a name', () => {
    expect(attempt({ objective: { type: 'minimize', objectiveMetricName: 'loss/val' } })).toThrow(
      "'objective' names 'loss/val', which the collector cannot read",
    );
  });
});

describe('the objective', () => {
  test('says which of the reports of a metric counts', () => {
    const metricStrategies = { loss: 'latest' } as const;

    expect(
      spec({ objective: { type: 'minimize', objectiveMetricName: 'loss', metricStrategies } }).objective
        .metricStrategies,
    ).toEqual([{ name: 'loss', value: 'latest' }]);
  });

  test.each([
    [
      { additionalMetricNames: ['loss'] },
      "'objective.additionalMetricNames' must not hold 'objectiveMetricName', got 'loss'",
    ],
    [{ goal: Number.NaN }, "'objective.goal' must be a number, got NaN"],
  ])('throws when it has %j', (fields, message) => {
    expect(attempt({ objective: { type: 'minimize', objectiveMetricName: 'loss', ...fields } })).toThrow(message);
  });
});

describe('the name and the namespace', () => {
  test.each(['Tuning', '1tuning', 'tuning-', 'x'.repeat(41)])("throws when the name is '%s'", name => {
    expect(attempt({ name })).toThrow(
      `'name' takes at most 40 lower-case letters, digits and hyphens and begins with a letter, got '${name}'`,
    );
  });

  test('throws when neither it nor its chart has a namespace', () => {
    expect(attempt({}, new Chart(new App(), 'chart'))).toThrow("'namespace' must be given: the chart has none");
    expect(experiment({ namespace: 'mine' }, new Chart(new App(), 'chart')).namespace).toBe('mine');
  });

  test('throws when there is nothing to search', () => {
    expect(attempt({ search: {} as never })).toThrow("'search' must have at least one parameter, got none");
  });

  test('carries labels and the policy to go on', () => {
    const { metadata, spec } = experiment({ labels: { team: 'x' }, resumePolicy: 'FromVolume' }).object.toJson();

    expect(metadata.labels).toEqual({ team: 'x' });
    expect(spec.resumePolicy).toBe('FromVolume');
  });

  function inNamespace(labels: Record<string, string>, podSecurity: 'restricted' | 'baseline', props = {}) {
    const chart = team();
    new Namespace(chart, 'Namespace', { name: 'kubeflow-user-example-com', podSecurity, labels });
    experiment(props, chart);
    return chart.node.validate().concat(...chart.node.findAll().map(each => each.node.validate()));
  }

  const observed = { 'katib.kubeflow.org/metrics-collector-injection': 'enabled' };

  test('is told that its namespace lacks the label of the collector, unless it pushes', () => {
    expect(inNamespace({}, 'restricted')).toEqual([
      "'namespace' must carry the label 'katib.kubeflow.org/metrics-collector-injection: enabled', got 'kubeflow-user-example-com' without it",
    ]);
    expect(inNamespace({}, 'restricted', { metricsCollector: { kind: 'Push' } })).toEqual([]);
    expect(inNamespace(observed, 'restricted')).toEqual([]);
  });

  test('is told that early stopping is not admitted by a restricted namespace', () => {
    const earlyStopping = { algorithmName: 'medianstop' };

    expect(inNamespace(observed, 'restricted', { earlyStopping })).toEqual([
      expect.stringContaining("'earlyStopping' needs a namespace held to Pod Security 'baseline'"),
    ]);
    expect(inNamespace(observed, 'baseline', { earlyStopping })).toEqual([]);
  });
});
