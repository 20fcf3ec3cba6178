import { Lazy } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, write } from '../../constructs';
import { aggregateTo } from '../roles';
import type { ResolvedTrialResource } from './trial-resources';

const group = 'kubeflow.org';
const katib = ['experiments', 'trials', 'suggestions'];

/**
 * What the controller may do: its own kinds, the suggestion services, and the kinds that trials are of. Upstream's reads
 * and writes Secrets and makes roles everywhere besides; here its certificate comes from elsewhere, and the account of
 * suggestion services is made with the tenant.
 *
 * @param trials asked when all is built
 */
export function grantController(
  scope: Construct,
  account: ServiceAccount,
  trials: () => readonly ResolvedTrialResource[],
  options: { readonly lease?: string } = {},
): void {
  const rules = () => [
    rule(group, ['experiments'], [...read, 'update']),
    rule(group, ['suggestions'], [...read, 'create', 'update']),
    rule(group, ['trials'], [...read, 'create', 'update', 'delete']),
    rule(
      group,
      katib.map(plural => `${plural}/status`),
      ['update'],
    ),
    // Asked for by references of owners that block deletion.
    rule(
      group,
      katib.map(plural => `${plural}/finalizers`),
      ['update'],
    ),
    rule('apps', ['deployments'], [...read, 'create', 'delete']),
    rule(core, ['services'], [...read, 'create', 'delete']),
    rule(core, ['persistentvolumeclaims'], [...read, 'create']),
    // Settings and templates are read through a cache that holds those of all namespaces.
    rule(core, ['configmaps', 'namespaces', 'persistentvolumes'], read),
    rule(core, ['events'], ['create', 'patch']),
    ...trialRules(trials()),
  ];
  new ClusterRole(scope, 'Role', {
    name: 'katib-controller',
    rules: Lazy.any({ produce: rules }) as unknown as k8s.PolicyRule[],
  }).bindTo(account);
  if (!options.lease) return;
  new Role(scope, 'LeaseRole', {
    name: 'katib-controller-leader-election',
    rules: [
      rule('coordination.k8s.io', ['leases'], ['create']),
      rule('coordination.k8s.io', ['leases'], ['get', 'update'], [options.lease]),
    ],
  }).bindTo(account);
}

/** Makes and deletes trials' objects; reads what stands between them and their pods. */
function trialRules(resources: readonly ResolvedTrialResource[]): k8s.PolicyRule[] {
  const own = resources.map(({ group, plural }) => rule(group, [plural], [...read, 'create', 'delete']));
  const known = new Set(resources.map(({ group, plural }) => `${plural}.${group}`));
  const between = new Map<string, { readonly group: string; readonly plural: string }>(
    resources.flatMap(({ between }) => between.map(owner => [`${owner.plural}.${owner.group}`, owner] as const)),
  );
  for (const key of known) between.delete(key);
  return [...own, ...[...between.values()].map(({ group, plural }) => rule(group, [plural], ['get']))];
}

/** What the web UI may do, for users whom it asks the API server about. */
export function grantUi(scope: Construct, account: ServiceAccount): void {
  new ClusterRole(scope, 'Role', {
    name: 'katib-ui',
    rules: [
      rule(group, ['experiments'], ['get', 'list', 'create', 'delete']),
      rule(group, ['trials'], ['get', 'list']),
      rule(group, ['suggestions'], ['get']),
      // Trial templates, in the namespaces of their users.
      rule(core, ['configmaps'], ['get', 'list', 'create', 'update', 'delete']),
      rule(core, ['namespaces'], ['list']),
      rule(core, ['pods'], ['list']),
      rule(core, ['pods/log'], ['get']),
      rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    ],
  }).bindTo(account);
}

/** What tenants may do with experiments, added up into the roles that profiles bind. */
export function renderTenantRoles(scope: Construct): void {
  new ClusterRole(scope, 'AdminRole', {
    name: 'kubeflow-katib-admin',
    labels: aggregateTo('admin'),
    aggregates: [aggregateTo('katib-admin')],
  });
  new ClusterRole(scope, 'EditRole', {
    name: 'kubeflow-katib-edit',
    labels: { ...aggregateTo('edit'), ...aggregateTo('katib-admin') },
    rules: [
      rule(group, katib, [...read, ...write, 'deletecollection']),
      rule(core, ['pods'], ['list']),
      rule(core, ['pods/log'], ['get']),
    ],
  });
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-katib-view',
    labels: aggregateTo('view'),
    rules: [rule(group, katib, read)],
  });
}

/** What early stopping reports: that a trial was ended. */
export function grantSuggestion(scope: Construct, account: ServiceAccount): void {
  new Role(scope, 'Role', {
    name: account.name,
    namespace: account.namespace,
    rules: [rule(group, ['trials'], ['get']), rule(group, ['trials/status'], ['patch'])],
  }).bindTo(account);
}
