/** Any Kubernetes object, read by path. */
// biome-ignore lint/suspicious/noExplicitAny: manifests are read by path
export type Manifest = Record<string, any>;

/** Names a Kubernetes object. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectName {
  /** API group, empty for the first. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One text per object, whatever its version: `group/Kind/namespace/name`. */
export function keyOf({ group, kind, namespace, name }: ObjectName): string {
  return `${group}/${kind}/${namespace ?? ''}/${name}`;
}

/** The object in words: `ConfigMap 'kubeflow/katib-config'`. */
export function describe({ kind, namespace, name }: ObjectName): string {
  return `${kind} '${namespace ? `${namespace}/` : ''}${name}'`;
}

/** The name of a manifest. */
export function nameOf(manifest: Manifest): ObjectName {
  const [group, version] = manifest.apiVersion.includes('/')
    ? manifest.apiVersion.split('/')
    : ['', manifest.apiVersion];
  const { namespace, name } = manifest.metadata;
  return { group, version, kind: manifest.kind, ...(namespace ? { namespace } : {}), name };
}

/** What happens to an object. */
export type Action =
  | 'create'
  | 'update'
  /** Deleted and made anew, because a field that cannot be changed differs. */
  | 'replace'
  | 'unchanged'
  | 'delete'
  /** Left in the cluster, no longer looked after. */
  | 'forget';

/** News of a run, in the order in which things happen. */
export interface DeployEvent {
  readonly type: 'collected' | 'planned' | 'start' | 'applied' | 'ready' | 'failed' | 'skipped' | 'deleted' | 'warning';

  /** Of the resource, where the event is about one. */
  readonly urn?: string;
  readonly component?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly action?: Action;

  /** One line for people. */
  readonly message?: string;

  /** Objects that are done, and objects in all. */
  readonly done?: number;
  readonly total?: number;
}

/** What every operation needs. */
export interface DeployOptions {
  /** Name of the stack: one inventory each. */
  readonly stack: string;
  readonly project: string;

  /** The Pulumi program, as a function. Runs once per operation that needs it. */
  readonly program: () => Promise<unknown> | unknown;

  /** Path of the kubeconfig. */
  readonly kubeconfig: string;

  /** @default - the current context of the kubeconfig */
  readonly context?: string;

  /**
   * Pulumi configuration, by `project:key`.
   *
   * @default - none
   */
  readonly config?: Record<string, string>;

  /**
   * Names of protected objects that may go, as in the refusal: `PersistentVolumeClaim/namespace/name`.
   *
   * @default - nothing that holds data is deleted
   */
  readonly acknowledge?: readonly string[];

  /**
   * Whether objects that somebody else made are taken over.
   *
   * @default false
   */
  readonly adopt?: boolean;

  /**
   * File that remembers which cluster the stack is on, so that another one is refused.
   *
   * @default - only the inventory in the cluster tells
   */
  readonly memory?: string;

  /**
   * Whether the cluster may be another than the one of the last run.
   *
   * @default false
   */
  readonly newCluster?: boolean;

  /**
   * Whether to wait until objects are ready.
   *
   * @default true
   */
  readonly wait?: boolean;

  /**
   * How long an object may take to become ready, or to go.
   *
   * @default 300
   */
  readonly readySeconds?: number;

  /**
   * Requests at once.
   *
   * @default 64
   */
  readonly parallel?: number;

  /** @default - nobody is told */
  readonly onEvent?: (event: DeployEvent) => void;

  /**
   * Stops the run at the next step. What was begun is finished; a later run goes on from there.
   *
   * @default - runs to its end
   */
  readonly signal?: AbortSignal;
}

/** What an operation on an existing stack needs. */
export type StackOptions = Omit<DeployOptions, 'program' | 'config' | 'adopt'>;

/** An object that could not be brought to its wanted state. */
export interface Failure {
  readonly object: ObjectName;
  readonly component: string;
  readonly urn: string;

  /** The API server's reason, or the condition that did not come. */
  readonly reason: string;

  /** What to do next. */
  readonly next: string;
}
