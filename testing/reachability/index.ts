import type { GraphNode } from '../../constructs';
import { stoppedByMesh } from './mesh';
import { stoppedByNetwork } from './network';
import type { Outside, PodLike } from './pods';

export { type Outside, type PodLike, podsOf } from './pods';

/** A call from one to another. */
export interface Flow {
  readonly from: PodLike | Outside;
  readonly to: PodLike | Outside;

  /** Of the pod that is called, not of its Service. */
  readonly port: number;

  /** @default 'TCP' */
  readonly protocol?: 'TCP' | 'UDP';

  /** Path of the request, where rules of the mesh are about paths. @default - unknown, so that they hold for none */
  readonly path?: string;

  /** HTTP method, likewise. @default - unknown */
  readonly method?: string;
}

/** Range that no address of a pod is outside of; plugins differ in whether a range in a policy means pods, too. */
const somePod = '10.0.0.1';

/**
 * What stops a call in a cluster that has these objects and nothing else; undefined when it gets through. Network policies
 * of both ends are asked, and of the mesh mutual TLS and authorization policies.
 *
 * @example
 * const notebook = { namespace: 'team-a', labels: { app: 'notebook' } };
 * expect(obstacle(objects, { from: notebook, to: podsOf(objects, { name: 'mysql' }), port: 3306 })).toBeDefined();
 */
export function obstacle(objects: readonly GraphNode[], flow: Flow): string | undefined {
  const call = { protocol: 'TCP' as const, ...flow };
  return stoppedByNetwork(objects, call) ?? stoppedByMesh(objects, call);
}

/**
 * As `obstacle`, of the doubtful case: where a policy lets a range of private addresses in or out, pods count as in it.
 * What must not get through is asked of this one.
 */
export function surestObstacle(objects: readonly GraphNode[], flow: Flow): string | undefined {
  const call = { protocol: 'TCP' as const, podAddress: somePod, ...flow };
  return stoppedByNetwork(objects, call) ?? stoppedByMesh(objects, call);
}
