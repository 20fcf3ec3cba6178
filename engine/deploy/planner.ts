import { FlowyardError } from '../errors';
import { ApiError, type KubeClient } from './client';
import type { Collected, CollectedResource } from './collect';
import { differences, isOurs, keepIgnored, proofOf } from './diff';
import { type Discovery, objectPath, type ResourceType } from './discovery';
import type { Inventory, InventoryEntry } from './inventory';
import { inOrder } from './order';
import type { PlannedObject, Refusal } from './plan';
import { type Doomed, protections } from './protection';
import { canonical, digest } from './random';
import { stateOf } from './readiness';
import { isRevived } from './remove';
import { type Action, type DeployOptions, describe, keyOf, type Manifest, nameOf, type ObjectName } from './types';

/** Namespaces that belong to the cluster. */
const FOREIGN_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

/** Kinds that hold data: to make them anew loses it. */
const STATEFUL = ['PersistentVolumeClaim', 'StatefulSet', 'Namespace', 'CustomResourceDefinition'];

const IMMUTABLE = /immutable|are forbidden|may not (be )?chang|cannot change/i;

/** What is decided about an object once its live state is known. */
type Decision = Partial<Pick<PlannedObject, 'reason' | 'changes' | 'drift' | 'problem' | 'leaving' | 'proof'>> & {
  action: Action;
};

/** A resource of the program in its place. */
interface Placed {
  readonly key: string;
  readonly object: ObjectName;
  readonly resource: CollectedResource;
  readonly manifest: Manifest;

  /** Of the manifest, as the program wrote it. */
  readonly digest: string;
  readonly type: ResourceType;
  readonly dependsOn: readonly string[];
}

/** Decides what happens to each object of a program. */
export class Planner {
  private readonly placed = new Map<string, Placed>();
  private readonly live = new Map<string, Manifest>();
  private readonly decisions = new Map<string, Decision>();
  private readonly refusals: Refusal[] = [];
  private readonly foreign = new Map<string, string>();
  private readonly inventory?: Inventory;

  constructor(
    private readonly client: KubeClient,
    private readonly options: DeployOptions,
    private readonly discovery: Discovery,
    inventories: ReadonlyMap<string, Inventory>,
    private readonly collected: Collected,
    private readonly prefetched: ReadonlyMap<string, Promise<Manifest | undefined>>,
  ) {
    this.inventory = inventories.get(options.stack);
    for (const [stack, { entries }] of inventories) {
      if (stack === options.stack) continue;
      for (const key of entries.keys()) this.foreign.set(key, stack);
    }
  }

  public async plan(): Promise<{ objects: PlannedObject[]; refusals: Refusal[] }> {
    this.place();
    const sorted = inOrder([...this.placed.values()]);
    await this.readLive(sorted);
    // CRDs first: what changes in them decides how their resources can be compared.
    const isDefinition = ({ object }: Placed) => object.kind === 'CustomResourceDefinition';
    await Promise.all(sorted.filter(isDefinition).map(each => this.decide(each)));
    await Promise.all(sorted.filter(each => !isDefinition(each)).map(each => this.decide(each)));
    const objects = sorted.map((each): PlannedObject => {
      const live = this.live.get(each.key);
      const { key, object, type, resource, dependsOn, manifest, digest } = each;
      const { urn, component } = resource;
      return {
        ...{ key, object, urn, component, dependsOn, type, resource, digest },
        manifest: live ? keepIgnored(manifest, live, resource.ignoreChanges) : manifest,
        uid: live?.metadata.uid,
        generation: live?.metadata.generation,
        ready: live ? stateOf(live).ready : this.decisions.get(key)!.action === 'unchanged',
        ...this.decisions.get(key)!,
      };
    });
    return { objects: [...objects, ...(await this.prune())], refusals: this.refusals };
  }

  /** Gives each object its namespace and path, and its dependencies in keys. */
  private place(): void {
    const resources = this.collected.resources;
    for (const { manifest } of resources) {
      if (manifest.kind === 'CustomResourceDefinition') this.discovery.addDefinition(manifest);
    }
    const problems: string[] = [];
    const keys = new Map<string, string>();
    const typed = resources.flatMap(resource => {
      const type = this.discovery.find(resource.object);
      if (!type) {
        const { apiVersion, kind } = resource.manifest;
        problems.push(
          `${resource.component}: ${describe(resource.object)} is of kind '${apiVersion} ${kind}', which the cluster does not serve and no CRD of the program defines`,
        );
        return [];
      }
      const { namespace: given, ...metadata } = resource.manifest.metadata;
      const namespace = type.namespaced ? (given ?? 'default') : undefined;
      const named = { ...resource.manifest, metadata: { ...metadata, ...(namespace ? { namespace } : {}) } };
      const manifest = markBare(named, this.options.stack);
      const object = nameOf(manifest);
      keys.set(resource.urn, keyOf(object));
      return [{ resource, manifest, object, type, digest: digest(canonical(manifest)) }];
    });
    if (problems.length > 0) throw new FlowyardError(problems.join('\n'), { code: 2 });
    const containers = new Set([...keys.values()]);
    const definitions = new Map(
      typed
        .filter(each => each.object.kind === 'CustomResourceDefinition')
        .map(each => [`${each.manifest.spec.group}/${each.manifest.spec.names.kind}`, keyOf(each.object)]),
    );
    for (const each of typed) {
      const { group, kind, namespace } = each.object;
      const definition = definitions.get(`${group}/${kind}`);
      const implied = [...(namespace ? [`/Namespace//${namespace}`] : []), ...(definition ? [definition] : [])];
      const dependsOn = new Set([...each.resource.dependencies.map(urn => keys.get(urn)!), ...implied]);
      const key = keyOf(each.object);
      dependsOn.delete(key);
      this.placed.set(key, { ...each, key, dependsOn: [...dependsOn].filter(one => containers.has(one)) });
    }
  }

  /** Nothing is in a namespace or of a kind that is not there yet, so a first install asks for those only. */
  private async readLive(sorted: readonly Placed[]): Promise<void> {
    const first = ({ object }: Placed) => ['Namespace', 'CustomResourceDefinition'].includes(object.kind);
    await Promise.all(sorted.filter(first).map(each => this.read(each)));
    const possible = sorted.filter(each => {
      const containers = each.dependsOn.map(key => this.placed.get(key)!).filter(first);
      const { namespace, group, kind } = each.object;
      const contains = ({ object, manifest }: Placed) =>
        object.kind === 'Namespace'
          ? object.name === namespace
          : manifest.spec.group === group && manifest.spec.names.kind === kind;
      return !first(each) && !containers.some(one => contains(one) && !this.live.has(one.key));
    });
    await Promise.all(possible.map(each => this.read(each)));
  }

  private async read({ key, type, object }: Placed): Promise<void> {
    const live = await (this.prefetched.get(key) ?? this.client.get(objectPath(type, object)));
    if (live) this.live.set(key, live);
  }

  private async decide(placed: Placed): Promise<void> {
    this.decisions.set(placed.key, await this.decision(placed));
  }

  private async decision(placed: Placed): Promise<Decision> {
    const live = this.live.get(placed.key);
    if (!live) return this.creation(placed);
    if (live.metadata.deletionTimestamp || this.leavesWithNamespace(placed)) {
      return { action: 'create', leaving: true, reason: 'the old one is being deleted' };
    }
    const refusal = this.ownership(placed, live);
    if (refusal) {
      this.refusals.push({ object: placed.object, component: placed.resource.component, reason: refusal });
      return { action: 'update', reason: refusal };
    }
    const changing = placed.dependsOn.find(key => {
      const { object } = this.placed.get(key)!;
      return object.kind === 'CustomResourceDefinition' && this.decisions.get(key)?.action !== 'unchanged';
    });
    if (changing) return { action: 'update', reason: 'its CRD changes' };
    return this.compare(placed, live);
  }

  /** Of what is not there: new, or was deleted by hand, or is a Job that was done and has gone as it should. */
  private creation(placed: Placed): Decision {
    const { key, object, resource, manifest } = placed;
    const entry = this.inventory?.entries.get(key);
    if (!entry?.digest) return { action: 'create' };
    const same = entry.digest === placed.digest;
    const passing = object.kind === 'Job' && manifest.spec?.ttlSecondsAfterFinished !== undefined;
    if (passing) return same ? { action: 'unchanged' } : { action: 'create', reason: 'the last one is done and gone' };
    const reason = 'it was deleted by hand';
    if (resource.protect && !this.isAcknowledged(object)) {
      const loss = `${reason}, and what it held is lost: restore it, or let it be made anew, empty`;
      this.refusals.push({ object, component: resource.component, reason: loss, acknowledge: acknowledgement(object) });
    }
    return { action: 'create', reason, drift: same };
  }

  /** By its own name, or by that of its namespace. */
  private isAcknowledged(object: ObjectName): boolean {
    const { acknowledge = [] } = this.options;
    return [acknowledgement(object), `Namespace/${object.namespace}`].some(name => acknowledge.includes(name));
  }

  private leavesWithNamespace({ object }: Placed): boolean {
    const namespace = object.namespace && this.live.get(`/Namespace//${object.namespace}`);
    return namespace ? namespace.metadata.deletionTimestamp !== undefined : false;
  }

  /** Why an object that exists is not ours to change. */
  private ownership({ key, object, resource }: Placed, live: Manifest): string | undefined {
    const other = this.foreign.get(key);
    if (other) return `it belongs to stack '${other}'`;
    if (this.inventory?.entries.has(key) || isOurs(live)) return undefined;
    if (object.kind === 'Namespace' && FOREIGN_NAMESPACES.includes(object.name)) return 'it belongs to the cluster';
    if (this.options.adopt || resource.imported || isRevived(live)) return undefined;
    return 'it exists, and this stack did not make it; adopt it, or give yours another name';
  }

  private async compare(placed: Placed, live: Manifest): Promise<Decision> {
    const { object, type, resource } = placed;
    const manifest = keepIgnored(placed.manifest, live, resource.ignoreChanges);
    const proof = object.kind === 'CustomResourceDefinition' ? proofOf(manifest, live) : undefined;
    const unchanged: Decision = { action: 'unchanged', ...(proof ? { proof } : {}) };
    if (proof && this.inventory?.entries.get(placed.key)?.proof === proof) return unchanged;
    try {
      const applied = await this.client.apply(objectPath(type, object), manifest, { dryRun: true, whole: true });
      const changes = differences(live, applied, resource.secretPaths);
      const drift = this.inventory?.entries.get(placed.key)?.digest === placed.digest;
      return changes.length === 0 ? unchanged : { action: 'update', changes, ...(drift ? { drift } : {}) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 422 && IMMUTABLE.test(error.message)) return this.replacement(placed, error.message);
      // A webhook that is down, or takes no dry runs: the apply will tell.
      if (error.status >= 500 || /dry ?run/i.test(error.message)) return { action: 'update', reason: error.message };
      return { action: 'update', problem: error.message };
    }
  }

  private replacement({ object, resource }: Placed, message: string): Decision {
    const name = acknowledgement(object);
    if (STATEFUL.includes(object.kind) && !this.options.acknowledge?.includes(name)) {
      const reason = `it must be made anew, and what it holds would be lost: ${message}`;
      this.refusals.push({ object, component: resource.component, reason, acknowledge: name });
    }
    return { action: 'replace', reason: message };
  }

  /** What the inventory has and the program no longer. */
  private async prune(): Promise<PlannedObject[]> {
    const gone = [...(this.inventory?.entries ?? [])].filter(([key]) => !this.placed.has(key));
    const doomed = await Promise.all(gone.map(([key, entry]) => findDoomed(this.client, this.discovery, key, entry)));
    const protectedKeys = await protections(this.client, this.discovery, doomed, this.options.acknowledge ?? []);
    return inOrder(doomed)
      .reverse()
      .map((each): PlannedObject => {
        const { key, entry, live, type } = each;
        const reason = protectedKeys.get(key);
        const forgotten = forgetReason(each);
        if (reason && !forgotten) {
          const { object, component } = entry;
          this.refusals.push({ object, component, reason, acknowledge: acknowledgement(object) });
        }
        return {
          ...{ key, object: entry.object, urn: entry.urn, component: entry.component, dependsOn: entry.dependsOn },
          type: type ?? { base: '', plural: '', namespaced: false },
          action: forgotten ? 'forget' : 'delete',
          reason: forgotten ?? 'the program no longer has it',
          uid: live?.metadata.uid,
          ready: true,
        };
      });
  }
}

/** An object of the inventory with its live state. */
export async function findDoomed(
  client: KubeClient,
  discovery: Discovery,
  key: string,
  entry: InventoryEntry,
): Promise<Doomed> {
  const type = discovery.find(entry.object);
  const live = type && (await client.get(objectPath(type, entry.object)));
  return { key, entry, dependsOn: entry.dependsOn, type, live };
}

/** Why an object of the inventory is left where it is; undefined when it is deleted. */
export function forgetReason({ entry, live }: Doomed): string | undefined {
  if (!live) return 'it is gone already';
  if (entry.retain) return "it is kept by 'retainOnDelete'";
  return isOurs(live) ? undefined : 'somebody else has made it anew';
}

/** An object of which we own no field does not show that it is ours: it gets one. */
function markBare(manifest: Manifest, stack: string): Manifest {
  const { apiVersion: _, kind: __, metadata, ...fields } = manifest;
  const { name: ___, namespace: ____, ...more } = metadata;
  if (Object.keys(fields).length > 0 || Object.keys(more).length > 0) return manifest;
  return { ...manifest, metadata: { ...metadata, annotations: { 'flowyard.dev/stack': stack } } };
}

/** How an object is named in `acknowledge`. */
export function acknowledgement({ kind, namespace, name }: ObjectName): string {
  return [kind, namespace, name].filter(Boolean).join('/');
}
