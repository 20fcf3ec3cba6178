import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { FlowyardError } from '../errors';
import { withLock } from './lock';
import type { ClusterPaths, Component } from './paths';

/** Ports of one cluster, all on 127.0.0.1. */
export type Ports = Record<Component | 'etcd-peer', number>;

/** What is kept of a cluster between runs. */
export interface ClusterRecord {
  readonly ports: Ports;

  /** Paths of the binaries that the cluster was last started with. */
  readonly binaries: Readonly<Record<string, string>>;
}

// Below the range from which systems take the ports of outgoing connections, so that a stopped cluster keeps its own.
const FIRST = 20_100;
const LAST = 29_900;
const BLOCK = 10;
const ORDER: readonly (keyof Ports)[] = [
  'kube-apiserver',
  'etcd',
  'etcd-peer',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok-controller',
];

/** The record of a cluster, or nothing when it was never created. */
export function readRecord(file: string): ClusterRecord | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as ClusterRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new FlowyardError(`cannot read ${file}: ${(error as Error).message}`, {
      next: 'delete the cluster and create it again',
    });
  }
}

/** Writes the record, all or nothing. */
export function writeRecord(file: string, record: ClusterRecord): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  fs.renameSync(`${file}.new`, file);
}

/** Ports that the other clusters of this cache own, running or not. */
export function claimedPorts(cache: string): Set<number> {
  const clusters = path.join(cache, 'clusters');
  const names = fs.existsSync(clusters) ? fs.readdirSync(clusters) : [];
  const records = names.map(name => readRecord(path.join(clusters, name, 'cluster.json')));
  return new Set(records.flatMap(record => (record ? Object.values(record.ports) : [])));
}

/** Finds a block of free ports that no other cluster owns and writes it down before anybody else can take it. */
export async function claimPorts(paths: ClusterPaths, signal?: AbortSignal): Promise<ClusterRecord> {
  return withLock(path.join(paths.cache, 'ports'), { signal }, async () => {
    const block = await freePorts(paths.cache);
    const ports = Object.fromEntries(ORDER.map((name, index) => [name, block[index]])) as Ports;
    const record: ClusterRecord = { ports, binaries: {} };
    writeRecord(paths.record, record);
    return record;
  });
}

/**
 * Ports that one more cluster could have.
 *
 * @throws FlowyardError when there are none
 */
export async function freePorts(cache: string): Promise<number[]> {
  const claimed = claimedPorts(cache);
  for (let base = FIRST; base + BLOCK <= LAST; base += BLOCK) {
    const block = ORDER.map((_, index) => base + index);
    if (!block.some(port => claimed.has(port)) && (await Promise.all(block.map(isFree))).every(Boolean)) return block;
  }
  throw new FlowyardError(`no six free ports in a row between ${FIRST} and ${LAST}`, {
    next: 'delete clusters that you no longer need',
  });
}

/** Whether a server could listen on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
