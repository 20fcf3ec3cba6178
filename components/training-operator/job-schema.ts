import type { Static } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import { schema as s } from '../../constructs';

/** Which pods the operator deletes once a job is over. */
const cleanPodPolicies = ['All', 'Running', 'None'] as const;

/** When a replica's pod is started again. `ExitCode`: after codes from 128 on, which count as passing faults. */
const restartPolicies = ['Always', 'OnFailure', 'Never', 'ExitCode'] as const;

/**
 * Upstream's CRDs take any word and the operator treats an unknown one like `All`, which loses the pods and their logs.
 */
export const cleanPodPolicy = () => s.oneOf(cleanPodPolicies);

/** Gang scheduling of a job's pods. */
const schedulingPolicy = () =>
  s.allOptional({
    minAvailable: s.int32(),
    minResources: s.map(s.amount()),
    priorityClass: s.text(),
    queue: s.text({
      rules: [{ rule: 'self == oldSelf', message: 'spec.runPolicy.schedulingPolicy.queue is immutable' }],
    }),
    scheduleTimeoutSeconds: s.int32(),
  });

/** How long a job may run, how often it is retried, what is left of it. */
export const runPolicy = () =>
  s.allOptional({
    activeDeadlineSeconds: s.int64(),
    backoffLimit: s.int32(),
    cleanPodPolicy: cleanPodPolicy(),
    managedBy: s.text(),
    schedulingPolicy: schedulingPolicy(),
    suspend: s.bool({ default: false }),
    ttlSecondsAfterFinished: s.int32(),
  });

/** How long a job may run, how often it is retried, what is left of it. */
export type RunPolicy = Static<ReturnType<typeof runPolicy>>;

/** When a replica's pod is started again. */
export type RestartPolicy = (typeof restartPolicies)[number];

/** Equal pods of one job. */
const replicaSpec = () =>
  s.allOptional({
    replicas: s.int32({ minimum: 0 }),
    restartPolicy: s.oneOf(restartPolicies),
    template: s.allOptional({
      metadata: s.templateMetadata(),
      spec: s.opaque<k8s.PodSpec>(),
    }),
  });

/** Equal pods of one job. */
export type ReplicaSpec = Static<ReturnType<typeof replicaSpec>>;

/** The pods of a job by their part in it. The operator accepts the parts in any case, so the keys stay open. */
export const replicaSpecs = () => s.map(replicaSpec());

/** What the operator reports. */
export const jobStatus = () =>
  s.allOptional({
    completionTime: s.time(),
    conditions: s.list(
      s.object({
        lastTransitionTime: s.optional(s.time()),
        lastUpdateTime: s.optional(s.time()),
        message: s.optional(s.text()),
        reason: s.optional(s.text()),
        status: s.text(),
        type: s.text(),
      }),
    ),
    lastReconcileTime: s.time(),
    replicaStatuses: s.map(
      s.allOptional({
        active: s.int32(),
        failed: s.int32(),
        labelSelector: s.labelSelector(),
        selector: s.text(),
        succeeded: s.int32(),
      }),
    ),
    startTime: s.time(),
  });
