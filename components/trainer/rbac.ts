import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  ClusterRole,
  core,
  KubeObject,
  Role,
  rbacGroup,
  read,
  rule,
  type ServiceAccount,
  type Verb,
} from '../../constructs';
import { aggregateTo } from '../roles';
import { group } from './fields';

const change = [...read, 'update', 'patch'] as const satisfies Verb[];
const apply = [...read, 'create', 'patch'] as const satisfies Verb[];

/** What the controller may do: TrainJobs, runtimes, and what it makes of them in the namespaces of tenants. */
export function grantController(
  scope: Construct,
  account: ServiceAccount,
  names: { readonly secret: string; readonly webhooks: string[]; readonly lease: string },
): void {
  const webhooks = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
  new ClusterRole(scope, 'ControllerRole', {
    name: account.name,
    rules: [
      rule(group, ['trainjobs', 'trainingruntimes', 'clustertrainingruntimes'], change),
      rule(
        group,
        ['trainjobs/finalizers', 'trainingruntimes/finalizers', 'clustertrainingruntimes/finalizers'],
        ['get', 'update', 'patch'],
      ),
      rule(group, ['trainjobs/status'], ['get', 'update', 'patch']),
      rule('jobset.x-k8s.io', ['jobsets'], [...change, 'create', 'delete']),
      // An MPI runtime's hosts, and the key by which its launcher reaches them.
      rule(core, ['configmaps', 'secrets'], apply),
      // Gang schedulers; each is watched only where its CRD is in the cluster.
      rule('scheduling.x-k8s.io', ['podgroups'], [...change, 'create']),
      rule('scheduling.volcano.sh', ['podgroups'], [...change, 'create']),
      rule('node.k8s.io', ['runtimeclasses'], read),
      rule(core, ['limitranges'], read),
      rule(core, ['events'], ['create', 'watch', 'update', 'patch']),
      rule('events.k8s.io', ['events'], ['create', 'watch', 'update', 'patch']),
      rule('admissionregistration.k8s.io', webhooks, ['list', 'watch']),
      rule('admissionregistration.k8s.io', webhooks, ['get', 'update'], names.webhooks),
    ],
  }).bindTo(account);
  new Role(scope, 'OwnNamespaceRole', {
    name: account.name,
    rules: [
      rule('coordination.k8s.io', ['leases'], ['create']),
      rule('coordination.k8s.io', ['leases'], ['get', 'update'], [names.lease]),
      rule(core, ['secrets'], ['update'], [names.secret]),
    ],
  }).bindTo(account);
}

/** What tenants may do with jobs, added up into the roles that profiles bind. Runtimes are the platform's to change. */
export function renderTenantRoles(scope: Construct): void {
  new ClusterRole(scope, 'AdminRole', {
    name: 'kubeflow-trainer-admin',
    labels: aggregateTo('admin'),
    aggregates: [aggregateTo('trainer-admin')],
  });
  new ClusterRole(scope, 'EditRole', {
    name: 'kubeflow-trainer-edit',
    labels: { ...aggregateTo('edit'), ...aggregateTo('trainer-admin') },
    rules: [
      rule(group, ['trainjobs'], [...read, 'create', 'patch', 'delete']),
      rule(group, ['trainingruntimes'], read),
      rule(core, ['pods', 'pods/log', 'events'], read),
    ],
  });
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-trainer-view',
    labels: { ...aggregateTo('view'), ...aggregateTo('trainer-view') },
    rules: [rule(group, ['trainjobs', 'trainingruntimes'], read)],
  });
}

/** What everybody who is known to the cluster may read: its runtimes, and which version it runs. */
export function renderPublicRoles(scope: Construct, versionConfigMap: string): void {
  const subjects = [{ apiGroup: rbacGroup, kind: 'Group', name: 'system:authenticated' }];
  const runtimes = new ClusterRole(scope, 'RuntimesRole', {
    name: 'kubeflow-trainer-view-cluster-runtimes',
    rules: [rule(group, ['clustertrainingruntimes'], read)],
  });
  new KubeObject(scope, 'RuntimesBinding', k8s.KubeClusterRoleBinding, {
    metadata: { name: runtimes.name },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: runtimes.name },
    subjects,
  });
  const version = new Role(scope, 'PublicRole', {
    name: versionConfigMap,
    rules: [rule(core, ['configmaps'], read, [versionConfigMap])],
  });
  new KubeObject(scope, 'PublicBinding', k8s.KubeRoleBinding, {
    metadata: { name: version.name, namespace: version.namespace },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: version.name },
    subjects,
  });
}
