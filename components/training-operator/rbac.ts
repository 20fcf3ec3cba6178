import type { Construct } from 'constructs';
import { ClusterRole, core, Role, read, rule, type ServiceAccount, write } from '../../constructs';
import { aggregateTo } from '../roles';
import { jobPlurals } from './resources';

const group = 'kubeflow.org';
const all = [...read, ...write];
const sub = (name: string) => jobPlurals.map(plural => `${plural}/${name}`);

/** What the operator may do: jobs and all that it makes of them. */
export function grantOperator(
  scope: Construct,
  account: ServiceAccount,
  names: { readonly secret: string; readonly webhooks: string },
): void {
  const webhooks = ['validatingwebhookconfigurations'];
  new ClusterRole(scope, 'Role', {
    name: 'training-operator',
    labels: { app: 'training-operator' },
    rules: [
      rule(group, jobPlurals, all),
      rule(group, sub('finalizers'), ['update']),
      rule(group, sub('status'), ['get', 'patch', 'update']),
      rule(core, ['pods', 'events'], all),
      rule(core, ['services'], [...read, 'create', 'delete']),
      rule('autoscaling', ['horizontalpodautoscalers'], all),
      // An MPIJob's launcher gets an account of its own that may run commands in the workers.
      rule(core, ['configmaps'], ['list', 'watch', 'create', 'update']),
      rule(core, ['serviceaccounts'], [...read, 'create']),
      rule(core, ['pods/exec'], ['create']),
      rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], ['list', 'watch', 'create', 'update']),
      // Watched as soon as a gang scheduler's CRD is in the cluster, whether or not it is used.
      rule('scheduling.volcano.sh', ['podgroups'], all),
      rule('scheduling.x-k8s.io', ['podgroups'], all),
      rule('admissionregistration.k8s.io', webhooks, ['list', 'watch']),
      rule('admissionregistration.k8s.io', webhooks, ['get', 'update'], [names.webhooks]),
    ],
  }).bindTo(account);
  // The certificate rotator watches Secrets of its own namespace only, though upstream lets it read those of all.
  new Role(scope, 'CertificateRole', {
    name: 'training-operator-certificate',
    labels: { app: 'training-operator' },
    rules: [rule(core, ['secrets'], ['list', 'watch']), rule(core, ['secrets'], ['get', 'update'], [names.secret])],
  }).bindTo(account);
}

/** What tenants may do with jobs, added up into the roles that profiles bind. */
export function renderTenantRoles(scope: Construct): void {
  new ClusterRole(scope, 'AdminRole', {
    name: 'kubeflow-training-admin',
    labels: aggregateTo('admin'),
    aggregates: [aggregateTo('training-admin')],
  });
  new ClusterRole(scope, 'EditRole', {
    name: 'kubeflow-training-edit',
    labels: { ...aggregateTo('edit'), ...aggregateTo('training-admin') },
    rules: [
      rule(group, jobPlurals, all),
      rule(group, sub('status'), ['get']),
      rule(core, ['persistentvolumeclaims'], [...read, 'create', 'delete']),
      rule(core, ['events'], read),
    ],
  });
  new ClusterRole(scope, 'ViewRole', {
    name: 'kubeflow-training-view',
    labels: aggregateTo('view'),
    rules: [rule(group, jobPlurals, read), rule(group, sub('status'), ['get'])],
  });
}
