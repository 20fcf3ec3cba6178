import type { Static } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import { type Handle, schema as s } from '../../constructs';

/** Runs groups of Jobs as one: what `Trainer` makes of a TrainJob. */
export interface JobSets extends Handle {}

const immutable: s.CelRule[] = [{ rule: 'self == oldSelf', message: 'Value is immutable' }];
const texts = () => s.list(s.text(), { listType: 'atomic' });

/** `batch/v1` JobTemplateSpec, its pod spec as it comes. */
const jobTemplate = () =>
  s.allOptional({
    metadata: s.templateMetadata(),
    spec: s.object({
      activeDeadlineSeconds: s.optional(s.int64()),
      backoffLimit: s.optional(s.int32()),
      backoffLimitPerIndex: s.optional(s.int32()),
      completionMode: s.optional(s.text()),
      completions: s.optional(s.int32()),
      managedBy: s.optional(s.text()),
      manualSelector: s.optional(s.bool()),
      maxFailedIndexes: s.optional(s.int32()),
      parallelism: s.optional(s.int32()),
      podFailurePolicy: s.optional(s.object({ rules: s.list(podFailureRule(), { listType: 'atomic' }) })),
      podReplacementPolicy: s.optional(s.text()),
      selector: s.optional(s.labelSelector()),
      successPolicy: s.optional(
        s.object({
          rules: s.list(s.allOptional({ succeededCount: s.int32(), succeededIndexes: s.text() }), {
            listType: 'atomic',
          }),
        }),
      ),
      suspend: s.optional(s.bool()),
      template: s.allOptional({ metadata: s.templateMetadata(), spec: s.opaque<k8s.PodSpec>() }),
      ttlSecondsAfterFinished: s.optional(s.int32()),
    }),
  });

function podFailureRule() {
  return s.object({
    action: s.text(),
    onExitCodes: s.optional(
      s.object({
        containerName: s.optional(s.text()),
        operator: s.text(),
        values: s.list(s.int32(), { listType: 'set' }),
      }),
    ),
    onPodConditions: s.optional(
      s.list(s.object({ status: s.optional(s.text()), type: s.text() }), { listType: 'atomic' }),
    ),
  });
}

/** Equal Jobs of a JobSet. */
const replicatedJob = () =>
  s.object({
    dependsOn: s.optional(
      s.list(s.object({ name: s.text(), status: s.oneOf(['Ready', 'Complete']) }), {
        listType: 'map',
        keys: ['name'],
        maxItems: 5,
        rules: immutable,
      }),
    ),
    groupName: s.optional(s.text({ default: 'default' })),
    name: s.text(),
    replicas: s.optional(s.int32({ default: 1 })),
    template: jobTemplate(),
  });

/** Equal Jobs of a JobSet. */
export type ReplicatedJob = Static<ReturnType<typeof replicatedJob>>;

/** When the Jobs start over, and when the JobSet fails. */
const failurePolicy = () =>
  s.allOptional(
    {
      maxRestarts: s.int32(),
      restartStrategy: s.oneOf(['Recreate', 'BlockingRecreate', 'InPlaceRestart'], { default: 'Recreate' }),
      rules: s.list(
        s.object({
          action: s.oneOf(['FailJobSet', 'RestartJobSet', 'RestartJobSetAndIgnoreMaxRestarts']),
          name: s.text(),
          onJobFailureMessagePatterns: s.optional(s.list(s.text())),
          onJobFailureReasons: s.optional(s.list(s.text())),
          targetReplicatedJobs: s.optional(texts()),
        }),
      ),
    },
    { rules: immutable },
  );

/** Claims that the controller makes for the Jobs, which mount each under its name. */
const volumeClaimPolicy = () =>
  s.allOptional(
    {
      retentionPolicy: s.allOptional({ whenDeleted: s.oneOf(['Delete', 'Retain'], { default: 'Delete' }) }),
      templates: s.list(claimTemplate(), { listType: 'atomic', maxItems: 50 }),
    },
    {
      rules: [
        {
          rule: 'self.templates.all(t, !has(t.metadata.namespace) || size(t.metadata.namespace) == 0)',
          message: 'namespace cannot be set for VolumeClaimPolicies templates',
        },
      ],
    },
  );

function claimTemplate() {
  return s.allOptional({
    apiVersion: s.text(),
    kind: s.text(),
    metadata: s.templateMetadata(),
    spec: s.opaque<k8s.PersistentVolumeClaimSpec>(),
    status: s.allOptional({
      accessModes: texts(),
      allocatedResourceStatuses: s.map(s.text(), { mapType: 'granular' }),
      allocatedResources: s.map(s.amount()),
      capacity: s.map(s.amount()),
      conditions: s.list(
        s.object({
          lastProbeTime: s.optional(s.time()),
          lastTransitionTime: s.optional(s.time()),
          message: s.optional(s.text()),
          reason: s.optional(s.text()),
          status: s.text(),
          type: s.text(),
        }),
        { listType: 'map', keys: ['type'] },
      ),
      currentVolumeAttributesClassName: s.text(),
      modifyVolumeStatus: s.object({ status: s.text(), targetVolumeAttributesClassName: s.optional(s.text()) }),
      phase: s.text(),
    }),
  });
}

/** The spec of a JobSet: what its own CRD takes, and what a training runtime embeds. */
export const jobSetSpec = () =>
  s.allOptional(
    {
      coordinator: s.object({
        jobIndex: s.optional(s.integer()),
        podIndex: s.optional(s.integer()),
        replicatedJob: s.text(),
      }),
      failurePolicy: failurePolicy(),
      managedBy: s.text(),
      network: s.allOptional(
        { enableDNSHostnames: s.bool(), publishNotReadyAddresses: s.bool(), subdomain: s.text() },
        { rules: immutable },
      ),
      replicatedJobs: s.list(replicatedJob(), { listType: 'map', keys: ['name'] }),
      startupPolicy: s.object({ startupPolicyOrder: s.oneOf(['AnyOrder', 'InOrder']) }, { rules: immutable }),
      successPolicy: s.object(
        { operator: s.oneOf(['All', 'Any']), targetReplicatedJobs: s.optional(texts()) },
        { rules: immutable },
      ),
      suspend: s.bool(),
      ttlSecondsAfterFinished: s.int32({ minimum: 0 }),
      volumeClaimPolicies: s.list(volumeClaimPolicy(), { listType: 'atomic', maxItems: 50, rules: immutable }),
    },
    {
      rules: [
        {
          rule: "!(has(self.startupPolicy) && self.startupPolicy.startupPolicyOrder == 'InOrder' && self.replicatedJobs.exists(x, has(x.dependsOn)))",
          message: 'StartupPolicy and DependsOn APIs are mutually exclusive',
        },
      ],
    },
  );

/** The spec of a JobSet. */
export type JobSetSpec = Static<ReturnType<typeof jobSetSpec>>;
