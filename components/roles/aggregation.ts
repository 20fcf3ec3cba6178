/** Label that adds a cluster role to `kubeflow-admin`, `kubeflow-edit`, `kubeflow-view`, or to a role of a component. */
export function aggregateTo(role: string): Record<string, string> {
  return { [`rbac.authorization.kubeflow.org/aggregate-to-kubeflow-${role}`]: 'true' };
}
