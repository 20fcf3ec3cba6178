import type { ObjectRef } from './reference';

/** API groups that no CRD defines. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** Whether an API group is the API server's own. */
export function isBuiltIn(group: string): boolean {
  return builtInGroups.has(group);
}

/** What every cluster has. */
export function isGiven({ group, kind, name, namespace }: ObjectRef): boolean {
  switch (`${group}/${kind}`) {
    case '/Namespace':
      return ['default', 'kube-system', 'kube-public', 'kube-node-lease'].includes(name);
    case '/ServiceAccount':
      return name === 'default';
    case '/ConfigMap':
      return name === 'kube-root-ca.crt';
    case '/Service':
      return namespace === 'default' && name === 'kubernetes';
    case 'rbac.authorization.k8s.io/ClusterRole':
      return ['admin', 'cluster-admin', 'edit', 'view'].includes(name) || name.startsWith('system:');
    case 'rbac.authorization.k8s.io/Role':
      return namespace === 'kube-system' && name === 'extension-apiserver-authentication-reader';
    case 'scheduling.k8s.io/PriorityClass':
      return name.startsWith('system-');
    default:
      return false;
  }
}
