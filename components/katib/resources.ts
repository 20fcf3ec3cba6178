import type { TSchema } from '@sinclair/typebox';
import { CustomResource, type PrinterColumn, schema as s } from '../../constructs';
import {
  algorithm,
  assignment,
  commonStatus,
  earlyStoppingRule,
  metricsCollectorSpec,
  nasConfig,
  objective,
  observation,
  parameter,
  resumePolicy,
  trialTemplate,
} from './schema';

const lastCondition: PrinterColumn[] = [
  { name: 'Type', type: 'string', jsonPath: '.status.conditions[-1:].type' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[-1:].status' },
];
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function kind<S extends TSchema>(name: string, schema: S, columns: PrinterColumn[] = []): CustomResource<S> {
  return new CustomResource({
    group: 'kubeflow.org',
    kind: name,
    plural: `${name.toLowerCase()}s`,
    categories: ['all', 'kubeflow', 'katib'],
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1beta1',
        storage: true,
        schema,
        subresources: { status: {} },
        columns: [...lastCondition, ...columns, age],
      },
    ],
  });
}

const names = () => s.list(s.text());
const count = () => s.int32();
const trialState = [
  ...(['Created', 'Running', 'Succeeded', 'Killed', 'Failed'] as const),
  ...(['MetricsUnavailable', 'EarlyStopped'] as const),
] as const;

const experimentStatus = () =>
  s.allOptional({
    ...commonStatus(['Created', 'Running', 'Restarting', 'Succeeded', 'Failed']),
    currentOptimalTrial: s.allOptional({
      bestTrialName: s.text(),
      parameterAssignments: s.list(assignment()),
      observation: observation(),
    }),
    runningTrialList: names(),
    pendingTrialList: names(),
    failedTrialList: names(),
    succeededTrialList: names(),
    killedTrialList: names(),
    earlyStoppedTrialList: names(),
    metricsUnavailableTrialList: names(),
    trials: count(),
    trialsSucceeded: count(),
    trialsFailed: count(),
    trialsKilled: count(),
    trialsPending: count(),
    trialsRunning: count(),
    trialsEarlyStopped: count(),
    trialMetricsUnavailable: count(),
  });

/** A count may be left out; where both are given, it is at most that of all trials. */
function atMostAll(field: 'parallelTrialCount' | 'maxFailedTrialCount') {
  return {
    rule: `!has(self.${field}) || !has(self.maxTrialCount) || self.${field} <= self.maxTrialCount`,
    message: `${field} must be at most maxTrialCount`,
  };
}

/** A search for the parameters by which a metric is best: many trials of one template. */
export const ExperimentKind = kind(
  'Experiment',
  s.object({
    spec: s.object(
      {
        parameters: s.optional(s.list(parameter(), { listType: 'map', keys: ['name'] })),
        objective: objective(),
        algorithm: algorithm(),
        earlyStopping: s.optional(algorithm()),
        trialTemplate: trialTemplate(),
        parallelTrialCount: s.optional(s.int32({ minimum: 1 })),
        maxTrialCount: s.optional(s.int32({ minimum: 1 })),
        maxFailedTrialCount: s.optional(s.int32({ minimum: 0 })),
        metricsCollectorSpec: s.optional(metricsCollectorSpec()),
        nasConfig: s.optional(nasConfig()),
        resumePolicy: s.optional(resumePolicy()),
      },
      {
        rules: [
          atMostAll('parallelTrialCount'),
          atMostAll('maxFailedTrialCount'),
          {
            rule: 'has(self.parameters) != has(self.nasConfig)',
            message: 'one of parameters and nasConfig must be given',
          },
        ],
      },
    ),
    status: s.optional(experimentStatus()),
  }),
);

/** What trials are to try: the controller makes one for each experiment. */
export const SuggestionKind = kind(
  'Suggestion',
  s.object({
    spec: s.object({
      algorithm: algorithm(),
      earlyStopping: s.optional(algorithm()),
      requests: s.optional(count()),
      resumePolicy: s.optional(resumePolicy()),
    }),
    status: s.optional(
      s.allOptional({
        ...commonStatus(['Created', 'DeploymentReady', 'Running', 'Succeeded', 'Failed']),
        algorithmSettings: s.list(assignment()),
        suggestionCount: count(),
        suggestions: s.list(
          s.allOptional({
            name: s.text(),
            parameterAssignments: s.list(assignment()),
            earlyStoppingRules: s.list(earlyStoppingRule()),
            labels: s.map(s.text()),
          }),
        ),
      }),
    ),
  }),
  [
    { name: 'Requested', type: 'string', jsonPath: '.spec.requests' },
    { name: 'Assigned', type: 'string', jsonPath: '.status.suggestionCount' },
  ],
);

/** One try: the controller makes as many for each experiment as it asks for. */
export const TrialKind = kind(
  'Trial',
  s.object({
    spec: s.object({
      objective: objective(),
      parameterAssignments: s.list(assignment()),
      earlyStoppingRules: s.optional(s.list(earlyStoppingRule())),
      runSpec: s.opaque(),
      retainRun: s.optional(s.bool()),
      metricsCollector: s.optional(metricsCollectorSpec()),
      primaryPodLabels: s.optional(s.map(s.text())),
      primaryContainerName: s.optional(s.text()),
      successCondition: s.optional(s.text()),
      failureCondition: s.optional(s.text()),
      labels: s.optional(s.map(s.text())),
    }),
    status: s.optional(s.allOptional({ ...commonStatus(trialState), observation: observation() })),
  }),
);

/** All kinds of Katib. */
export const katibKinds = [ExperimentKind, SuggestionKind, TrialKind] as const;
