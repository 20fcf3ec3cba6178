import type { Static } from '@sinclair/typebox';
import { CustomResource, schema as s } from '../../constructs';
import { jobSetSpec } from '../roles';
import { environment, group, immutable, keyed, localReference, longName } from './fields';
import { runtimePatches } from './runtime-patches';

const version = 'v1alpha1';

/** How the nodes of a job find each other. */
const mlPolicy = () =>
  s.allOptional(
    {
      flux: s.allOptional({
        numProcPerNode: s.int32({
          default: 1,
          rules: [{ rule: 'self >= 1', message: 'NumProcPerNode in fluxPolicy must be >= 1' }],
        }),
      }),
      jax: s.object({}),
      mpi: s.allOptional({
        mpiImplementation: s.oneOf(['OpenMPI', ''], { default: 'OpenMPI' }),
        numProcPerNode: s.int32({ default: 1 }),
        runLauncherAsNode: s.bool({ default: false }),
        sshAuthMountPath: s.text({ default: '/root/.ssh', maxLength: 4096 }),
      }),
      numNodes: s.int32(),
      torch: s.object({}),
      xgboost: s.object({}),
    },
    {
      rules: [
        {
          rule: '[has(self.torch), has(self.mpi), has(self.jax), has(self.xgboost),has(self.flux)].filter(x, x).size() <= 1',
          message: 'Only one of the policy can be configured',
        },
      ],
    },
  );

/** Who places the pods of a job all at once. */
const podGroupPolicy = () =>
  s.allOptional({
    coscheduling: s.allOptional({ scheduleTimeoutSeconds: s.int32({ default: 60 }) }),
    volcano: s.allOptional({
      networkTopology: s.allOptional({
        highestTierAllowed: s.integer({ default: 1 }),
        mode: s.oneOf(['hard', 'soft'], { default: 'hard' }),
      }),
    }),
  });

const trainingRuntimeSpec = () =>
  s.allOptional(
    {
      mlPolicy: mlPolicy(),
      podGroupPolicy: podGroupPolicy(),
      template: s.allOptional({ metadata: s.templateMetadata(), spec: jobSetSpec() }, { minProperties: 1 }),
    },
    { minProperties: 1 },
  );

/** A blueprint of jobs: the JobSet that each becomes, and how its nodes find each other. */
export type TrainingRuntimeSpec = Static<ReturnType<typeof trainingRuntimeSpec>>;

/** Blueprint of the jobs of one namespace. */
export const TrainingRuntimeKind = new CustomResource({
  group,
  kind: 'TrainingRuntime',
  plural: 'trainingruntimes',
  scope: 'Namespaced',
  versions: [{ name: version, storage: true, schema: s.allOptional({ spec: trainingRuntimeSpec() }) }],
});

/** Blueprint of the jobs of all namespaces. */
export const ClusterTrainingRuntimeKind = new CustomResource({
  group,
  kind: 'ClusterTrainingRuntime',
  plural: 'clustertrainingruntimes',
  scope: 'Cluster',
  versions: [{ name: version, storage: true, schema: s.allOptional({ spec: trainingRuntimeSpec() }) }],
});

const words = () => s.list(s.text({ maxLength: 65536 }), { listType: 'atomic', maxItems: 128 });

/** `core/v1` ResourceRequirements. */
const resourceRequirements = () =>
  s.allOptional({
    claims: s.list(s.object({ name: s.text(), request: s.optional(s.text()) }), { listType: 'map', keys: ['name'] }),
    limits: s.map(s.amount()),
    requests: s.map(s.amount()),
  });

const initializer = () =>
  s.allOptional({ env: environment(), secretRef: localReference(), storageUri: s.text({ maxLength: 2048 }) });

const trainJobSpec = () =>
  s.object({
    activeDeadlineSeconds: s.optional(s.int64({ minimum: 1, rules: immutable })),
    initializer: s.optional(s.allOptional({ dataset: initializer(), model: initializer() }, { rules: immutable })),
    managedBy: s.optional(
      s.text({
        default: 'trainer.kubeflow.org/trainjob-controller',
        maxLength: 253,
        rules: [
          {
            rule: "self in ['trainer.kubeflow.org/trainjob-controller', 'kueue.x-k8s.io/multikueue']",
            message: 'ManagedBy must be trainer.kubeflow.org/trainjob-controller or kueue.x-k8s.io/multikueue if set',
          },
          ...immutable,
        ],
      }),
    ),
    runtimePatches: s.optional(runtimePatches()),
    runtimeRef: s.object(
      {
        apiGroup: s.optional(s.text({ default: group, maxLength: 253 })),
        kind: s.optional(s.text({ default: 'ClusterTrainingRuntime', maxLength: 253 })),
        name: longName(),
      },
      { rules: immutable },
    ),
    suspend: s.optional(s.bool({ default: false })),
    trainer: s.optional(
      s.allOptional(
        {
          args: words(),
          command: words(),
          env: environment(),
          image: s.text({ maxLength: 500 }),
          numNodes: s.int32(),
          numProcPerNode: s.int32(),
          resourcesPerNode: resourceRequirements(),
        },
        { rules: immutable },
      ),
    ),
  });

/** What is trained, on which runtime, with what. */
export type TrainJobSpec = Static<ReturnType<typeof trainJobSpec>>;

const count = () => s.int32({ minimum: 0 });
const shortText = () => s.text({ minLength: 1, maxLength: 64 });

/** What the controller and the job itself report. */
const trainJobStatus = () =>
  s.allOptional(
    {
      conditions: keyed(s.condition(), 'type', 8),
      jobsStatus: keyed(
        s.object({
          active: count(),
          failed: count(),
          name: longName(),
          ready: count(),
          succeeded: count(),
          suspended: count(),
        }),
        'name',
        100,
      ),
      trainerStatus: s.allOptional(
        {
          estimatedRemainingSeconds: count(),
          lastUpdatedTime: s.time(),
          metrics: s.list(s.object({ name: shortText(), value: shortText() }), { listType: 'atomic', maxItems: 256 }),
          progressPercentage: s.int32({ minimum: 0, maximum: 100 }),
        },
        {
          rules: [
            {
              rule: 'has(self.lastUpdatedTime)',
              message: 'lastUpdatedTime is required when trainerStatus is present',
            },
          ],
        },
      ),
    },
    { minProperties: 1 },
  );

/** One training: a runtime, and what differs from it. */
export const TrainJobKind = new CustomResource({
  group,
  kind: 'TrainJob',
  plural: 'trainjobs',
  scope: 'Namespaced',
  versions: [
    {
      name: version,
      storage: true,
      schema: s.object(
        { spec: s.optional(trainJobSpec()), status: s.optional(trainJobStatus()) },
        {
          rules: [
            {
              rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
              message: 'metadata.name must match RFC 1035 DNS label format',
            },
            { rule: 'size(self.metadata.name) <= 63', message: 'metadata.name must be no more than 63 characters' },
          ],
        },
      ),
      subresources: { status: {} },
      columns: [
        { name: 'State', type: 'string', jsonPath: '.status.conditions[-1:].type' },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ],
});
