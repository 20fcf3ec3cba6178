import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, write } from '../../constructs';

const group = 'jobset.x-k8s.io';
const all = [...read, ...write];

/** What the controller may do: JobSets, and the Jobs, pods, Services and claims that it makes of them. */
export function grantController(
  scope: Construct,
  account: ServiceAccount,
  names: { readonly secret: string; readonly webhooks: string[]; readonly labels: Record<string, string> },
): void {
  const { labels } = names;
  const webhooks = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
  new ClusterRole(scope, 'ManagerRole', {
    name: 'jobset-manager-role',
    labels,
    rules: [
      rule(group, ['jobsets'], all),
      rule(group, ['jobsets/finalizers'], ['update']),
      rule(group, ['jobsets/status'], ['get', 'patch', 'update']),
      rule('batch', ['jobs'], all),
      rule('batch', ['jobs/status'], ['get', 'patch', 'update']),
      rule(core, ['services'], all),
      rule(core, ['pods'], [...read, 'update', 'patch', 'delete']),
      rule(core, ['persistentvolumeclaims'], [...read, 'create']),
      rule(core, ['nodes'], read),
      rule(core, ['events'], ['create', 'watch', 'update', 'patch']),
      rule('admissionregistration.k8s.io', webhooks, ['list', 'watch']),
      rule('admissionregistration.k8s.io', webhooks, ['get', 'update'], names.webhooks),
    ],
  }).bindTo(account, 'jobset-manager-rolebinding');
  // Who reads the metrics is asked of the API server.
  new ClusterRole(scope, 'ProxyRole', {
    name: 'jobset-proxy-role',
    labels,
    rules: [
      rule('authentication.k8s.io', ['tokenreviews'], ['create']),
      rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    ],
  }).bindTo(account, 'jobset-proxy-rolebinding');
  new Role(scope, 'LeaderElection', {
    name: 'jobset-leader-election-role',
    labels,
    rules: [rule('coordination.k8s.io', ['leases'], all), rule(core, ['events'], ['create', 'patch'])],
  }).bindTo(account, 'jobset-leader-election-rolebinding');
  new Role(scope, 'SecretsRole', {
    name: 'jobset-manager-secrets-role',
    labels,
    rules: [rule(core, ['secrets'], ['list', 'watch']), rule(core, ['secrets'], ['get', 'update'], [names.secret])],
  }).bindTo(account, 'jobset-manager-secrets-rolebinding');
}
