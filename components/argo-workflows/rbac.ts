import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, type Verb, write } from '../../constructs';
import { aggregateTo } from '../roles';

const group = 'argoproj.io';

/** Kinds that people write. */
const written = ['cronworkflows', 'workfloweventbindings', 'workflows', 'workflowtemplates'];

/** What people may read beside them: the controller's own notes say why a step waits. */
const notes = ['workflowtaskresults', 'workflowtasksets', 'workflowartifactgctasks'];

const change: Verb[] = [...write, 'deletecollection'];

/** Name of the Lease by which controllers agree on one of them. */
const lease = 'workflow-controller';

/** What the controller may do: workflows everywhere, and the pods and volumes that they are made of. */
export function grantController(scope: Construct, account: ServiceAccount): void {
  new ClusterRole(scope, 'Role', {
    name: 'argo-cluster-role',
    rules: [
      rule(core, ['pods'], [...read, ...write]),
      rule(core, ['pods/exec'], ['create']),
      // What does not fit into a pod's environment is handed over in a ConfigMap.
      rule(core, ['configmaps'], [...read, 'create']),
      rule(core, ['namespaces'], read),
      rule(core, ['persistentvolumeclaims'], ['get', 'create', 'update', 'delete']),
      rule(core, ['persistentvolumeclaims/finalizers'], ['update']),
      rule(core, ['serviceaccounts'], ['get']),
      rule(core, ['events'], ['create', 'patch']),
      rule(core, ['secrets'], ['get'], ['argo-workflows-agent-ca-certificates']),
      rule('policy', ['poddisruptionbudgets'], ['get', 'create', 'delete']),
      rule(group, ['workflows', 'workflowtasksets', 'workflowartifactgctasks'], [...read, ...write]),
      rule(group, ['cronworkflows'], [...read, 'update', 'patch', 'delete']),
      rule(group, ['workflows/finalizers', 'workflowtasksets/finalizers', 'cronworkflows/finalizers'], ['update']),
      rule(group, ['workflowtemplates', 'clusterworkflowtemplates'], read),
      rule(group, ['workflowtaskresults'], ['list', 'watch', 'deletecollection']),
    ],
  }).bindTo(account, 'argo-binding');
  new Role(scope, 'LeaseRole', {
    name: 'argo-role',
    rules: [
      rule('coordination.k8s.io', ['leases'], ['create']),
      rule('coordination.k8s.io', ['leases'], ['get', 'update'], [lease]),
    ],
  }).bindTo(account, 'argo-binding');
}

/** What Kubernetes' own roles say about workflows. Templates for all namespaces are the cluster administrators'. */
export function renderAggregateRoles(scope: Construct): void {
  const rules = {
    view: [rule(group, [...written, ...notes, 'clusterworkflowtemplates'], read)],
    edit: [rule(group, written, change), rule(group, ['workflows/finalizers'], ['update'])],
  };
  const all = { view: rules.view, edit: [...rules.view, ...rules.edit], admin: [...rules.view, ...rules.edit] };
  for (const [role, granted] of Object.entries(all)) {
    new ClusterRole(scope, `AggregateTo-${role}`, {
      name: `argo-aggregate-to-${role}`,
      labels: { [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' },
      rules: granted,
    });
  }
}

/** What tenants may do with workflows, added up into the roles that profiles bind. */
export function renderTenantRoles(scope: Construct): void {
  new ClusterRole(scope, 'EditRole', {
    name: 'kubeflow-workflows-edit',
    labels: aggregateTo('edit'),
    rules: [rule(group, written, change), rule(group, ['workflows/finalizers'], ['update'])],
  });
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-workflows-view',
    labels: aggregateTo('view'),
    rules: [rule(group, [...written, ...notes], read)],
  });
}

/** What the pods of workflows report to the controller. */
export function grantExecutor(scope: Construct, account: ServiceAccount): void {
  new Role(scope, 'Executor', {
    name: 'executor',
    namespace: account.namespace,
    rules: [rule(group, ['workflowtaskresults'], ['create', 'patch'])],
  }).bindTo(account);
}
