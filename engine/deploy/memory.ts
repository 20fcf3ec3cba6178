import * as fs from 'node:fs';
import * as path from 'node:path';
import { FlowyardError } from '../errors';
import type { StackOptions } from './types';

interface Memory {
  /** The uid of the cluster's `kube-system` namespace. */
  readonly cluster: string;
  readonly server: string;
}

/**
 * Refuses a cluster that is not the one of the last run: a context that was switched by mistake would get a second
 * platform.
 */
export function checkMemory({ stack, memory, newCluster }: StackOptions, cluster: string): void {
  const known = memory && !newCluster ? recall(memory) : undefined;
  if (!known || known.cluster === cluster) return;
  throw new FlowyardError(
    `stack '${stack}' was last deployed to cluster '${known.cluster}' at ${known.server}, this one is '${cluster}'`,
    { next: 'choose the right context, or say --new-cluster', code: 2 },
  );
}

function recall(file: string): Memory | undefined {
  if (!fs.existsSync(file)) return undefined;
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new FlowyardError(`${file} cannot be read: ${(error as Error).message}`, {
      next: 'delete it; it only guards against a switched context',
      cause: error,
    });
  }
}

/** Notes the cluster of a stack; without one, forgets it. */
export function remember({ memory }: StackOptions, known: Memory | undefined): void {
  if (!memory) return;
  if (!known) fs.rmSync(memory, { force: true });
  else {
    fs.mkdirSync(path.dirname(memory), { recursive: true });
    // In one step: a file that was half written would be worse than none.
    fs.writeFileSync(`${memory}.${process.pid}`, JSON.stringify(known));
    fs.renameSync(`${memory}.${process.pid}`, memory);
  }
}
