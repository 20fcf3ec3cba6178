/** Names a Kubernetes object. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;

  /** API group, empty for the first; the version does not matter. */
  readonly group: string;
  readonly namespace?: string;
  readonly name: string;
}

/** API group of an `apiVersion`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
}

/** One text per object: `group/Kind/namespace/name`. */
export function refKey({ group, kind, namespace, name }: ObjectRef): string {
  return `${group}/${kind}/${namespace ?? ''}/${name}`;
}

/** The object in words: `ConfigMap 'kubeflow/katib-config'`. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} '${namespace ? `${namespace}/` : ''}${name}'`;
}
