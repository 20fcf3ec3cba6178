import type { k8s } from 'cdk8s-plus-27';

/** An accelerator as Kubernetes sees it: the extended resource, how many a node has, and their product name. */
export interface Gpu {
  /**
   * Extended resource that pods ask for.
   *
   * @default 'nvidia.com/gpu'
   */
  readonly resource?: string;

  /** Product name, such as `nvidia-l4`; part of the pool's label. */
  readonly type: string;

  /** Devices on each node. */
  readonly count: number;
}

/** Nodes of one shape. The one source of their labels, taints, tolerations and quota keys. */
export interface NodePool {
  /** Short name, unique in the cluster: `system`, `gpu-l4`. */
  readonly name: string;

  /** Nodes at rest. */
  readonly nodes: number;

  /** CPU cores of a node. */
  readonly cpu: number;

  /** Memory of a node, such as `64Gi`. */
  readonly memory: string;

  /**
   * Accelerators of a node. Such a pool is tainted, so that only pods that ask for it run there.
   *
   * @default - none
   */
  readonly gpu?: Gpu;
}

/** Where pods may run: what goes into their spec. */
export interface Placement {
  readonly nodeSelector: Record<string, string>;
  readonly tolerations?: k8s.Toleration[];
}

/** Label that names a node's pool. */
export const poolLabel = 'flowyard.dev/pool';

/** Label that names the accelerator of a node. */
export const gpuLabel = 'flowyard.dev/gpu';

/** The extended resource that pods of this pool ask for; undefined for a pool without accelerators. */
export function gpuResource(pool: NodePool): string | undefined {
  return pool.gpu && (pool.gpu.resource ?? 'nvidia.com/gpu');
}

/** Labels that each node of the pool carries. */
export function poolLabels(pool: NodePool): Record<string, string> {
  return { [poolLabel]: pool.name, ...(pool.gpu && { [gpuLabel]: pool.gpu.type }) };
}

/** Taints that each node of the pool carries. */
export function poolTaints(pool: NodePool): k8s.Taint[] {
  return pool.gpu ? [{ key: gpuResource(pool)!, value: 'present', effect: 'NoSchedule' }] : [];
}

/** Sends pods to the pool: its label as selector, its taints tolerated. */
export function placeOn(pool: NodePool): Placement {
  const tolerations = poolTaints(pool).map(({ key, value, effect }) => ({ key, operator: 'Equal', value, effect }));
  return { nodeSelector: { [poolLabel]: pool.name }, ...(tolerations.length > 0 && { tolerations }) };
}

/** What a container adds to its limits to get `count` accelerators of the pool. */
export function gpuLimits(pool: NodePool, count: number): Record<string, k8s.Quantity> {
  const resource = gpuResource(pool);
  if (!resource)
    throw new Error(`'gpu' of pool '${pool.name}' must be set for pods that ask for accelerators, got none`);
  if (!Number.isInteger(count) || count < 1 || count > pool.gpu!.count) {
    throw new Error(`'count' must be a whole number from 1 to ${pool.gpu!.count} on pool '${pool.name}', got ${count}`);
  }
  return { [resource]: String(count) as unknown as k8s.Quantity };
}
