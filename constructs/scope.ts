/** Built-in kinds that live outside of namespaces. Custom ones say so in their definition. */
const clusterScoped = new Set([
  'APIService',
  'CSIDriver',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

/** Whether a built-in kind lives outside of namespaces. */
export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind);
}
