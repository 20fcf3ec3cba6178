/** Names a Kubernetes object. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;

  /** API group, empty for the first; the version does not matter. */
  readonly group: string;
  readonly namespace?: string;
  readonly name: string;
}
