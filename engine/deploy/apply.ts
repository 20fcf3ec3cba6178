import { FlowyardError } from '../errors';
import { ApiError, type KubeClient } from './client';
import { proofOf } from './diff';
import { objectPath } from './discovery';
import { type Inventory, type InventoryEntry, render, Store } from './inventory';
import { withStackLock } from './lock';
import { type Plan, type PlannedObject, sameInventory } from './plan';
import { canonical } from './random';
import { CRD_SECONDS, hasReadiness, NotReady, Readiness } from './readiness';
import { removeAll, removeOne, removeRevived } from './remove';
import { type DeployEvent, describe, type Failure, type ObjectName } from './types';

/** What a run has done. */
export interface Result {
  readonly stack: string;

  /** Whether the cluster is as the program wants it. */
  readonly ok: boolean;
  readonly counts: Readonly<
    Record<'created' | 'updated' | 'replaced' | 'unchanged' | 'deleted' | 'failed' | 'skipped', number>
  >;
  readonly failures: readonly Failure[];

  /** Objects that were left as they are because something they need failed, or the run was stopped. */
  readonly skipped: readonly ObjectName[];

  /** Objects that hold data and were kept, with the reason. */
  readonly kept: readonly { readonly object: ObjectName; readonly reason: string; readonly acknowledge: string }[];
  readonly warnings: readonly string[];

  /** All failures in one, ready to be thrown; absent when `ok`. */
  readonly error?: FlowyardError;

  /** Requests to the API server. */
  readonly requests: number;
  readonly seconds: number;
}

/** Settings that `applyPlan` takes from the options of its plan. */
const READY_SECONDS = 300;

/**
 * Brings the cluster to what a plan says: each object as soon as all that it depends on is there and ready, and only
 * those that differ. What a failure does not touch goes on.
 */
export async function applyPlan(client: KubeClient, plan: Plan): Promise<Omit<Result, 'requests' | 'seconds'>> {
  refuse(plan);
  if (!plan.changed) {
    const run = new Run(client, plan);
    await run.objects();
    return run.result();
  }
  const store = new Store(client, plan.stack);
  await store.prepare();
  return withStackLock(client, plan.stack, async lost => {
    const signal = AbortSignal.any([lost, ...(plan.options.signal ? [plan.options.signal] : [])]);
    const run = new Run(client, { ...plan, options: { ...plan.options, signal } });
    await checkFresh(store, plan);
    const union = unionOf(plan);
    if (!sameInventory(plan.inventory, union)) await store.writeInventory(union);
    if (plan.generated.changed) await store.writeGenerated(plan.generated.all());
    await run.objects();
    if (run.clean) await run.prune();
    if (run.clean) {
      if (plan.generated.stale) await store.writeGenerated(plan.generated.used);
      const final = await withProofs(client, plan);
      if (!sameInventory(union, final) || hasNewProofs(plan.inventory, final)) await store.writeInventory(final);
    }
    return run.result();
  });
}

/** @throws FlowyardError when another run has changed the stack since the plan was made */
async function checkFresh(store: Store, { stack, inventory }: Plan): Promise<void> {
  const now = (await store.inventories()).get(stack);
  if (now === inventory || (now && inventory && canonical(render(now)) === canonical(render(inventory)))) return;
  throw new FlowyardError(`stack '${stack}' was changed by another run while this one was planned`, {
    next: 'run the same command again',
  });
}

/** What may be there while a run is under way: all that was, and all that comes. What comes has no digest yet. */
function unionOf({ inventory, next }: Plan): Inventory {
  const coming = [...next.entries].map(([key, { digest: _, proof: __, ...entry }]): [string, InventoryEntry] => {
    const { digest, proof } = inventory?.entries.get(key) ?? {};
    return [key, { ...entry, ...(digest ? { digest } : {}), ...(proof ? { proof } : {}) }];
  });
  return { ...next, entries: new Map([...(inventory?.entries ?? []), ...coming]) };
}

/** The inventory at the end, with proofs of the CRDs that were written. */
async function withProofs(client: KubeClient, { next, objects }: Plan): Promise<Inventory> {
  const written = objects.filter(
    each => each.object.kind === 'CustomResourceDefinition' && each.manifest && !each.proof,
  );
  const proven = await Promise.all(
    written.map(async ({ key, object, type, manifest }): Promise<[string, InventoryEntry]> => {
      const live = await client.get(objectPath(type, object));
      return [key, { ...next.entries.get(key)!, ...(live ? { proof: proofOf(manifest!, live) } : {}) }];
    }),
  );
  return { ...next, entries: new Map([...next.entries, ...proven]) };
}

function hasNewProofs(before: Inventory | undefined, { entries }: Inventory): boolean {
  return [...entries].some(([key, { proof }]) => proof !== before?.entries.get(key)?.proof);
}

function refuse({ refusals, stack }: Plan): void {
  if (refusals.length === 0) return;
  const lines = refusals.map(({ object, component, reason, acknowledge }) => {
    const remedy = acknowledge ? ` (acknowledge as '${acknowledge}')` : '';
    return `${component}: ${describe(object)}: ${reason}${remedy}`;
  });
  throw new FlowyardError(`stack '${stack}' is not changed, because of:\n  ${lines.join('\n  ')}`, {
    next: 'undo the change, or acknowledge each object by the name in brackets',
    code: 2,
  });
}

class Run {
  private readonly failures: Failure[] = [];
  private readonly skipped: ObjectName[] = [];
  private readonly counts = { created: 0, updated: 0, replaced: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
  private done = 0;

  constructor(
    private readonly client: KubeClient,
    private readonly plan: Plan,
  ) {}

  public get clean(): boolean {
    return this.failures.length === 0 && this.skipped.length === 0;
  }

  /** Creates and updates, along the dependencies. */
  public async objects(): Promise<void> {
    const readiness = new Readiness(this.client, this.plan.options.signal);
    const ok = new Map<string, Promise<boolean>>();
    try {
      // In order: the promises of all dependencies exist before they are asked for.
      for (const planned of this.plan.objects.filter(each => each.resource)) {
        const before = planned.dependsOn.map(key => ok.get(key)!);
        ok.set(
          planned.key,
          Promise.all(before).then(all => this.one(planned, all.every(Boolean), readiness)),
        );
      }
      await Promise.all(ok.values());
    } finally {
      readiness.close();
    }
  }

  /** Deletes what the program no longer has. */
  public async prune(): Promise<void> {
    const doomed = this.plan.objects.filter(each => each.action === 'delete');
    const { readySeconds: seconds = READY_SECONDS, onEvent, signal } = this.plan.options;
    const removed = await removeAll(this.client, doomed, { seconds, onEvent, signal });
    const forgotten = this.plan.objects.filter(each => each.action === 'forget');
    await removeRevived(this.client, [...doomed.filter(({ key }) => removed.gone.has(key)), ...forgotten]);
    this.counts.deleted += removed.gone.size;
    this.failures.push(...removed.failures);
    this.skipped.push(...removed.skipped.map(each => each.object));
  }

  public result(): Omit<Result, 'requests' | 'seconds'> {
    const { stack, warnings, options } = this.plan;
    const error = errorOf(stack, this.failures, this.skipped, options.signal);
    const counts = { ...this.counts, failed: this.failures.length, skipped: this.skipped.length };
    const common = { stack, counts, failures: this.failures, skipped: this.skipped, kept: [], warnings };
    return { ...common, ok: error === undefined, ...(error ? { error } : {}) };
  }

  private async one(planned: PlannedObject, possible: boolean, readiness: Readiness): Promise<boolean> {
    if (planned.action === 'unchanged' && planned.ready) {
      this.counts.unchanged++;
      this.done++;
      return true;
    }
    if (!possible || this.plan.options.signal?.aborted) {
      this.skipped.push(planned.object);
      this.tell('skipped', planned);
      return false;
    }
    try {
      if (planned.problem) throw new FlowyardError(planned.problem);
      const written = await this.write(planned);
      await this.settle(planned, written, readiness);
      this.done++;
      this.tell('ready', planned);
      return true;
    } catch (error) {
      return this.fail(planned, error);
    }
  }

  private async write(planned: PlannedObject): Promise<{ uid: string; generation: number }> {
    const { action, object, type, uid, generation, manifest, leaving } = planned;
    if (action === 'unchanged') {
      this.counts.unchanged++;
      return { uid: uid!, generation: generation ?? 0 };
    }
    this.tell('start', planned);
    if (action === 'replace' || leaving) {
      const { readySeconds: seconds = READY_SECONDS, signal } = this.plan.options;
      await removeOne(this.client, { object, type, uid }, { seconds, signal });
    }
    const { metadata } = await this.client.apply(objectPath(type, object), manifest!);
    const count = { create: 'created', update: 'updated', replace: 'replaced' } as const;
    this.counts[count[action as keyof typeof count]]++;
    this.tell('applied', planned);
    return { uid: metadata.uid, generation: metadata.generation ?? 0 };
  }

  private async settle(
    planned: PlannedObject,
    written: { uid: string; generation: number },
    readiness: Readiness,
  ): Promise<void> {
    const { object, type, manifest, resource } = planned;
    const isDefinition = object.kind === 'CustomResourceDefinition';
    const { wait = true, readySeconds = READY_SECONDS } = this.plan.options;
    // A namespace is active as soon as it is made; without its CRD nothing of a kind can be written.
    const waits = isDefinition || (wait && !resource!.skipAwait && object.kind !== 'Namespace' && hasReadiness(object));
    if (!waits) return;
    const patience = resource!.readySeconds ?? readySeconds;
    const seconds = isDefinition ? Math.max(patience, CRD_SECONDS) : patience;
    await readiness.wait({ object, type, ...written, seconds });
    if (isDefinition && planned.action !== 'unchanged') {
      const { group, names, versions } = manifest!.spec;
      const served = versions.filter((each: { served: boolean }) => each.served);
      await Promise.all(
        served.map(({ name }: { name: string }) =>
          readiness.isServed({ base: `/apis/${group}/${name}`, plural: names.plural, namespaced: true }, seconds),
        ),
      );
    }
  }

  private fail(planned: PlannedObject, error: unknown): boolean {
    const { object, component, urn } = planned;
    const { signal } = this.plan.options;
    if (signal?.aborted && !(error instanceof ApiError)) {
      this.skipped.push(object);
      this.tell('skipped', planned);
      return false;
    }
    if (!(error instanceof ApiError || error instanceof FlowyardError)) throw error;
    this.failures.push({ object, component, urn, reason: error.message, next: nextStep(planned, error) });
    this.tell('failed', planned, error.message);
    return false;
  }

  private tell(type: DeployEvent['type'], planned: PlannedObject, message?: string): void {
    const { urn, component, action, object } = planned;
    const { kind, namespace, name } = object;
    const total = this.plan.objects.length;
    this.plan.options.onEvent?.({
      type,
      urn,
      component,
      kind,
      namespace,
      name,
      action,
      message,
      done: this.done,
      total,
    });
  }
}

function nextStep({ object, component }: PlannedObject, error: ApiError | FlowyardError): string {
  if (error instanceof FlowyardError && error.next) return error.next;
  const namespace = object.namespace ? ` -n ${object.namespace}` : '';
  if (error instanceof NotReady) {
    return `look at it with \`kubectl describe ${object.kind}${namespace} ${object.name}\`, then run the same command again`;
  }
  const status = error instanceof ApiError ? error.status : 422;
  if (status === 401) return 'renew the credentials of the kubeconfig, then run the same command again';
  if (status === 403)
    return `give the user of the kubeconfig the right to change ${object.kind} objects, or see the policy that refused`;
  if (status >= 500) return 'see whether the API server and its webhooks are well, then run the same command again';
  return `correct the object in component '${component}', then run the same command again`;
}

/** One error for a run; undefined when all went well. */
export function errorOf(
  stack: string,
  failures: readonly Failure[],
  skipped: readonly ObjectName[],
  signal?: AbortSignal,
): FlowyardError | undefined {
  if (failures.length === 0 && skipped.length === 0) return undefined;
  if (failures.length === 0) {
    const why = signal?.aborted ? 'was stopped' : 'did not finish';
    return new FlowyardError(`stack '${stack}' ${why} with ${skipped.length} objects to go`, {
      next: 'run the same command again: it goes on from there',
      code: signal?.aborted ? 130 : 1,
    });
  }
  const lines = failures.map(
    ({ component, object, reason, next }) => `${component}: ${describe(object)}: ${reason}\n    next: ${next}`,
  );
  const after = skipped.length > 0 ? `\n  ${skipped.length} objects that need them were skipped` : '';
  const count = failures.length === 1 ? '1 object' : `${failures.length} objects`;
  return new FlowyardError(`stack '${stack}': ${count} failed:\n  ${lines.join('\n  ')}${after}`, {
    next: failures[0]!.next,
  });
}
