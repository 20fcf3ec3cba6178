import { type GraphNode, type Manifest, podTemplate, selects } from '../../constructs';
import { findObject, type Query } from '../objects';

/** A pod, rendered or made by a controller, as policies see it. */
export interface PodLike {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;

  /** Its service account. @default 'default' */
  readonly account?: string;

  /** Its ports by name, for policies that name them. @default - none */
  readonly ports?: Readonly<Record<string, number>>;

  /** Ports of its own at which the mesh does not look. @default - none */
  readonly unmeshedPorts?: readonly number[];

  /**
   * Whether a sidecar of the mesh is beside it.
   *
   * @default - as the labels of its namespace and its own say
   */
  readonly sidecar?: boolean;

  /** A gateway of the mesh: it is known to the mesh as those with sidecars are, and calls from outside end at it. @default false */
  readonly gateway?: boolean;
}

/** Something that is no pod: the API server, the internet, a node. */
export interface Outside {
  /** IPv4. */
  readonly address: string;
}

/**
 * The pods of a rendered workload.
 *
 * @throws Error when the query tells no workload, or several
 *
 * @example
 * const server = podsOf(objects, { kind: 'Deployment', name: 'minio' });
 */
export function podsOf(objects: readonly GraphNode[], query: Query): PodLike {
  const workload = findObject(objects, query);
  const template = podTemplate(workload);
  if (!template) throw new Error(`${workload.kind} '${workload.metadata.name}' has no pods; name a workload`);
  const { metadata, spec } = template as { metadata?: Partial<Manifest['metadata']>; spec: Manifest };
  const excluded = metadata?.annotations?.['traffic.sidecar.istio.io/excludeInboundPorts'] ?? '';
  return {
    namespace: workload.metadata.namespace ?? 'default',
    labels: metadata?.labels ?? {},
    account: spec.serviceAccountName as string | undefined,
    ports: Object.fromEntries(spec.containers.flatMap(namedPorts)),
    gateway: metadata?.labels?.istio !== undefined && spec.containers.some(isProxy),
    unmeshedPorts: excluded.split(',').filter(Boolean).map(Number),
  };
}

/** Labels of a namespace: those that are rendered, and the name that every one carries. */
export function namespaceLabels(objects: readonly GraphNode[], name: string): Record<string, string> {
  const namespace = objects.find(({ manifest }) => manifest.kind === 'Namespace' && manifest.metadata.name === name);
  return { ...namespace?.manifest.metadata.labels, 'kubernetes.io/metadata.name': name };
}

/** Whether the mesh puts a sidecar beside a pod. */
export function hasSidecar(objects: readonly GraphNode[], pod: PodLike): boolean {
  if (pod.sidecar !== undefined || pod.gateway) return pod.sidecar ?? true;
  const labels = namespaceLabels(objects, pod.namespace);
  const member = labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined;
  return member && pod.labels['sidecar.istio.io/inject'] !== 'false';
}

/** Whether a selector picks a pod; one that is left out picks every pod. */
export function picks(selector: Parameters<typeof selects>[0], { labels }: PodLike): boolean {
  return selects(selector, labels);
}

function isProxy({ name }: { readonly name: string }): boolean {
  return name === 'istio-proxy';
}

function namedPorts({ ports = [] }: Manifest): [string, number][] {
  return ports.flatMap(({ name, containerPort }: { name?: string; containerPort: number }) =>
    name === undefined ? [] : [[name, containerPort]],
  );
}
