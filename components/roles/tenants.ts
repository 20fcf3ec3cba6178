/** Label of every tenant's namespace, as upstream's profile controller sets it. */
export const tenantLabels = { 'app.kubernetes.io/part-of': 'kubeflow-profile' };
