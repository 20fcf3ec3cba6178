import type { k8s } from 'cdk8s-plus-27';
import { CustomResource, schema as s } from '../../../constructs';
import { atomic, byName, conditions, group, immutable, objectName, podSetName, tolerations } from './fields';

const reserved = (self: string) =>
  `(has(${self}.status) && has(${self}.status.conditions) && ${self}.status.conditions.exists(c, c.type == 'QuotaReserved' && c.status == 'True'))`;
const admitted = (self: string) => reserved(self).replace('QuotaReserved', 'Admitted');

/** What stays as it is while a workload has its room. */
const fixedPriority = (field: string) => ({
  rule: `${reserved('oldSelf')} && has(oldSelf.spec.priorityClassRef) && has(self.spec.priorityClassRef) ? oldSelf.spec.priorityClassRef.${field} == self.spec.priorityClassRef.${field} : true`,
  message: `priorityClassRef.${field} is immutable while workload quota reserved`,
});

const rules = [
  {
    rule: `${reserved('self')} && has(self.status.admission) ? size(self.spec.podSets) == size(self.status.admission.podSetAssignments) : true`,
    message: 'podSetAssignments must have the same number of podSets as the spec',
  },
  {
    rule: `${reserved('oldSelf')} ? has(oldSelf.spec.priorityClassRef) == has(self.spec.priorityClassRef) : true`,
    message: 'priorityClassRef is immutable while workload quota reserved',
  },
  fixedPriority('group'),
  fixedPriority('kind'),
  {
    rule: `${reserved('oldSelf')} && has(oldSelf.spec.priorityClassRef) && has(self.spec.priorityClassRef) && self.spec.priorityClassRef.kind == 'PriorityClass' ? oldSelf.spec.priorityClassRef.name == self.spec.priorityClassRef.name : true`,
    message: 'priorityClassRef.name is immutable for a PriorityClass while workload quota reserved',
  },
  {
    rule: `${reserved('oldSelf')} && ${reserved('self')} ? has(oldSelf.spec.queueName) == has(self.spec.queueName) && (!has(oldSelf.spec.queueName) || oldSelf.spec.queueName == self.spec.queueName) : true`,
    message: 'queueName is immutable while workload quota reserved',
  },
  {
    rule: `${admitted('oldSelf')} && ${admitted('self')} ? (has(oldSelf.spec.maximumExecutionTimeSeconds) ? oldSelf.spec.maximumExecutionTimeSeconds : 0) == (has(self.spec.maximumExecutionTimeSeconds) ? self.spec.maximumExecutionTimeSeconds : 0) : true`,
    message: 'maximumExecutionTimeSeconds is immutable while workload quota reserved',
  },
];

const topologyRequest = () =>
  s.allOptional({
    podIndexLabel: s.text({ maxLength: 317 }),
    podSetGroupName: s.text({ maxLength: 256 }),
    podSetSliceRequiredTopology: s.text({ maxLength: 63 }),
    podSetSliceSize: s.int32(),
    podsetSliceRequiredTopologyConstraints: s.list(
      s.object({ size: s.int32({ minimum: 1 }), topology: s.text({ maxLength: 63, minLength: 1 }) }),
      { ...atomic, maxItems: 3 },
    ),
    preferred: s.text({ maxLength: 63 }),
    required: s.text({ maxLength: 63 }),
    subGroupCount: s.int32(),
    subGroupIndexLabel: s.text({ maxLength: 317 }),
    unconstrained: s.bool(),
  });

const podSet = () =>
  s.object(
    {
      count: s.optional(s.int32({ default: 1, minimum: 0 })),
      minCount: s.optional(s.int32({ minimum: 1 })),
      name: s.optional(podSetName({ default: 'main' })),
      template: s.allOptional({ metadata: s.templateMetadata(), spec: s.opaque<k8s.PodSpec>() }),
      topologyRequest: s.optional(topologyRequest()),
    },
    {
      rules: [
        {
          rule: 'has(self.minCount) ? self.minCount <= self.count : true',
          message: 'minCount should be positive and less or equal to count',
        },
      ],
    },
  );

const spec = () =>
  s.allOptional(
    {
      active: s.bool({ default: true }),
      maximumExecutionTimeSeconds: s.int32({ minimum: 1 }),
      podSets: s.list(podSet(), { ...byName, minItems: 1, maxItems: 18 }),
      preemptionGates: s.list(s.object({ name: s.text({ maxLength: 63, minLength: 1 }) }), { ...byName, maxItems: 8 }),
      priority: s.int32(),
      priorityClassRef: s.object(
        {
          group: s.oneOf(['kueue.x-k8s.io', 'scheduling.k8s.io']),
          kind: s.oneOf(['WorkloadPriorityClass', 'PriorityClass']),
          name: s.text({
            maxLength: 253,
            minLength: 1,
            pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
          }),
        },
        {
          rules: [
            {
              rule: "(self.group == 'scheduling.k8s.io') ? self.kind == 'PriorityClass' : true",
              message: 'only the PriorityClass kind is allowed for the scheduling.k8s.io group',
            },
            {
              rule: "(self.group == 'kueue.x-k8s.io') ? self.kind == 'WorkloadPriorityClass' : true",
              message: 'only the WorkloadPriorityClass kind is allowed for the kueue.x-k8s.io group',
            },
          ],
        },
      ),
      queueName: objectName(),
    },
    {
      rules: [
        {
          rule: '!has(self.priorityClassRef) || has(self.priority)',
          message: 'priority should not be nil when priorityClassRef is set',
        },
      ],
    },
  );

/** Where pods go, as far as nearness of nodes counts: the controller's own notation. */
const topologyAssignment = () => s.opaque();

const assignment = () =>
  s.allOptional({
    clusterQueue: objectName(),
    podSetAssignments: s.list(
      s.allOptional({
        count: s.int32({ minimum: 0 }),
        delayedTopologyRequest: s.oneOf(['Pending', 'Ready']),
        flavors: s.map(objectName()),
        name: podSetName({ default: 'main' }),
        resourceUsage: s.map(s.amount()),
        topologyAssignment: topologyAssignment(),
      }),
      { ...byName, maxItems: 18 },
    ),
  });

const checkState = () =>
  s.object({
    lastTransitionTime: s.time(),
    message: s.text({ maxLength: 32768 }),
    name: s.text({ maxLength: 316, minLength: 1 }),
    podSetUpdates: s.optional(
      s.list(
        s.object({
          annotations: s.optional(s.map(s.text())),
          labels: s.optional(s.map(s.text())),
          name: podSetName(),
          nodeSelector: s.optional(s.map(s.text())),
          tolerations: s.optional(tolerations()),
        }),
        { ...atomic, maxItems: 18 },
      ),
    ),
    requeueAfterSeconds: s.optional(s.int32({ minimum: 0 })),
    retryCount: s.optional(s.int32({ minimum: 0 })),
    state: s.oneOf(['Pending', 'Ready', 'Retry', 'Rejected']),
  });

const status = () =>
  s.allOptional(
    {
      accumulatedPastExecutionTimeSeconds: s.int32(),
      admission: assignment(),
      admissionChecks: s.list(checkState(), { ...byName, maxItems: 8 }),
      clusterName: s.text({ maxLength: 256 }),
      conditions: conditions(),
      nominatedClusterNames: s.list(s.text({ maxLength: 256 }), { ...atomic, maxItems: 20 }),
      preemptionGates: s.list(
        s.object({
          lastTransitionTime: s.time(),
          name: s.text({ maxLength: 63, minLength: 1 }),
          position: s.oneOf(['Closed', 'Open']),
        }),
        { ...byName, maxItems: 8 },
      ),
      reclaimablePods: s.list(s.object({ count: s.int32({ minimum: 0 }), name: podSetName() }), {
        ...byName,
        maxItems: 18,
      }),
      requeueState: s.allOptional({ count: s.int32({ minimum: 0 }), requeueAt: s.time() }),
      resourceRequests: s.list(s.object({ name: podSetName(), resources: s.optional(s.map(s.amount())) }), {
        ...byName,
        maxItems: 18,
      }),
      schedulingStats: s.allOptional({
        evictions: s.list(
          s.object({
            count: s.int32({ minimum: 0 }),
            reason: s.text({ maxLength: 316 }),
            underlyingCause: s.text({ maxLength: 316 }),
          }),
          { listType: 'map', keys: ['reason', 'underlyingCause'], maxItems: 256 },
        ),
      }),
      unhealthyNodes: s.list(s.object({ name: s.text({ maxLength: 63 }) }), { ...byName, maxItems: 8 }),
    },
    {
      rules: [
        {
          rule: '!has(oldSelf.clusterName) || !has(self.clusterName) || oldSelf.clusterName == self.clusterName',
          message: 'clusterName is immutable once set',
        },
        {
          rule: '!has(self.clusterName) || (!has(self.nominatedClusterNames) || (has(self.nominatedClusterNames) && size(self.nominatedClusterNames) == 0))',
          message: 'clusterName and nominatedClusterNames are mutually exclusive',
        },
      ],
    },
  );

/** A job as queues see it: what its pods ask for, and whether they have room. Made by the controller. */
export const Workload = new CustomResource({
  group,
  kind: 'Workload',
  plural: 'workloads',
  shortNames: ['kwl', 'kueueworkload', 'kueueworkloads'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({ spec: spec(), status: status() }, { rules }),
      subresources: { status: {} },
      selectableFields: ['.status.admission.clusterQueue'],
      columns: [
        { name: 'Queue', type: 'string', jsonPath: '.spec.queueName' },
        { name: 'Reserved in', type: 'string', jsonPath: '.status.admission.clusterQueue' },
        { name: 'Admitted', type: 'string', jsonPath: ".status.conditions[?(@.type=='Admitted')].status" },
        { name: 'Finished', type: 'string', jsonPath: ".status.conditions[?(@.type=='Finished')].status" },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ],
});

/** How much a job matters to queues; pods know nothing of it. */
export const WorkloadPriorityClass = new CustomResource({
  group,
  kind: 'WorkloadPriorityClass',
  plural: 'workloadpriorityclasses',
  shortNames: ['wpc'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.object({ description: s.optional(s.text({ maxLength: 2048 })), value: s.int32() }),
      columns: [{ name: 'Value', type: 'integer', jsonPath: '.value' }],
    },
  ],
});

/** Something else that has to agree before a job starts. */
export const AdmissionCheck = new CustomResource({
  group,
  kind: 'AdmissionCheck',
  plural: 'admissionchecks',
  shortNames: ['ac'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1beta2',
      storage: true,
      schema: s.allOptional({
        spec: s.object({
          controllerName: s.text({ maxLength: 253, minLength: 1, rules: [immutable] }),
          parameters: s.optional(
            s.object({
              apiGroup: s.text({
                maxLength: 253,
                minLength: 1,
                pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
              }),
              kind: s.text({ maxLength: 63, minLength: 1, pattern: '^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$' }),
              name: s.text({ maxLength: 63, minLength: 1, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
            }),
          ),
        }),
        status: s.allOptional({ conditions: conditions() }),
      }),
      subresources: { status: {} },
    },
  ],
});
