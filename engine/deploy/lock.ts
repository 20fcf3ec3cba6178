import * as os from 'node:os';
import { FlowyardError } from '../errors';
import { ApiError, type KubeClient } from './client';
import { SYSTEM_NAMESPACE } from './inventory';
import type { Manifest } from './types';

const SECONDS = 60;
/** Uids of the leases that runs of this process hold. */
const held = new Set<string>();
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM_NAMESPACE}/leases`;

/**
 * Lets one deployer at a time write to a stack. The lock is a Lease that is renewed while its holder lives; that of a
 * process that is known to be dead, or has not renewed it for a minute, is taken over.
 *
 * @param task is told by its signal when the lock is lost: it must stop, as another run may have begun
 * @throws FlowyardError when another deployer holds the lock, or the lock was lost on the way
 */
export async function withStackLock<T>(
  client: KubeClient,
  stack: string,
  task: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const name = `flowyard-lock-${stack}`;
  const path = `${LEASES}/${name}`;
  let lease = await acquire(client, stack, name, path);
  let renewedAt = Date.now();
  const lost = new AbortController();
  const lose = (reason: string) => {
    lost.abort(
      new FlowyardError(`the lock of stack '${stack}' was lost: ${reason}`, { next: 'run the same command again' }),
    );
  };
  const renew = async () => {
    try {
      lease = await client.update(path, { ...lease, spec: { ...lease.spec, renewTime: now() } });
      renewedAt = Date.now();
    } catch (error) {
      const refused = error instanceof ApiError && [404, 409].includes(error.status);
      const live = refused ? await client.get(path).catch(() => lease) : lease;
      // Moved on by a renewal whose answer was lost; or taken over, or deleted by hand.
      if (isSame(live, lease)) lease = live!;
      else lose(live ? `${live.spec.holderIdentity} has taken it over` : 'somebody has deleted it');
      if (Date.now() - renewedAt > SECONDS * 1000) lose(`not renewed for ${SECONDS} s: ${(error as Error).message}`);
    }
  };
  held.add(lease.metadata.uid);
  const renewal = setInterval(renew, (SECONDS * 1000) / 4);
  try {
    const result = await task(lost.signal);
    lost.signal.throwIfAborted();
    return result;
  } finally {
    clearInterval(renewal);
    held.delete(lease.metadata.uid);
    if (!lost.signal.aborted) await client.delete(path, lease.metadata.uid).catch(() => {});
  }
}

async function acquire(client: KubeClient, stack: string, name: string, path: string): Promise<Manifest> {
  const manifest = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    spec: {
      holderIdentity: `${os.hostname()} pid ${process.pid}`,
      leaseDurationSeconds: SECONDS,
      acquireTime: now(),
      renewTime: now(),
    },
  };
  const held = await client.get(path);
  if (held && isAlive(held)) throw locked(stack, held);
  try {
    if (!held) return await client.create(LEASES, manifest);
    const { resourceVersion } = held.metadata;
    return await client.update(path, { ...manifest, metadata: { ...manifest.metadata, resourceVersion } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const winner = await client.get(path);
    // Ours, made by a request whose answer was lost.
    if (winner && isSame(winner, manifest)) return winner;
    throw locked(stack, winner ?? manifest);
  }
}

/** Whether two leases were taken by the same run. */
function isSame(a: Manifest | undefined, b: Manifest): boolean {
  return a?.spec.holderIdentity === b.spec.holderIdentity && a?.spec.acquireTime === b.spec.acquireTime;
}

function isAlive({ metadata, spec }: Manifest): boolean {
  if (Date.now() - Date.parse(spec.renewTime) > SECONDS * 1000) return false;
  const [, host, pid] = /^(.*) pid (\d+)$/.exec(spec.holderIdentity) ?? [];
  if (host !== os.hostname()) return true;
  if (Number(pid) === process.pid) return held.has(metadata.uid);
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function locked(stack: string, { spec }: Manifest): FlowyardError {
  return new FlowyardError(`stack '${stack}' is being changed by ${spec.holderIdentity}, since ${spec.acquireTime}`, {
    next: `wait until it ends; if it died, its lock runs out ${SECONDS} s after its last sign of life`,
  });
}

/** Kubernetes wants microseconds. */
function now(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
