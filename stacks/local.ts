import { gpuResource, gpusPerNode, type NodePool, poolLabels, poolTaints } from '../constructs';
import { createOrStart, kubeconfigPath, type SimulatedNode } from '../engine/control-plane';
import type { Environment } from '../environments';
import type { ClusterAccess } from './program';

/** Pods that a simulated node takes, as a kubelet's default. */
const podsPerNode = '110';

/** The nodes that the environment's pools would have, for the embedded control plane to simulate. */
export function simulatedNodes({ infrastructure }: Environment): SimulatedNode[] {
  return infrastructure.nodePools.flatMap(settings => {
    const pool = settings as NodePool;
    const resource = gpuResource(pool);
    return Array.from({ length: pool.nodes }, (_, at) => ({
      name: `${pool.name}-${at}`,
      labels: { ...poolLabels(pool), ...zone(pool, at) },
      taints: poolTaints(pool),
      capacity: {
        cpu: String(pool.cpu),
        memory: pool.memory,
        pods: podsPerNode,
        'ephemeral-storage': '100Gi',
        ...(resource && { [resource]: String(gpusPerNode(pool)) }),
      },
    }));
  });
}

function zone({ zones }: NodePool, at: number): Record<string, string> {
  return zones ? { 'topology.kubernetes.io/zone': zones[at % zones.length]! } : {};
}

/** Makes sure that the environment's embedded control plane runs with its nodes, and tells how to reach it. */
export async function localCluster(
  environment: Environment,
  options: Omit<Parameters<typeof createOrStart>[1], 'nodes'> = {},
): Promise<ClusterAccess> {
  await createOrStart(environment.name, { nodes: simulatedNodes(environment), ...options });
  return { kubeconfig: kubeconfigPath(environment.name) };
}
