import { errorOf, type Result } from './apply';
import type { KubeClient } from './client';
import { Discovery } from './discovery';
import { type Inventory, Store } from './inventory';
import { withStackLock } from './lock';
import { checkIdentity } from './plan';
import { acknowledgement, findDoomed, forgetReason } from './planner';
import { protections } from './protection';
import { removeAll, removeRevived } from './remove';
import type { StackOptions } from './types';

/**
 * Removes a stack by its inventory, without its program: backwards along the dependencies, and each object only when all
 * that need it are gone. What holds data stays unless it is acknowledged by name, and with it what it stands in.
 */
export async function destroyStack(
  client: KubeClient,
  options: StackOptions,
): Promise<Omit<Result, 'requests' | 'seconds'>> {
  const store = new Store(client, options.stack);
  const [discovery, system, inventories, generated] = await Promise.all([
    Discovery.read(client),
    client.get('/api/v1/namespaces/kube-system'),
    store.inventories(),
    store.generated(),
  ]);
  const inventory = inventories.get(options.stack);
  const lastStack = [...inventories.keys()].every(stack => stack === options.stack);
  const counts = { created: 0, updated: 0, replaced: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
  const nothing = { stack: options.stack, ok: true, counts, failures: [], skipped: [], kept: [], warnings: [] };
  if (!inventory) {
    if (generated.size > 0) await store.remove();
    if (lastStack) await store.removeNamespace();
    return nothing;
  }
  checkIdentity(options, system?.metadata.uid ?? '', inventory);
  const result = await withStackLock(client, options.stack, lost => {
    const signal = AbortSignal.any([lost, ...(options.signal ? [options.signal] : [])]);
    return new Destruction(client, { ...options, signal }, store, discovery, inventory).run();
  });
  // After the lock, which stands in it.
  if (result.ok && result.kept.length === 0 && lastStack) await store.removeNamespace();
  return result;
}

class Destruction {
  constructor(
    private readonly client: KubeClient,
    private readonly options: StackOptions,
    private readonly store: Store,
    private readonly discovery: Discovery,
    private readonly inventory: Inventory,
  ) {}

  public async run(): Promise<Omit<Result, 'requests' | 'seconds'>> {
    const { stack, acknowledge = [], readySeconds: seconds = 300, onEvent, signal } = this.options;
    const { entries } = this.inventory;
    const doomed = await Promise.all(
      [...entries].map(([key, entry]) => findDoomed(this.client, this.discovery, key, entry)),
    );
    const reasons = await protections(this.client, this.discovery, doomed, acknowledge);
    const kept = doomed.filter(each => reasons.has(each.key) && !forgetReason(each));
    const removals = doomed.flatMap(each => {
      if (forgetReason(each) || reasons.has(each.key) || !each.type) return [];
      const { object, component, urn } = each.entry;
      const { key, type, dependsOn } = each;
      return [{ key, object, component, urn, type, dependsOn, uid: each.live?.metadata.uid }];
    });
    const removed = await removeAll(this.client, removals, { seconds, onEvent, signal });
    const absent = doomed.filter(each => removed.gone.has(each.key) || forgetReason(each));
    await removeRevived(
      this.client,
      absent.map(({ entry, type }) => ({ object: entry.object, type })),
    );
    const clean = removed.failures.length === 0 && removed.skipped.length === 0;
    if (clean && kept.length === 0) await this.store.remove();
    else if (clean) {
      // Generated values stay too: what is kept may be locked with them.
      const remaining = new Map(kept.map(each => [each.key, each.entry]));
      await this.store.writeInventory({ ...this.inventory, entries: remaining });
    }
    const { failures } = removed;
    const skipped = removed.skipped.map(each => each.object);
    const error = errorOf(stack, failures, skipped, signal);
    return {
      stack,
      ok: error === undefined,
      counts: {
        ...{ created: 0, updated: 0, replaced: 0, unchanged: kept.length, deleted: removed.gone.size },
        ...{ failed: failures.length, skipped: skipped.length },
      },
      failures,
      skipped,
      kept: kept.map(({ key, entry: { object } }) => ({
        object,
        reason: reasons.get(key)!,
        acknowledge: acknowledgement(object),
      })),
      warnings: [],
      ...(error ? { error } : {}),
    };
  }
}
