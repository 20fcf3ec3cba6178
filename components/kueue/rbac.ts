import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, type Verb } from '../../constructs';
import { aggregateTo } from '../roles';
import { lease } from './config';
import { type FrameworkFacts, namesOf } from './frameworks';
import { group } from './resources/fields';

type Labels = Readonly<Record<string, string>>;

const write = ['get', 'update', 'patch'] as const satisfies Verb[];

/** What the controller may do: queues, the jobs of the given kinds, and nothing with pods but to look at them. */
export function grantController(
  scope: Construct,
  account: ServiceAccount,
  frameworks: readonly FrameworkFacts[],
  labels: Labels,
): void {
  new ClusterRole(scope, 'ControllerRole', {
    name: 'kueue-manager-role',
    labels: { ...labels },
    rules: [
      rule(group, ['admissionchecks', 'clusterqueues', 'resourceflavors', 'topologies'], [...read, 'update']),
      rule(group, ['cohorts', 'localqueues', 'workloadpriorityclasses'], read),
      rule(
        group,
        ['admissionchecks', 'clusterqueues', 'cohorts', 'localqueues', 'workloads'].map(kind => `${kind}/status`),
        write,
      ),
      rule(
        group,
        ['admissionchecks', 'clusterqueues', 'resourceflavors', 'topologies', 'workloads'].map(
          kind => `${kind}/finalizers`,
        ),
        ['update'],
      ),
      rule(group, ['workloads'], [...read, 'create', 'update', 'patch', 'delete']),
      ...frameworks.flatMap(jobRules),
      // What the pods of a TrainJob are made from.
      ...(frameworks.some(({ kind }) => kind === 'TrainJob')
        ? [rule('trainer.kubeflow.org', ['clustertrainingruntimes', 'trainingruntimes'], read)]
        : []),
      // What pods will ask for, and where there is room.
      rule(core, ['limitranges', 'namespaces', 'nodes', 'pods'], read),
      rule('node.k8s.io', ['runtimeclasses'], read),
      rule('scheduling.k8s.io', ['priorityclasses'], read),
      rule('resource.k8s.io', ['deviceclasses', 'resourceclaims', 'resourceclaimtemplates', 'resourceslices'], read),
      rule('events.k8s.io', ['events'], ['create', 'watch', 'update', 'patch']),
      rule(core, ['events'], ['create', 'patch']),
    ],
  }).bindTo(account, 'kueue-manager-rolebinding');
  new ClusterRole(scope, 'MetricsRole', {
    name: 'kueue-metrics-auth-role',
    labels: { ...labels },
    rules: [
      rule('authentication.k8s.io', ['tokenreviews'], ['create']),
      rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    ],
  }).bindTo(account, 'kueue-metrics-auth-rolebinding');
  new Role(scope, 'LeaderRole', {
    name: 'kueue-leader-election-role',
    labels: { ...labels },
    rules: [
      rule('coordination.k8s.io', ['leases'], ['create']),
      rule('coordination.k8s.io', ['leases'], ['get', 'update'], [lease]),
      rule(core, ['events'], ['create', 'patch']),
    ],
  }).bindTo(account, 'kueue-leader-election-rolebinding');
}

function jobRules(framework: FrameworkFacts) {
  const { group: apiGroup, deletes } = framework;
  const { plural } = namesOf(framework);
  const verbs: Verb[] = [...read, 'update', 'patch', ...(deletes ? (['delete'] as const) : [])];
  return [
    rule(apiGroup, [plural], verbs),
    rule(apiGroup, [`${plural}/finalizers`], ['get', 'update']),
    rule(apiGroup, [`${plural}/status`], write),
  ];
}

/** What tenants see of their queue: how long it is, and why a job waits. Queues are the platform's to change. */
export function renderTenantRoles(scope: Construct): void {
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-kueue-view',
    labels: aggregateTo('view'),
    rules: [rule(group, ['localqueues', 'workloads'], read)],
  });
}
