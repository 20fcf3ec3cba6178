import { setTimeout as sleep } from 'node:timers/promises';
import { FlowyardError } from '../errors';
import { ApiError, type KubeClient } from './client';
import { objectPath, type ResourceType } from './discovery';
import { dependents } from './order';
import { CRD_SECONDS } from './readiness';
import { type DeployEvent, type Failure, keyOf, type Manifest, type ObjectName } from './types';

/** An object to delete. */
export interface Removal {
  readonly key: string;
  readonly object: ObjectName;
  readonly component: string;
  readonly urn: string;
  readonly type: ResourceType;
  readonly uid?: string;

  /** Keys of objects that must outlive it. */
  readonly dependsOn: readonly string[];
}

/** Settings of `removeAll`. */
export interface RemoveOptions {
  /** How long one object may take to go. */
  readonly seconds: number;
  readonly onEvent?: (event: DeployEvent) => void;
  readonly signal?: AbortSignal;
}

/** What became of some removals. */
export interface Removed {
  readonly gone: ReadonlySet<string>;
  readonly failures: readonly Failure[];

  /** Left because something that needs them is still there. */
  readonly skipped: readonly Removal[];
}

/** Deletes backwards along the dependencies: each object as soon as all that depend on it are gone. */
export async function removeAll(
  client: KubeClient,
  removals: readonly Removal[],
  options: RemoveOptions,
): Promise<Removed> {
  const gone = new Set<string>();
  const failures: Failure[] = [];
  const skipped: Removal[] = [];
  const before = dependents(removals);
  const byKey = new Map(removals.map(each => [each.key, each]));
  const tasks = new Map<string, Promise<void>>();

  const start = (removal: Removal): Promise<void> => {
    const known = tasks.get(removal.key);
    if (known) return known;
    const task = run(removal);
    tasks.set(removal.key, task);
    return task;
  };
  const run = async (removal: Removal): Promise<void> => {
    const first = before.get(removal.key)!;
    // Deferred, so that a task is known before those that it waits for are begun.
    await Promise.resolve();
    await Promise.all(first.map(key => start(byKey.get(key)!)));
    const { object, urn, component } = removal;
    const { kind, namespace, name } = object;
    const about = { urn, component, kind, namespace, name, action: 'delete' as const };
    if (first.some(key => !gone.has(key)) || options.signal?.aborted) {
      skipped.push(removal);
      options.onEvent?.({ type: 'skipped', ...about });
      return;
    }
    options.onEvent?.({ type: 'start', ...about });
    try {
      await removeOne(client, removal, options);
      gone.add(removal.key);
      options.onEvent?.({ type: 'deleted', ...about, done: gone.size, total: removals.length });
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof FlowyardError)) throw error;
      const next =
        (error instanceof FlowyardError && error.next) || `delete it by hand, then run the same command again`;
      failures.push({ object, component, urn, reason: error.message, next });
      options.onEvent?.({ type: 'failed', ...about, message: error.message });
    }
  };
  await Promise.all(removals.map(start));
  return { gone, failures, skipped };
}

/** Writes the rules of aggregated roles, and makes a role anew that went while it was adding up. */
const AGGREGATOR = 'clusterrole-aggregation-controller';

/**
 * Whether the aggregation controller, and nobody else, has made it: what is left of a role that was deleted. One that it
 * made when there was nothing to add up has no fields, and so no managers.
 */
export function isRevived({ kind, metadata, aggregationRule, rules }: Manifest): boolean {
  const managers: Manifest[] = metadata.managedFields ?? [];
  const { labels, annotations, ownerReferences } = metadata;
  const bare = !labels && !annotations && !ownerReferences && !rules?.length;
  const alone = managers.length > 0 ? managers.every(({ manager }) => manager === AGGREGATOR) : bare;
  return kind === 'ClusterRole' && alone && !aggregationRule;
}

/**
 * Removes roles that the aggregation controller, and nobody else, has made anew.
 *
 * @param removed everything that should be gone, in this run or one before it
 */
export async function removeRevived(
  client: KubeClient,
  removed: readonly { readonly object: ObjectName; readonly type?: ResourceType }[],
): Promise<void> {
  const roles = removed.flatMap(({ object, type }) => (type && object.kind === 'ClusterRole' ? { object, type } : []));
  for (const pause of roles.length > 0 ? [100, 400, 1000] : []) {
    await sleep(pause);
    await Promise.all(
      roles.map(async ({ object, type }) => {
        const live = await client.get(objectPath(type, object));
        if (live && isRevived(live)) await client.delete(objectPath(type, object), live.metadata.uid);
      }),
    );
  }
}

/** Deletes an object and waits until it is gone. That it is gone already is no error. */
export async function removeOne(
  client: KubeClient,
  { object, type, uid }: Pick<Removal, 'object' | 'type' | 'uid'>,
  options: Pick<RemoveOptions, 'seconds' | 'signal'>,
): Promise<void> {
  const path = objectPath(type, object);
  if ((await client.delete(path, uid)) !== 'leaving') return;
  const started = Date.now();
  for (let pause = 25; ; pause = Math.min(500, pause * 2)) {
    const live = await client.get(path);
    if (!live || (uid && live.metadata.uid !== uid)) return;
    options.signal?.throwIfAborted();
    const seconds = takenUpLater(live) ? Math.max(options.seconds, CRD_SECONDS) : options.seconds;
    if (Date.now() > started + seconds * 1000) throw stuck(object, live, seconds);
    await sleep(pause);
  }
}

/** Whether it is a CRD that a starting API server could not finish, and will not look at before its next resync. */
function takenUpLater({ kind, status }: Manifest): boolean {
  const conditions: Manifest[] = kind === 'CustomResourceDefinition' ? (status?.conditions ?? []) : [];
  return conditions.some(({ type, reason }) => type === 'Terminating' && reason === 'InstanceDeletionFailed');
}

function stuck(object: ObjectName, live: Manifest, seconds: number): FlowyardError {
  const finalizers = [...(live.metadata.finalizers ?? []), ...(live.spec?.finalizers ?? [])];
  const conditions = (live.status?.conditions ?? [])
    .filter((each: Manifest) => object.kind === 'Namespace' && each.status === 'True')
    .map((each: Manifest) => each.message);
  const held = finalizers.length > 0 ? `, held by finalizer ${finalizers.map(each => `'${each}'`).join(', ')}` : '';
  return new FlowyardError([`not gone after ${seconds} s${held}`, ...conditions].join('; '), {
    next: `find out why its controller does not finish (${keyOf(object)}), then run the same command again`,
  });
}
