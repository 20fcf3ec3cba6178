import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, type Verb } from '../../constructs';
import { acmeGroup, group } from './fields';

type Labels = Record<string, string>;

/** Namespace of the leases by which replicas choose their leader, as upstream's flags name it. */
export const leaseNamespace = 'kube-system';

const leases = 'coordination.k8s.io';
const gateways = 'gateway.networking.k8s.io';
const ingresses = 'networking.k8s.io';
const writeEvents = rule(core, ['events'], ['create', 'patch']);
const change = ['update', 'patch'] as const satisfies Verb[];
/** Every issuer of either kind, as signer names write it. */
const allIssuers = ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/*'];

/** Rights of the controller, one role for each of its control loops. */
const controllerRules: Record<string, { readonly part: string; readonly rules: k8s.PolicyRule[] }> = {
  'controller-issuers': {
    part: 'controller',
    rules: [
      rule(group, ['issuers', 'issuers/status'], change),
      rule(group, ['issuers'], read),
      rule(core, ['secrets'], [...read, 'create', 'update', 'delete']),
      writeEvents,
    ],
  },
  'controller-clusterissuers': {
    part: 'controller',
    rules: [
      rule(group, ['clusterissuers', 'clusterissuers/status'], change),
      rule(group, ['clusterissuers'], read),
      rule(core, ['secrets'], [...read, 'create', 'update', 'delete']),
      writeEvents,
    ],
  },
  'controller-certificates': {
    part: 'controller',
    rules: [
      rule(group, ['certificates', 'certificates/status', 'certificaterequests', 'certificaterequests/status'], change),
      rule(group, ['certificates', 'certificaterequests', 'clusterissuers', 'issuers'], read),
      rule(group, ['certificates/finalizers', 'certificaterequests/finalizers'], ['update']),
      rule(acmeGroup, ['orders'], [...read, 'create', 'delete']),
      rule(core, ['secrets'], [...read, 'create', 'update', 'delete', 'patch']),
      writeEvents,
    ],
  },
  'controller-orders': {
    part: 'controller',
    rules: [
      rule(acmeGroup, ['orders', 'orders/status'], change),
      rule(acmeGroup, ['orders', 'challenges'], read),
      rule(acmeGroup, ['challenges'], ['create', 'delete']),
      rule(acmeGroup, ['orders/finalizers'], ['update']),
      rule(group, ['clusterissuers', 'issuers'], read),
      rule(group, ['clusterissuers/finalizers', 'issuers/finalizers'], ['update']),
      rule(core, ['secrets'], read),
      writeEvents,
    ],
  },
  'controller-challenges': {
    part: 'controller',
    rules: [
      rule(acmeGroup, ['challenges', 'challenges/status'], change),
      rule(acmeGroup, ['challenges'], read),
      rule(acmeGroup, ['challenges/finalizers'], ['update']),
      rule(group, ['issuers', 'clusterissuers'], read),
      rule(core, ['secrets'], read),
      // Solvers: a pod that answers, the Service before it, and the way in.
      rule(core, ['pods', 'services'], [...read, 'create', 'delete']),
      rule(ingresses, ['ingresses'], [...read, 'create', 'delete', 'update']),
      rule(gateways, ['httproutes'], [...read, 'create', 'delete', 'update']),
      rule('route.openshift.io', ['routes/custom-host'], ['create']),
      writeEvents,
    ],
  },
  'controller-ingress-shim': {
    part: 'controller',
    rules: [
      rule(group, ['certificates', 'certificaterequests'], [...read, 'create', 'update', 'delete']),
      rule(group, ['issuers', 'clusterissuers'], read),
      rule(ingresses, ['ingresses'], read),
      rule(ingresses, ['ingresses/finalizers'], ['update']),
      rule(gateways, ['gateways', 'httproutes', 'listenersets'], read),
      rule(gateways, ['gateways/finalizers', 'httproutes/finalizers', 'listenersets/finalizers'], ['update']),
      writeEvents,
    ],
  },
  'controller-approve:cert-manager-io': {
    part: 'cert-manager',
    rules: [rule(group, ['signers'], ['approve'], allIssuers)],
  },
  'controller-certificatesigningrequests': {
    part: 'cert-manager',
    rules: [
      rule('certificates.k8s.io', ['certificatesigningrequests'], [...read, 'update']),
      rule('certificates.k8s.io', ['certificatesigningrequests/status'], change),
      rule('certificates.k8s.io', ['signers'], ['sign'], allIssuers),
      rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    ],
  },
};

/** Lets the controller look after certificates everywhere, and elect a leader. */
export function grantController(scope: Construct, account: ServiceAccount, labels: Labels): void {
  for (const [name, { part, rules }] of Object.entries(controllerRules)) {
    new ClusterRole(scope, `Role-${name}`, {
      name: `cert-manager-${name}`,
      labels: { ...labels, 'app.kubernetes.io/component': part },
      rules,
    }).bindTo(account);
  }
  leaderElection(scope, 'cert-manager:leaderelection', account, labels, ['cert-manager-controller']);
  // For issuers that authenticate by a token of this account.
  new Role(scope, 'TokenRequest', {
    name: 'cert-manager-tokenrequest',
    labels,
    rules: [rule(core, ['serviceaccounts/token'], ['create'], [account.name])],
  }).bindTo(account);
}

/** Lets the injector write certificate authorities into whatever can hold one. */
export function grantCainjector(scope: Construct, account: ServiceAccount, labels: Labels): void {
  const inject = [...read, ...change];
  new ClusterRole(scope, 'Role', {
    name: 'cert-manager-cainjector',
    labels,
    rules: [
      rule(group, ['certificates'], read),
      rule(core, ['secrets'], read),
      rule(core, ['events'], ['get', 'create', 'update', 'patch']),
      rule(
        'admissionregistration.k8s.io',
        ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
        inject,
      ),
      rule('apiregistration.k8s.io', ['apiservices'], inject),
      rule('apiextensions.k8s.io', ['customresourcedefinitions'], inject),
    ],
  }).bindTo(account);
  leaderElection(scope, 'cert-manager-cainjector:leaderelection', account, labels, [
    'cert-manager-cainjector-leader-election',
    'cert-manager-cainjector-leader-election-core',
  ]);
}

/** Lets the webhook keep its own certificate authority, and ask who may approve. */
export function grantWebhook(scope: Construct, account: ServiceAccount, labels: Labels, caSecret: string): void {
  new Role(scope, 'DynamicServing', {
    name: 'cert-manager-webhook:dynamic-serving',
    labels,
    rules: [rule(core, ['secrets'], [...read, 'update'], [caSecret]), rule(core, ['secrets'], ['create'])],
  }).bindTo(account);
  new ClusterRole(scope, 'SubjectAccessReviews', {
    name: 'cert-manager-webhook:subjectaccessreviews',
    labels,
    rules: [rule('authorization.k8s.io', ['subjectaccessreviews'], ['create'])],
  }).bindTo(account);
}

/** What people may do: parts of Kubernetes' own roles, by label. */
export function userRoles(scope: Construct, labels: Labels): void {
  const aggregate = (...roles: string[]) =>
    Object.fromEntries(roles.map(role => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']));
  const edit = ['create', 'delete', 'deletecollection', 'patch', 'update'] as const;
  new ClusterRole(scope, 'ClusterView', {
    name: 'cert-manager-cluster-view',
    labels: { ...labels, ...aggregate('cluster-reader') },
    rules: [rule(group, ['clusterissuers'], read)],
  });
  new ClusterRole(scope, 'View', {
    name: 'cert-manager-view',
    labels: { ...labels, ...aggregate('view', 'edit', 'admin', 'cluster-reader') },
    rules: [
      rule(group, ['certificates', 'certificaterequests', 'issuers'], read),
      rule(acmeGroup, ['challenges', 'orders'], read),
    ],
  });
  new ClusterRole(scope, 'Edit', {
    name: 'cert-manager-edit',
    labels: { ...labels, ...aggregate('edit', 'admin') },
    rules: [
      rule(group, ['certificates', 'certificaterequests', 'issuers'], edit),
      rule(group, ['certificates/status'], ['update']),
      rule(acmeGroup, ['challenges', 'orders'], edit),
    ],
  });
}

function leaderElection(scope: Construct, name: string, account: ServiceAccount, labels: Labels, names: string[]) {
  new Role(scope, 'LeaderElection', {
    name,
    namespace: leaseNamespace,
    labels,
    rules: [rule(leases, ['leases'], ['get', ...change], names), rule(leases, ['leases'], ['create'])],
  }).bindTo(account);
}
