import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

/** How to wait for a lock. */
export interface LockOptions {
  readonly signal?: AbortSignal;

  /** Called each second while another process holds the lock. */
  readonly onWait?: (waitedSeconds: number) => void;
}

/** Runs one task at a time across processes. The lock of a process that died is taken over after 20 s. */
export async function withLock<T>(file: string, options: LockOptions, task: () => Promise<T>): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const startedAt = Date.now();
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      // A lock lost while the machine slept is no harm: all results are put in place by rename.
      const release = await lock(file, { realpath: false, stale: 20_000, update: 5_000, onCompromised: () => {} });
      try {
        return await task();
      } finally {
        await release().catch(() => {});
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'ELOCKED') {
        throw error;
      }
    }
    if (attempt % 5 === 0) {
      options.onWait?.(Math.round((Date.now() - startedAt) / 1000));
    }
    await sleep(200, undefined, { signal: options.signal });
  }
}
