import type { Static } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import { schema as s } from '../../../constructs';
import { artifactGC, podMetadata, valuesAndFiles } from './artifact';
import { hooks, metrics, retryStrategy, synchronization, template } from './template';

/** Which pods are deleted, and when. */
export const podGCStrategies = [
  'OnPodCompletion',
  'OnPodSuccess',
  'OnWorkflowCompletion',
  'OnWorkflowSuccess',
] as const;

const workflowSchema = () =>
  s.allOptional({
    activeDeadlineSeconds: s.int64(),
    affinity: s.opaque<k8s.Affinity>(),
    archiveLogs: s.bool(),
    arguments: s.allOptional(valuesAndFiles()),
    artifactGC: s.allOptional({ ...artifactGC(), forceFinalizerRemoval: s.bool(), podSpecPatch: s.text() }),
    artifactRepositoryRef: s.allOptional({ configMap: s.text(), key: s.text() }),
    automountServiceAccountToken: s.bool(),
    dnsConfig: s.opaque<k8s.PodDnsConfig>(),
    dnsPolicy: s.oneOf(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']),
    entrypoint: s.text(),
    executor: s.allOptional({ serviceAccountName: s.text() }),
    hooks: hooks(),
    hostAliases: s.opaqueList<k8s.HostAlias>(),
    hostNetwork: s.bool(),
    imagePullSecrets: s.list(s.object({ name: s.text() })),
    metrics: metrics(),
    nodeSelector: s.map(s.text()),
    onExit: s.text(),
    parallelism: s.int64(),
    podDisruptionBudget: s.opaque<k8s.PodDisruptionBudgetSpec>(),
    podGC: s.allOptional({
      deleteDelayDuration: s.text(),
      labelSelector: s.labelSelector(),
      strategy: s.oneOf(podGCStrategies),
    }),
    podMetadata: podMetadata(),
    podPriorityClassName: s.text(),
    podSpecPatch: s.text(),
    priority: s.int32(),
    retryStrategy: retryStrategy(),
    schedulerName: s.text(),
    securityContext: s.opaque<k8s.PodSecurityContext>(),
    serviceAccountName: s.text(),
    shutdown: s.oneOf(['Stop', 'Terminate']),
    suspend: s.bool(),
    synchronization: synchronization(),
    templateDefaults: template(),
    templates: s.list(template()),
    tolerations: s.opaqueList<k8s.Toleration>(),
    ttlStrategy: s.allOptional({
      secondsAfterCompletion: s.int32({ minimum: 0 }),
      secondsAfterFailure: s.int32({ minimum: 0 }),
      secondsAfterSuccess: s.int32({ minimum: 0 }),
    }),
    volumeClaimGC: s.allOptional({ strategy: s.oneOf(['OnWorkflowCompletion', 'OnWorkflowSuccess']) }),
    volumeClaimTemplates: s.opaqueList<k8s.KubePersistentVolumeClaimProps>(),
    volumes: s.opaqueList<k8s.Volume>(),
    workflowMetadata: s.allOptional({
      annotations: s.map(s.text()),
      labels: s.map(s.text()),
      labelsFrom: s.map(s.object({ expression: s.text() })),
    }),
    workflowTemplateRef: s.allOptional({ clusterScope: s.bool(), name: s.text() }),
  });

/** What a workflow is: its templates, and where it begins. */
export interface WorkflowSpec extends Static<ReturnType<typeof workflowSchema>> {}

/** What a workflow is: its templates, and where it begins. */
export const workflowSpec = () => s.named<WorkflowSpec>(workflowSchema());

const cronSchema = () =>
  s.object({
    concurrencyPolicy: s.optional(s.oneOf(['Allow', 'Forbid', 'Replace'])),
    failedJobsHistoryLimit: s.optional(s.int32({ minimum: 0 })),
    schedule: s.optional(s.text()),
    schedules: s.optional(s.list(s.text())),
    startingDeadlineSeconds: s.optional(s.int64({ minimum: 0 })),
    stopStrategy: s.optional(s.object({ expression: s.text() })),
    successfulJobsHistoryLimit: s.optional(s.int32({ minimum: 0 })),
    suspend: s.optional(s.bool()),
    timezone: s.optional(s.text()),
    when: s.optional(s.text()),
    workflowMetadata: s.optional(podMetadata()),
    workflowSpec: workflowSpec(),
  });

/** A workflow by the clock. */
export interface CronWorkflowSpec extends Static<ReturnType<typeof cronSchema>> {}

/** A workflow by the clock. */
export const cronWorkflowSpec = () => s.named<CronWorkflowSpec>(cronSchema());
