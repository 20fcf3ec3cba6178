import { schema as s } from '../../constructs';

const setting = () => s.object({ name: s.text({ minLength: 1 }), value: s.text() });

/** The way to choose, and what it is told. */
export const algorithm = () =>
  s.object({ algorithmName: s.text({ minLength: 1 }), algorithmSettings: s.optional(s.list(setting())) });

/** The controller writes `null` where there was no time yet. */
const time = () => s.nullable(s.time());

/** What is to be reached, and by which metric. */
export const objective = () =>
  s.object(
    {
      type: s.oneOf(['minimize', 'maximize']),
      goal: s.optional(s.decimal({ format: 'double' })),
      objectiveMetricName: s.text({ minLength: 1 }),
      additionalMetricNames: s.optional(s.list(s.text({ minLength: 1 }))),
      metricStrategies: s.optional(
        s.list(s.object({ name: s.text({ minLength: 1 }), value: s.oneOf(['min', 'max', 'latest']) })),
      ),
    },
    {
      rules: [
        {
          rule: '!has(self.additionalMetricNames) || !(self.objectiveMetricName in self.additionalMetricNames)',
          message: 'additionalMetricNames must not hold objectiveMetricName',
        },
      ],
    },
  );

/** A name and the value it got. */
export const assignment = () => s.object({ name: s.text({ minLength: 1 }), value: s.text() });

/** When a trial is stopped. */
export const earlyStoppingRule = () =>
  s.allOptional({
    name: s.text(),
    value: s.text(),
    comparison: s.oneOf(['equal', 'less', 'greater']),
    startStep: s.integer(),
  });

/** What a trial reported. */
export const observation = () =>
  s.allOptional({
    metrics: s.list(s.allOptional({ name: s.text(), min: s.text(), max: s.text(), latest: s.text() })),
  });

/** Where metrics are, and who collects them. */
export const metricsCollectorSpec = () =>
  s.allOptional({
    source: s.allOptional({
      httpGet: s.allOptional({
        host: s.text(),
        httpHeaders: s.list(s.object({ name: s.text(), value: s.text() })),
        path: s.text(),
        port: s.intOrString(),
        scheme: s.text(),
      }),
      fileSystemPath: s.allOptional({
        path: s.text(),
        kind: s.oneOf(['Directory', 'File']),
        format: s.oneOf(['TEXT', 'JSON']),
      }),
      filter: s.allOptional({ metricsFormat: s.list(s.text()) }),
    }),
    collector: s.object({
      kind: s.oneOf(['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push']),
      customCollector: s.optional(s.opaque()),
    }),
  });

const distributions = ['uniform', 'logUniform', 'normal', 'logNormal', 'unknown'] as const;

/** A parameter and the values that it may get. */
export const parameter = () =>
  s.object(
    {
      name: s.text({ minLength: 1 }),
      parameterType: s.oneOf(['double', 'int', 'discrete', 'categorical']),
      feasibleSpace: s.allOptional({
        max: s.text(),
        min: s.text(),
        step: s.text(),
        list: s.list(s.text()),
        distribution: s.oneOf(distributions),
      }),
    },
    {
      rules: [
        {
          rule: "self.parameterType in ['double', 'int'] ? has(self.feasibleSpace.min) && has(self.feasibleSpace.max) && !has(self.feasibleSpace.list) : true",
          message: 'parameters of type double and int have min and max, and no list',
        },
        {
          rule: "self.parameterType in ['discrete', 'categorical'] ? !has(self.feasibleSpace.min) && !has(self.feasibleSpace.max) && !has(self.feasibleSpace.step) : true",
          message: 'parameters of type discrete and categorical have a list, and neither min, max nor step',
        },
      ],
    },
  );

/** The object that each trial makes, and how its end is told. */
export const trialTemplate = () =>
  s.object(
    {
      retain: s.optional(s.bool()),
      trialSpec: s.optional(s.opaque()),
      configMap: s.optional(
        s.object({
          configMapName: s.text({ minLength: 1 }),
          configMapNamespace: s.text({ minLength: 1 }),
          templatePath: s.text({ minLength: 1 }),
        }),
      ),
      trialParameters: s.list(
        s.object({
          name: s.text({ minLength: 1, pattern: '^[^{}]*$' }),
          description: s.optional(s.text()),
          reference: s.text({ minLength: 1 }),
        }),
        { listType: 'map', keys: ['name'] },
      ),
      primaryPodLabels: s.optional(s.map(s.text())),
      primaryContainerName: s.text({ minLength: 1 }),
      successCondition: s.optional(s.text()),
      failureCondition: s.optional(s.text()),
    },
    {
      rules: [
        { rule: 'has(self.trialSpec) != has(self.configMap)', message: 'one of trialSpec and configMap must be given' },
      ],
    },
  );

/** Search for the shape of a network. */
export const nasConfig = () =>
  s.allOptional({
    graphConfig: s.allOptional({
      numLayers: s.int32(),
      inputSizes: s.list(s.int32()),
      outputSizes: s.list(s.int32()),
    }),
    operations: s.list(s.allOptional({ operationType: s.text(), parameters: s.list(parameter()) })),
  });

/** What became of the suggestion service when an experiment is over. */
export const resumePolicy = () => s.oneOf(['Never', 'LongRunning', 'FromVolume']);

/** Times and conditions, which the status of all three kinds begins with. */
export function commonStatus<const T extends readonly string[]>(types: T) {
  return {
    startTime: time(),
    completionTime: time(),
    lastReconcileTime: time(),
    conditions: s.list(
      s.object({
        type: s.oneOf(types),
        status: s.oneOf(['True', 'False', 'Unknown']),
        reason: s.optional(s.text()),
        message: s.optional(s.text()),
        lastUpdateTime: s.optional(time()),
        lastTransitionTime: s.optional(time()),
      }),
    ),
  };
}
