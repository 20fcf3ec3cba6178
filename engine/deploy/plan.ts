import { FlowyardError } from '../errors';
import type { KubeClient } from './client';
import { type CollectedResource, collect } from './collect';
import type { FieldChange } from './diff';
import { Discovery, objectPath, type ResourceType } from './discovery';
import { type Inventory, type InventoryEntry, render, Store } from './inventory';
import { checkMemory } from './memory';
import { Planner } from './planner';
import { checkVersion, missingRights } from './preflight';
import { canonical, GeneratedValues } from './random';
import type { Action, DeployOptions, Manifest, ObjectName } from './types';

/** An object, what happens to it, and why. */
export interface PlannedObject {
  readonly key: string;
  readonly object: ObjectName;
  readonly urn: string;
  readonly component: string;
  readonly action: Action;

  /** Why, where the action does not say it. */
  readonly reason?: string;

  /** Fields that change. */
  readonly changes?: readonly FieldChange[];

  /** Whether the program wants what it wanted last time, and somebody has changed or deleted the object since. */
  readonly drift?: boolean;

  /** Of its manifest. */
  readonly digest?: string;

  /** Keys of objects that must be there and ready before it; for deletions, that must outlive it. */
  readonly dependsOn: readonly string[];

  /** Why it cannot be brought to its wanted state; known before anything is written. */
  readonly problem?: string;
  readonly type: ResourceType;
  readonly resource?: CollectedResource;
  readonly manifest?: Manifest;

  /** Of the live object. */
  readonly uid?: string;
  readonly generation?: number;

  /** Of a CRD that is unchanged. */
  readonly proof?: string;

  /** Whether the live object is on its way out and must be gone first. */
  readonly leaving?: boolean;

  /** Whether the live object is ready as it is. */
  readonly ready: boolean;
}

/** Something that is not done unless the user says so. */
export interface Refusal {
  readonly object: ObjectName;
  readonly component: string;
  readonly reason: string;

  /** What to put into `acknowledge`; absent where another remedy is named in the reason. */
  readonly acknowledge?: string;
}

/** Counts of one component. */
export type Counts = Record<Action, number>;

/** Everything that an apply would do, in its order; deletions come last. */
export interface Plan {
  readonly stack: string;
  readonly project: string;

  /** Identity of the cluster. */
  readonly cluster: string;
  readonly objects: readonly PlannedObject[];

  /** Why the plan may not be applied; empty when it may. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];

  /** By component, in the order of the program. */
  readonly components: ReadonlyMap<string, Counts>;

  /** Whether an apply would write anything. */
  readonly changed: boolean;

  /** What the program returned. */
  readonly outputs: Manifest;
  readonly options: DeployOptions;
  readonly discovery: Discovery;
  readonly inventory?: Inventory;

  /** The inventory after an apply without failures. */
  readonly next: Inventory;
  readonly generated: GeneratedValues;
}

/** Works out what an apply would do. Writes nothing. */
export async function makePlan(client: KubeClient, options: DeployOptions): Promise<Plan> {
  const store = new Store(client, options.stack);
  const [discovery, system, inventories, kept] = await Promise.all([
    Discovery.read(client),
    client.get('/api/v1/namespaces/kube-system'),
    store.inventories(),
    store.generated(),
    checkVersion(client),
  ]);
  const cluster = system?.metadata.uid ?? '';
  const inventory = inventories.get(options.stack);
  if (!inventory) checkMemory(options, cluster);
  checkIdentity(options, cluster, inventory);
  // The server works on these while the program keeps this process busy.
  const prefetched = new Map(
    [...(inventory?.entries ?? [])].map(([key, { object }]) => {
      const type = discovery.find(object);
      const live = type ? client.get(objectPath(type, object)) : Promise.resolve(undefined);
      live.catch(() => {});
      return [key, live];
    }),
  );
  const collected = await collect({ ...options, generated: new GeneratedValues(kept) });
  options.onEvent?.({ type: 'collected', total: collected.resources.length });
  const planner = new Planner(client, options, discovery, inventories, collected, prefetched);
  const { objects, refusals } = await planner.plan();
  const next = inventoryOf(options.project, cluster, objects);
  const plan: Plan = {
    stack: options.stack,
    project: options.project,
    cluster,
    objects,
    refusals: [...refusals, ...(await missingRights(client, objects))],
    warnings: discovery.stale.map(group => `the server of API group '${group}' does not answer`),
    components: countsOf(objects),
    changed:
      objects.some(each => each.action !== 'unchanged') ||
      collected.generated.changed ||
      !sameInventory(inventory, next),
    outputs: collected.outputs,
    options,
    discovery,
    inventory,
    next,
    generated: collected.generated,
  };
  options.onEvent?.({ type: 'planned', total: objects.length });
  return plan;
}

/** @throws FlowyardError when the stack was made by another project, or for another cluster */
export function checkIdentity(
  options: { stack: string; project: string },
  cluster: string,
  inventory?: Inventory,
): void {
  if (!inventory) return;
  if (inventory.cluster !== cluster) {
    throw new FlowyardError(
      `stack '${options.stack}' was deployed to another cluster: its inventory names '${inventory.cluster}', this one is '${cluster}'`,
      { next: 'choose the right context, or delete the inventory if this cluster is a restored copy', code: 2 },
    );
  }
  if (inventory.project !== options.project) {
    throw new FlowyardError(
      `stack '${options.stack}' belongs to project '${inventory.project}', got '${options.project}'`,
      { next: 'choose another stack name', code: 2 },
    );
  }
}

function inventoryOf(project: string, cluster: string, objects: readonly PlannedObject[]): Inventory {
  const kept = objects.filter(each => each.resource);
  const entries = kept.map(
    ({ key, object, component, urn, dependsOn, resource, digest, proof }): [string, InventoryEntry] => [
      key,
      {
        ...{ object, component, urn, dependsOn },
        ...(resource!.protect ? { protect: true } : {}),
        ...(resource!.retainOnDelete ? { retain: true } : {}),
        ...(digest ? { digest } : {}),
        ...(proof ? { proof } : {}),
      },
    ],
  );
  return { project, cluster, entries: new Map(entries) };
}

/** Whether two inventories say the same about objects. What saves work next time is no reason to write. */
export function sameInventory(a: Inventory | undefined, b: Inventory): boolean {
  return a !== undefined && canonical(render(withoutProofs(a))) === canonical(render(withoutProofs(b)));
}

function withoutProofs({ entries, ...inventory }: Inventory): Inventory {
  const bare = [...entries].map(([key, { proof: _, ...entry }]): [string, InventoryEntry] => [key, entry]);
  return { ...inventory, entries: new Map(bare) };
}

function countsOf(objects: readonly PlannedObject[]): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const { component, action } of objects) {
    const none = { create: 0, update: 0, replace: 0, unchanged: 0, delete: 0, forget: 0 };
    const of = counts.get(component) ?? none;
    of[action]++;
    counts.set(component, of);
  }
  return counts;
}
