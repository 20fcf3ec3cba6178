import type { k8s } from 'cdk8s-plus-27';
import { type Accelerator, acceleratorFacts } from './accelerators';

/** One device of a node for several pods at once. */
export interface GpuSharing {
  /** `timeSlicing`: in turn, without a limit of memory. `mps`: at once, each with its part of the memory. */
  readonly strategy: 'timeSlicing' | 'mps';

  /** Pods on a device: 2 to 48. */
  readonly clients: number;
}

/** The accelerators of a node. */
export interface Gpu {
  /** Product: of NVIDIA's as listed, or of another vendor with its `resource`. Part of the pool's labels. */
  readonly type: Accelerator | (string & {});

  /** Devices on each node. */
  readonly count: number;

  /**
   * Extended resource that pods ask for.
   *
   * @default 'nvidia.com/gpu'
   */
  readonly resource?: string;

  /**
   * MIG profile, such as `1g.10gb`: every device is cut into as many instances as fit, and pods ask for instances.
   *
   * @default - devices are whole
   */
  readonly mig?: string;

  /**
   * Several pods on a device: pods ask for one share.
   *
   * @default - a pod has its devices for itself
   */
  readonly sharing?: GpuSharing;
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

  /**
   * Nodes that the provider may take back. Such a pool is tainted, too.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * Bounds between which an autoscaler keeps the number of nodes.
   *
   * @default - always `nodes`
   */
  readonly scaling?: { readonly min: number; readonly max: number };

  /**
   * Zones over which the nodes are spread.
   *
   * @default - the provider decides
   */
  readonly zones?: readonly string[];
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

/** Label and taint of nodes that the provider may take back. */
export const spotLabel = 'flowyard.dev/spot';

/** The extended resource that pods of this pool ask for; undefined for a pool without accelerators. */
export function gpuResource(pool: NodePool): string | undefined {
  return pool.gpu && (pool.gpu.resource ?? 'nvidia.com/gpu');
}

/** Whether the pool has accelerators of NVIDIA. */
export function isNvidia(pool: NodePool): boolean {
  return gpuResource(pool)?.startsWith('nvidia.com/') ?? false;
}

/** What a node of the pool has of its extended resource: devices, instances of a profile, or shares. */
export function gpusPerNode({ gpu }: NodePool): number {
  if (!gpu) return 0;
  const instances = gpu.mig === undefined ? 1 : (acceleratorFacts(gpu.type)?.mig[gpu.mig] ?? 1);
  return gpu.count * instances * (gpu.sharing?.clients ?? 1);
}

/** What a pool has of its extended resource when all its nodes are there. */
export function gpuCapacity(pool: NodePool): number {
  return gpusPerNode(pool) * (pool.scaling?.max ?? pool.nodes);
}

/** The accelerators of a node for people: `4 × nvidia-l4`, `8 × nvidia-a100-80gb as 56 × 1g.10gb`. */
export function gpuWords(gpu: Gpu): string {
  const { type, count, mig, sharing } = gpu;
  const instances = mig && ` as ${count * (acceleratorFacts(type)?.mig[mig] ?? 1)} × ${mig}`;
  return [`${count} × ${type}`, instances, sharing && `, each for ${sharing.clients} pods`].filter(Boolean).join('');
}

/**
 * Labels that each node of the pool carries. By two of them NVIDIA's GPU operator knows how devices are cut, and which
 * settings of the device plugin hold.
 */
export function poolLabels(pool: NodePool): Record<string, string> {
  const { name, gpu, spot } = pool;
  return {
    [poolLabel]: name,
    ...(gpu && { [gpuLabel]: gpu.type }),
    ...(gpu?.mig && { 'nvidia.com/mig.config': `all-${gpu.mig}` }),
    ...(isNvidia(pool) && { 'nvidia.com/device-plugin.config': name }),
    ...(spot && { [spotLabel]: 'true' }),
  };
}

/** Taints that each node of the pool carries. */
export function poolTaints(pool: NodePool): k8s.Taint[] {
  const taints: k8s.Taint[] = [];
  if (pool.gpu) taints.push({ key: gpuResource(pool)!, value: 'present', effect: 'NoSchedule' });
  if (pool.spot) taints.push({ key: spotLabel, value: 'true', effect: 'NoSchedule' });
  return taints;
}

/** Sends pods to the pool: its label as selector, its taints tolerated. */
export function placeOn(pool: NodePool): Placement {
  const tolerations = poolTaints(pool).map(({ key, value, effect }) => ({ key, operator: 'Equal', value, effect }));
  return { nodeSelector: { [poolLabel]: pool.name }, ...(tolerations.length > 0 && { tolerations }) };
}

/** What a container adds to its limits to get `count` accelerators, instances or shares of the pool. */
export function gpuLimits(pool: NodePool, count: number): Record<string, k8s.Quantity> {
  const resource = gpuResource(pool);
  if (!resource)
    throw new Error(`'gpu' of pool '${pool.name}' must be set for pods that ask for accelerators, got none`);
  // Two shares may be of one device: whoever asks for two gets no more than one, and is refused.
  const most = pool.gpu!.sharing ? 1 : gpusPerNode(pool);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    const expected = most === 1 ? '1' : `a whole number from 1 to ${most}`;
    throw new Error(`'count' must be ${expected} on pool '${pool.name}', got ${count}`);
  }
  return { [resource]: String(count) as unknown as k8s.Quantity };
}
