import type { k8s } from 'cdk8s-plus-27';
import { core, rbacGroup, read, rule, write } from '../../constructs';

const change = [...write, 'deletecollection'] as const;

/**
 * What the owner of a tenant may do beyond its editors. Bindings are read only: contributors are added by the platform,
 * which knows its users, and an owner who could bind roles could open the namespace to everybody.
 */
export const adminRules: k8s.PolicyRule[] = [
  rule('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
  rule(rbacGroup, ['roles', 'rolebindings'], read),
];

/**
 * What editors may change. Left out of Kubernetes' own `edit` on purpose: network policies, quotas and endpoints (the
 * platform's fences), ingresses (they take over public paths), node-level proxies and impersonation.
 */
export const editRules: k8s.PolicyRule[] = [
  rule(core, ['configmaps', 'persistentvolumeclaims', 'pods', 'secrets', 'services'], change),
  rule(core, ['secrets'], read),
  rule(core, ['pods/exec', 'pods/portforward'], ['create', 'get']),
  rule('apps', ['deployments', 'deployments/scale', 'statefulsets', 'statefulsets/scale'], change),
  rule('autoscaling', ['horizontalpodautoscalers'], change),
  rule('batch', ['cronjobs', 'jobs'], change),
  rule('policy', ['poddisruptionbudgets'], change),
];

/** What viewers may read: everything of the namespace but its secrets. */
export const viewRules: k8s.PolicyRule[] = [
  rule(
    core,
    [
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'namespaces',
      'persistentvolumeclaims',
      'pods',
      'pods/log',
      'pods/status',
      'resourcequotas',
      'serviceaccounts',
      'services',
    ],
    read,
  ),
  rule('apps', ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'], read),
  rule('autoscaling', ['horizontalpodautoscalers'], read),
  rule('batch', ['cronjobs', 'jobs'], read),
  rule('networking.k8s.io', ['networkpolicies'], read),
  rule('policy', ['poddisruptionbudgets'], read),
];
