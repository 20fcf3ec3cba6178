import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount } from '../../constructs';
import { aggregateTo } from '../roles';
import { webhookNames } from './names';
import { istioKinds } from './resources';
import { groups } from './resources/fields';

const change = ['update', 'patch'] as const;
const admission = 'admissionregistration.k8s.io';

/** Plurals of the mesh's kinds in one group. */
function pluralsOf(group: string): string[] {
  return istioKinds.filter(kind => kind.props.group === group).map(kind => kind.props.plural);
}

/** What the control plane may do: read what the mesh is made of, and write no more than certificates and status. */
export function grantIstiod(scope: Construct, account: ServiceAccount, labels: Record<string, string>): void {
  const { injector, validator } = webhookNames(account.namespace);
  new ClusterRole(scope, 'ClusterRole', {
    name: `istiod-clusterrole-${account.namespace}`,
    labels,
    rules: [
      ...Object.values(groups).map(group => rule(group, pluralsOf(group), read)),
      rule(groups.networking, ['serviceentries/status'], change),
      rule(core, ['namespaces', 'nodes', 'pods', 'services'], read),
      rule('discovery.k8s.io', ['endpointslices'], read),
      rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
      // Watched before the settings are read that turn them off.
      rule('networking.k8s.io', ['ingresses'], read),
      // Certificates of gateways. Its client watches Secrets everywhere, though it uses those of gateways' namespaces.
      rule(core, ['secrets'], read),
      // Its own authority, in every namespace.
      rule(core, ['configmaps'], [...read, 'create', 'update']),
      rule('authentication.k8s.io', ['tokenreviews'], ['create']),
      rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
      rule(admission, ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'], ['list', 'watch']),
      rule(admission, ['mutatingwebhookconfigurations'], ['get', ...change], [injector]),
      rule(admission, ['validatingwebhookconfigurations'], ['get', 'update'], [validator]),
    ],
  }).bindTo(account);
  new Role(scope, 'Role', {
    name: account.name,
    labels,
    rules: [
      rule(core, ['secrets'], ['create']),
      rule(core, ['secrets'], [...read, 'update'], ['istio-ca-secret']),
      rule('coordination.k8s.io', ['leases'], ['create', 'get', ...change]),
    ],
  }).bindTo(account);
}

/** Lets a gateway present the certificates of its namespace. */
export function grantGateway(scope: Construct, gateway: string, account: ServiceAccount): void {
  new Role(scope, 'Role', { name: `${gateway}-sds`, rules: [rule(core, ['secrets'], read)] }).bindTo(account);
}

/**
 * What tenants may do with the mesh: look. Whoever writes a VirtualService can redirect the calls of others, and whoever
 * writes policies can let anybody in.
 */
export function renderTenantRoles(scope: Construct): void {
  const networking = rule(groups.networking, pluralsOf(groups.networking), read);
  new ClusterRole(scope, 'AdminRole', {
    name: 'kubeflow-istio-admin',
    labels: aggregateTo('admin'),
    aggregates: [aggregateTo('istio-admin')],
  });
  new ClusterRole(scope, 'EditRole', {
    name: 'kubeflow-istio-edit',
    labels: { ...aggregateTo('edit'), ...aggregateTo('istio-admin') },
    rules: [networking],
  });
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-istio-view',
    labels: aggregateTo('view'),
    rules: [networking, rule(groups.security, ['authorizationpolicies'], read)],
  });
}
