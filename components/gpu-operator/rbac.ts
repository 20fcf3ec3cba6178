import type { Construct } from 'constructs';
import { ClusterRole, core, Role, rbacGroup, read, rule, type ServiceAccount, write } from '../../constructs';

const nvidia = 'nvidia.com';
const all = [...read, ...write];
type Labels = Readonly<Record<string, string>>;

/**
 * Cluster roles and bindings of what the operator can run. Those of parts that are off are there, too: it deletes what
 * an earlier setting may have left.
 */
const operandRoles = [
  ...['nvidia-driver', 'nvidia-operator-validator', 'nvidia-device-plugin'],
  ...['nvidia-device-plugin-mps-control-daemon', 'nvidia-gpu-feature-discovery', 'nvidia-mig-manager'],
  ...['nvidia-dcgm-exporter-read-pods', 'nvidia-node-status-exporter'],
  ...['nvidia-vgpu-manager', 'nvidia-vgpu-device-manager', 'nvidia-vfio-manager', 'nvidia-sandbox-validator'],
  ...['nvidia-sandbox-device-plugin', 'nvidia-kata-sandbox-device-plugin', 'nvidia-kata-manager', 'nvidia-cc-manager'],
];

const runtimeClasses = ['nvidia', 'nvidia-cdi', 'nvidia-legacy'];

/**
 * What the operator may do: its own kinds, nodes, and in its namespace the parts that it runs.
 *
 * @param driverPerPool with drivers per pool it names a role after pool and system of the nodes, which nobody knows before
 */
export function grantOperator(scope: Construct, account: ServiceAccount, labels: Labels, driverPerPool: boolean): void {
  new ClusterRole(scope, 'Role', {
    name: 'gpu-operator',
    labels,
    rules: [...ownRules(driverPerPool ? undefined : operandRoles), ...grantedRules()],
  }).bindTo(account);
  new Role(scope, 'NamespaceRole', { name: 'gpu-operator', labels, rules: namespaceRules() }).bindTo(account);
}

/** What it does itself. */
function ownRules(roles?: string[]) {
  return [
    rule(nvidia, ['clusterpolicies', 'nvidiadrivers'], [...read, 'update', 'patch']),
    rule(nvidia, ['clusterpolicies/status', 'nvidiadrivers/status', 'gpuclusters/status'], ['get', 'update', 'patch']),
    rule(nvidia, ['gpuclusters'], read),
    rule(core, ['namespaces'], read),
    rule(core, ['events'], ['create', 'patch']),
    rule('events.k8s.io', ['events'], ['create', 'patch']),
    rule('apps', ['daemonsets'], read),
    rule('node.k8s.io', ['runtimeclasses'], [...read, 'create']),
    rule('node.k8s.io', ['runtimeclasses'], ['update', 'delete'], runtimeClasses),
    rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
    rule(rbacGroup, ['clusterroles', 'clusterrolebindings'], [...read, 'create']),
    rule(rbacGroup, ['clusterroles', 'clusterrolebindings'], ['update', 'patch', 'delete'], roles),
  ];
}

/** What it grants to the parts that it runs: the API server lets nobody grant what he does not have. */
function grantedRules() {
  return [
    rule(core, ['nodes'], [...read, 'update', 'patch']),
    rule(core, ['pods'], read),
    rule(core, ['pods/eviction'], ['create']),
    rule(nvidia, ['clusterpolicies/finalizers', 'nvidiadrivers/finalizers'], all),
    rule('resource.k8s.io', ['resourceclaims'], read),
    rule('config.openshift.io', ['clusterversions'], ['get', 'list']),
    // Not by name: the roles of some parts name none. Only OpenShift has the kind.
    rule('security.openshift.io', ['securitycontextconstraints'], ['use']),
  ];
}

function namespaceRules() {
  return [
    rule(core, ['configmaps', 'pods', 'services', 'serviceaccounts'], all),
    rule('apps', ['daemonsets'], all),
    rule('apps', ['controllerrevisions', 'deployments'], read),
    rule(rbacGroup, ['roles', 'rolebindings'], all),
    rule('coordination.k8s.io', ['leases'], ['create']),
    rule('coordination.k8s.io', ['leases'], ['get', 'update'], ['53822513.nvidia.com']),
    rule('monitoring.coreos.com', ['servicemonitors'], [...read, 'create', 'update', 'delete']),
    rule('nfd.k8s-sigs.io', ['nodefeatures'], [...read, 'create', 'update']),
  ];
}

const features = 'nfd.k8s-sigs.io';
const lease = 'nfd-master.nfd.kubernetes.io';

/** Accounts of node feature discovery. Only the master's may change nodes: the workers' tokens are on each of them. */
export interface FeatureAccounts {
  readonly master: ServiceAccount;
  readonly worker: ServiceAccount;
  readonly gc: ServiceAccount;
}

/** What the parts of node feature discovery may do, each for itself. */
export function grantFeatureDiscovery(scope: Construct, name: string, accounts: FeatureAccounts, labels: Labels): void {
  new ClusterRole(scope, 'FeatureMasterRole', {
    name,
    labels,
    rules: [
      rule(core, ['namespaces'], ['list', 'watch']),
      rule(core, ['nodes', 'nodes/status'], ['get', 'list', 'patch', 'update']),
      rule(features, ['nodefeatures', 'nodefeaturerules', 'nodefeaturegroups'], read),
      rule(features, ['nodefeaturegroups/status'], ['patch', 'update']),
      rule('coordination.k8s.io', ['leases'], ['create']),
      rule('coordination.k8s.io', ['leases'], ['get', 'update'], [lease]),
    ],
  }).bindTo(accounts.master);
  new ClusterRole(scope, 'FeatureGcRole', {
    name: `${name}-gc`,
    labels,
    rules: [
      rule(core, ['nodes'], ['list', 'watch']),
      rule(features, ['nodefeatures'], ['list', 'delete']),
      // It asks for them whether the cluster has the kind or not.
      rule('topology.node.k8s.io', ['noderesourcetopologies'], ['list', 'delete']),
    ],
  }).bindTo(accounts.gc);
  new Role(scope, 'FeatureWorkerRole', {
    name: `${name}-worker`,
    labels,
    rules: [rule(core, ['pods'], ['get']), rule(features, ['nodefeatures'], ['get', 'create', 'update', 'delete'])],
  }).bindTo(accounts.worker);
}
