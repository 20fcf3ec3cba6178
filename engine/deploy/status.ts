import type { KubeClient } from './client';
import { Discovery, objectPath } from './discovery';
import { Store } from './inventory';
import { stateOf } from './readiness';
import type { ObjectName, StackOptions } from './types';

/** An object of a stack as it is now. */
export interface ObjectStatus {
  readonly object: ObjectName;
  readonly component: string;
  readonly urn: string;
  readonly state: 'ready' | 'not ready' | 'missing';

  /** What it lacks. */
  readonly reason?: string;
}

/** A stack as it is now. */
export interface StackStatus {
  readonly stack: string;

  /** Whether it was ever deployed to this cluster. */
  readonly exists: boolean;
  readonly project?: string;
  readonly cluster?: string;
  readonly objects: readonly ObjectStatus[];
}

/** Reads the state of all objects of a stack. Drift is found by a plan, not here. */
export async function readStatus(client: KubeClient, { stack }: StackOptions): Promise<StackStatus> {
  const [discovery, inventories] = await Promise.all([Discovery.read(client), new Store(client, stack).inventories()]);
  const inventory = inventories.get(stack);
  if (!inventory) return { stack, exists: false, objects: [] };
  const objects = await Promise.all(
    [...inventory.entries.values()].map(async ({ object, component, urn, digest }): Promise<ObjectStatus> => {
      const type = discovery.find(object);
      const live = type && (await client.get(objectPath(type, object)));
      // A Job that was done may go by itself; if somebody has deleted it, a plan tells.
      if (!live && object.kind === 'Job' && digest) return { object, component, urn, state: 'ready' };
      if (!live) return { object, component, urn, state: 'missing' };
      const { ready, reason } = stateOf(live);
      return { object, component, urn, state: ready ? 'ready' : 'not ready', ...(reason ? { reason } : {}) };
    }),
  );
  return { stack, exists: true, project: inventory.project, cluster: inventory.cluster, objects };
}
