import { CustomResource, schema as s } from '../../../constructs';
import {
  atomic,
  byName,
  conditions,
  fairSharing,
  fairSharingStatus,
  flavorUsage,
  group,
  immutable,
  labelKey,
  objectName,
  resourceGroups,
  stopPolicy,
  taints,
  tolerations,
} from './fields';

const clusterQueueSpec = () =>
  s.allOptional(
    {
      admissionChecksStrategy: s.object({
        admissionChecks: s.list(
          s.object({
            name: s.text({ maxLength: 316, minLength: 1 }),
            onFlavors: s.optional(s.list(objectName(), { listType: 'set', maxItems: 64 })),
          }),
          { ...byName, minItems: 1, maxItems: 64 },
        ),
      }),
      admissionScope: s.object({
        admissionMode: s.oneOf(['UsageBasedAdmissionFairSharing', 'NoAdmissionFairSharing']),
      }),
      cohortName: objectName(),
      concurrentAdmissionPolicy: s.object({
        migration: s.object({
          constraints: s.optional(s.allOptional({ lastAcceptableFlavorName: objectName() })),
          mode: s.oneOf(['TryPreferredFlavors', 'RetainFirstAdmission']),
        }),
      }),
      fairSharing: fairSharing(),
      flavorFungibility: s.allOptional(
        {
          preference: s.oneOf(['BorrowingOverPreemption', 'PreemptionOverBorrowing']),
          whenCanBorrow: s.oneOf(['MayStopSearch', 'TryNextFlavor'], { default: 'MayStopSearch' }),
          whenCanPreempt: s.oneOf(['MayStopSearch', 'TryNextFlavor'], { default: 'TryNextFlavor' }),
        },
        {
          default: {},
          rules: [
            {
              rule: "!has(self.preference) || (self.whenCanBorrow == 'TryNextFlavor' && self.whenCanPreempt == 'TryNextFlavor')",
              message: 'preference can only be set when both whenCanBorrow and whenCanPreempt are TryNextFlavor',
            },
          ],
        },
      ),
      namespaceSelector: s.labelSelector(),
      preemption: s.allOptional(
        {
          borrowWithinCohort: s.allOptional(
            {
              maxPriorityThreshold: s.int32(),
              policy: s.oneOf(['Never', 'LowerPriority'], { default: 'Never' }),
            },
            { default: {} },
          ),
          reclaimWithinCohort: s.oneOf(['Never', 'LowerPriority', 'Any'], { default: 'Never' }),
          withinClusterQueue: s.oneOf(['Never', 'LowerPriority', 'LowerOrNewerEqualPriority'], { default: 'Never' }),
        },
        {
          default: {},
          rules: [
            {
              rule: "!(self.reclaimWithinCohort == 'Never' && has(self.borrowWithinCohort) &&  self.borrowWithinCohort.policy != 'Never')",
              message: 'a policy for borrowing needs one for reclaiming',
            },
          ],
        },
      ),
      queueingStrategy: s.oneOf(['StrictFIFO', 'BestEffortFIFO'], { default: 'BestEffortFIFO' }),
      resourceGroups: resourceGroups(),
      stopPolicy: stopPolicy(),
    },
    {
      rules: [
        {
          rule: '!has(self.cohortName) && has(self.resourceGroups) ? self.resourceGroups.all(rg, rg.flavors.all(f, f.resources.all(r, !has(r.borrowingLimit)))) : true',
          message: 'borrowingLimit must be nil when cohort is empty',
        },
      ],
    },
  );

const counts = () => ({
  admittedWorkloads: s.int32(),
  conditions: conditions(),
  pendingWorkloads: s.int32(),
  reservingWorkloads: s.int32(),
});

const columns = {
  pending: { name: 'Pending Workloads', type: 'integer', jsonPath: '.status.pendingWorkloads' },
  admitted: { name: 'Admitted Workloads', type: 'integer', jsonPath: '.status.admittedWorkloads' },
} as const;

/** What jobs of some namespaces get at once. */
export const ClusterQueue = new CustomResource({
  group,
  kind: 'ClusterQueue',
  plural: 'clusterqueues',
  shortNames: ['cq'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: clusterQueueSpec(),
        status: s.allOptional({
          ...counts(),
          fairSharing: fairSharingStatus(),
          flavorsReservation: flavorUsage(true),
          flavorsUsage: flavorUsage(true),
        }),
      }),
      subresources: { status: {} },
      columns: [
        { name: 'Cohort', type: 'string', jsonPath: '.spec.cohortName' },
        { name: 'Strategy', type: 'string', jsonPath: '.spec.queueingStrategy', priority: 1 },
        columns.pending,
        { ...columns.admitted, priority: 1 },
      ],
    },
  ],
});

/** Queues that lend each other what they do not need, and what there is besides. */
export const Cohort = new CustomResource({
  group,
  kind: 'Cohort',
  plural: 'cohorts',
  shortNames: ['co'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: s.allOptional({
          fairSharing: fairSharing(),
          parentName: objectName(),
          resourceGroups: resourceGroups(),
        }),
        status: s.allOptional({ fairSharing: fairSharingStatus() }),
      }),
      subresources: { status: {} },
    },
  ],
});

/** A queue of one namespace, to which its jobs are sent. */
export const LocalQueue = new CustomResource({
  group,
  kind: 'LocalQueue',
  plural: 'localqueues',
  shortNames: ['queue', 'queues', 'lq'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: s.allOptional({
          clusterQueue: s.text({
            maxLength: 253,
            pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
            rules: [immutable],
          }),
          fairSharing: fairSharing(),
          stopPolicy: stopPolicy(),
        }),
        status: s.allOptional({
          ...counts(),
          fairSharing: s.object({
            admissionFairSharingStatus: s.optional(
              s.object({ consumedResources: s.map(s.amount()), lastUpdate: s.time() }),
            ),
            weightedShare: s.int64(),
          }),
          flavorsReservation: flavorUsage(false),
          flavorsUsage: flavorUsage(false),
        }),
      }),
      subresources: { status: {} },
      columns: [
        { name: 'ClusterQueue', type: 'string', jsonPath: '.spec.clusterQueue' },
        columns.pending,
        columns.admitted,
      ],
    },
  ],
});

const whenTopology = (field: string) =>
  `!has(oldSelf.topologyName) || (has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field}))`;

/** Nodes of a kind, by their labels. */
export const ResourceFlavor = new CustomResource({
  group,
  kind: 'ResourceFlavor',
  plural: 'resourceflavors',
  shortNames: ['flavor', 'flavors', 'rf'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: s.allOptional(
          {
            nodeLabels: s.map(s.text(), { mapType: 'atomic', maxProperties: 8 }),
            nodeTaints: taints(),
            tolerations: tolerations(),
            topologyName: objectName(),
          },
          {
            rules: [
              {
                rule: '!has(self.topologyName) || self.nodeLabels.size() >= 1',
                message: 'at least one nodeLabel is required when topology is set',
              },
              { rule: whenTopology('nodeLabels'), message: 'nodeLabels are immutable when topologyName is set' },
              { rule: whenTopology('tolerations'), message: 'tolerations are immutable when topologyName is set' },
              {
                rule: '!has(oldSelf.topologyName) || (has(self.topologyName) && self.topologyName == oldSelf.topologyName)',
                message: 'topologyName is immutable when topologyName is set',
              },
            ],
          },
        ),
      }),
    },
  ],
});

/** Levels of nearness of nodes. */
export const Topology = new CustomResource({
  group,
  kind: 'Topology',
  plural: 'topologies',
  shortNames: ['topo'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: s.object({
          levels: s.list(s.object({ nodeLabel: labelKey() }), {
            ...atomic,
            minItems: 1,
            maxItems: 16,
            rules: [
              immutable,
              { rule: 'size(self.filter(i, size(self.filter(j, j == i)) > 1)) == 0', message: 'must be unique' },
              {
                rule: "size(self.filter(i, i.nodeLabel == 'kubernetes.io/hostname')) == 0 || self[size(self) - 1].nodeLabel == 'kubernetes.io/hostname'",
                message: 'kubernetes.io/hostname can only be the lowest level',
              },
            ],
          }),
        }),
      }),
    },
  ],
});
