import { setTimeout as sleep } from 'node:timers/promises';
import { FlowyardError } from '../errors';
import { ApiError, type KubeClient } from './client';
import { collectionPath, type ResourceType } from './discovery';
import { keyOf, type Manifest, nameOf, type ObjectName } from './types';

/** At least so long for a CRD: an API server that was restarted looks at some of its CRDs only every 5 minutes. */
export const CRD_SECONDS = 360;

/** How far an object is. */
export interface State {
  readonly ready: boolean;

  /** What it still lacks. */
  readonly reason?: string;

  /** Whether waiting cannot help. */
  readonly failed?: boolean;
}

const READY: State = { ready: true };

/** An object did not become ready. */
export class NotReady extends FlowyardError {}

/** Whether there is anything to wait for. */
export function hasReadiness({ group, kind }: Pick<ObjectName, 'group' | 'kind'>): boolean {
  return `${group}/${kind}` in checks;
}

/** Judges an object as it was read. */
export function stateOf(object: Manifest): State {
  const { group, kind } = nameOf(object);
  const check = checks[`${group}/${kind}`];
  return check ? check(object) : READY;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function condition(object: Manifest, type: string): Condition | undefined {
  return (object.status?.conditions ?? []).find((each: Condition) => each.type === type);
}

function words({ type, reason, message }: Condition): string {
  return [`${type}: ${reason ?? 'no reason given'}`, message].filter(Boolean).join(', ');
}

const checks: Record<string, (object: Manifest) => State> = {
  '/Namespace': object => {
    const phase = object.status?.phase ?? 'Active';
    return phase === 'Active' ? READY : { ready: false, reason: `phase ${phase}` };
  },

  'apiextensions.k8s.io/CustomResourceDefinition': object => {
    const names = condition(object, 'NamesAccepted');
    if (names?.status === 'False') return { ready: false, reason: words(names), failed: true };
    const established = condition(object, 'Established');
    if (established?.status === 'True' && names?.status === 'True') return READY;
    const broken = condition(object, 'NonStructuralSchema');
    return { ready: false, reason: broken ? words(broken) : 'not yet established' };
  },

  'apps/Deployment': object => {
    const stale = staleness(object);
    if (stale) return stale;
    const { replicas: wanted = 1 } = object.spec;
    const { updatedReplicas = 0, availableReplicas = 0 } = object.status ?? {};
    const available = condition(object, 'Available');
    if (updatedReplicas >= wanted && available?.status === 'True') return READY;
    const progress = condition(object, 'Progressing');
    const blamed = [progress, condition(object, 'ReplicaFailure')].find(
      each => each && (each.reason === 'ProgressDeadlineExceeded' || each.type === 'ReplicaFailure'),
    );
    const counts = `${availableReplicas} of ${wanted} replicas available, ${updatedReplicas} up to date`;
    return { ready: false, reason: blamed ? `${counts} (${words(blamed)})` : counts };
  },

  'apps/StatefulSet': object => {
    const stale = staleness(object);
    if (stale) return stale;
    const { replicas: wanted = 1, updateStrategy } = object.spec;
    const { readyReplicas = 0, updatedReplicas = 0 } = object.status ?? {};
    const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
    const updated = updateStrategy?.type === 'OnDelete' || updatedReplicas >= wanted - partition;
    if (readyReplicas >= wanted && updated) return READY;
    return { ready: false, reason: `${readyReplicas} of ${wanted} replicas ready, ${updatedReplicas} up to date` };
  },

  'apps/DaemonSet': object => {
    const stale = staleness(object);
    if (stale) return stale;
    const { desiredNumberScheduled: wanted = 0, numberReady = 0, updatedNumberScheduled = 0 } = object.status ?? {};
    const updated = object.spec.updateStrategy?.type === 'OnDelete' || updatedNumberScheduled >= wanted;
    if (numberReady >= wanted && updated) return READY;
    return { ready: false, reason: `${numberReady} of ${wanted} pods ready, ${updatedNumberScheduled} up to date` };
  },

  'batch/Job': object => {
    if (object.spec.suspend) return READY;
    if (condition(object, 'Complete')?.status === 'True') return READY;
    const failure = condition(object, 'Failed');
    if (failure?.status === 'True') return { ready: false, reason: words(failure), failed: true };
    const { active = 0, succeeded = 0 } = object.status ?? {};
    return { ready: false, reason: `not complete: ${active} pods active, ${succeeded} succeeded` };
  },
};

function staleness({ metadata, status }: Manifest): State | undefined {
  const seen = status?.observedGeneration ?? 0;
  return seen < metadata.generation ? { ready: false, reason: 'its controller has not looked at it yet' } : undefined;
}

/** What one object waits for. */
export interface Wait {
  readonly object: ObjectName;
  readonly type: ResourceType;
  readonly uid: string;

  /** Generation that was written; older states say nothing. */
  readonly generation: number;
  readonly seconds: number;
}

/** Waits for objects, with one watch per kind. */
export class Readiness {
  private readonly kinds = new Map<string, KindWatch>();
  private readonly served = new Map<string, Promise<void>>();
  private readonly end = new AbortController();

  constructor(
    private readonly client: KubeClient,
    private readonly signal?: AbortSignal,
  ) {
    signal?.addEventListener('abort', () => this.close(), { once: true });
    if (signal?.aborted) this.close();
  }

  /** @throws NotReady when the time is over, or waiting cannot help */
  public async wait(wait: Wait): Promise<void> {
    const path = collectionPath(wait.type);
    let watch = this.kinds.get(path);
    if (!watch) {
      watch = new KindWatch(this.client, path, this.end.signal);
      this.kinds.set(path, watch);
    }
    try {
      await watch.wait(wait);
    } catch (error) {
      this.signal?.throwIfAborted();
      if (!(error instanceof NotReady)) throw error;
      const pods = await this.podReasons(wait).catch(() => '');
      throw pods ? new NotReady(`${error.message}; ${pods}`) : error;
    }
  }

  /** An established CRD is served a moment later: asks the discovery of its version, never by writing. */
  public isServed(type: ResourceType, seconds: number): Promise<void> {
    const key = collectionPath(type);
    const known = this.served.get(key) ?? this.pollServed(type, seconds);
    this.served.set(key, known);
    return known;
  }

  public close(): void {
    this.end.abort();
  }

  private async pollServed({ base, plural }: ResourceType, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (let pause = 25; Date.now() < deadline; pause = Math.min(500, pause * 2)) {
      this.end.signal.throwIfAborted();
      const list = await this.client.get(base);
      if ((list?.resources ?? []).some((each: Manifest) => each.name === plural)) return;
      await sleep(pause);
    }
    throw new NotReady(`'${base}' does not serve '${plural}' after ${seconds} s`);
  }

  private async podReasons({ object, type }: Wait): Promise<string> {
    const workload = await this.client.get(`${collectionPath(type, object.namespace)}/${object.name}`);
    const labels: [string, string][] = Object.entries(workload?.spec?.selector?.matchLabels ?? {});
    if (labels.length === 0) return '';
    const selector = encodeURIComponent(labels.map(([key, value]) => `${key}=${value}`).join(','));
    const { items } = await this.client.list(`/api/v1/namespaces/${object.namespace}/pods?labelSelector=${selector}`, {
      limit: 20,
    });
    return [...new Set(items.flatMap(podReason))].slice(0, 3).join('; ');
  }
}

function podReason({ metadata, status }: Manifest): string[] {
  const unscheduled: Condition | undefined = (status?.conditions ?? []).find(
    (each: Condition) => each.type === 'PodScheduled' && each.status === 'False',
  );
  if (unscheduled) return [`pod '${metadata.name}' is not scheduled: ${unscheduled.message}`];
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.flatMap(({ name, state }: Manifest) => {
    const blamed = state?.waiting ?? (state?.terminated?.exitCode ? state.terminated : undefined);
    const message = blamed?.message ? `, ${blamed.message}` : '';
    return blamed ? [`container '${name}' of pod '${metadata.name}': ${blamed.reason}${message}`] : [];
  });
}

interface Waiter extends Wait {
  last?: State;
  settle(error?: unknown): void;
}

/** A watch may fall silent without an end, as those of a server that restarts do: after so long its kind is listed anew. */
const WATCH_SECONDS = 10;

/** Follows one kind for as long as anybody waits. */
class KindWatch {
  private readonly known = new Map<string, Manifest>();
  private readonly waiters = new Set<Waiter>();
  private running = false;

  constructor(
    private readonly client: KubeClient,
    private readonly path: string,
    private readonly end: AbortSignal,
  ) {}

  public wait(wait: Wait): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        ...wait,
        settle: error => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          if (error) reject(error);
          else resolve();
        },
      };
      const timer = setTimeout(() => {
        const reason = waiter.last?.reason ?? 'nothing was heard of it';
        waiter.settle(new NotReady(`not ready after ${wait.seconds} s: ${reason}`));
      }, wait.seconds * 1000);
      this.waiters.add(waiter);
      const known = this.known.get(keyOf(wait.object));
      if (known) judge(waiter, known);
      if (this.waiters.size > 0 && !this.running) void this.follow();
    });
  }

  private async follow(): Promise<void> {
    this.running = true;
    while (this.waiters.size > 0 && !this.end.aborted) {
      const startedAt = Date.now();
      try {
        const { items, resourceVersion } = await this.client.list(this.path);
        this.known.clear();
        // Items of a list lack their own kind.
        const { group, version, kind } = [...this.waiters][0]?.object ?? { group: '', version: '', kind: '' };
        const apiVersion = group ? `${group}/${version}` : version;
        for (const item of items) this.see({ ...item, apiVersion, kind });
        if (this.waiters.size > 0 && !this.end.aborted) await this.watch(resourceVersion);
      } catch (error) {
        const refused = error instanceof ApiError && [401, 403].includes(error.status);
        if (refused || error instanceof FlowyardError) for (const waiter of this.waiters) waiter.settle(error);
      }
      // Watches that end at once make this a poll, at most two a second.
      await sleep(Math.max(0, 500 - (Date.now() - startedAt)));
    }
    this.running = false;
    for (const waiter of this.waiters) waiter.settle(this.end.reason);
  }

  private async watch(resourceVersion: string): Promise<void> {
    // Not `AbortSignal.any` of a time-out: Node 20 may collect that before its time is over.
    const turn = new AbortController();
    const stop = () => turn.abort(this.end.reason);
    this.end.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(stop, WATCH_SECONDS * 1000);
    try {
      const onEvent = (type: string, object: Manifest) => this.onEvent(type, object);
      await this.client.watch(this.path, resourceVersion, onEvent, turn.signal);
    } finally {
      clearTimeout(timer);
      this.end.removeEventListener('abort', stop);
    }
  }

  private onEvent(type: string, object: Manifest): void {
    if (type === 'ADDED' || type === 'MODIFIED') this.see(object);
    if (type === 'DELETED') {
      this.known.delete(keyOf(nameOf(object)));
      for (const waiter of this.waiters) {
        if (waiter.uid === object.metadata.uid) waiter.settle(new NotReady('it was deleted while it was waited for'));
      }
    }
  }

  private see(object: Manifest): void {
    const key = keyOf(nameOf(object));
    this.known.set(key, object);
    for (const waiter of this.waiters) if (keyOf(waiter.object) === key) judge(waiter, object);
  }
}

function judge(waiter: Waiter, object: Manifest): void {
  if (object.metadata.uid !== waiter.uid || (object.metadata.generation ?? 0) < waiter.generation) return;
  waiter.last = stateOf(object);
  if (waiter.last.ready) waiter.settle();
  else if (waiter.last.failed) waiter.settle(new NotReady(waiter.last.reason!));
}
