import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FlowyardError } from '../errors';
import { Api } from './api';
import { type BinaryEvent, prepareBinaries } from './binaries';
import { writeKubeconfig } from './identity';
import { renderAuditPolicy, renderKwokctlConfig, runKwokctl } from './kwokctl';
import { withLock } from './lock';
import { ClusterPaths, COMPONENTS, type Component, openCache } from './paths';
import type { BinaryName } from './pins';
import { type ClusterRecord, claimPorts, isFree, readRecord, writeRecord } from './ports';
import { correctPidFiles, endComponents, type Running, runningComponents } from './processes';
import { ensureStorage, nodesReady, reconcileNodes, type SimulatedNode } from './simulation';

/** News of `createOrStart`: a binary made ready, or a step of the cluster. */
export type ClusterEvent =
  | ({ readonly kind: 'binary' } & BinaryEvent)
  | { readonly kind: 'cluster'; readonly message: string; readonly elapsedSeconds: number };

/** Settings of `createOrStart`. */
export interface StartOptions {
  /** The nodes that the cluster shall have; others that we simulate are removed. */
  readonly nodes: readonly SimulatedNode[];

  /** @default - runs to its end */
  readonly signal?: AbortSignal;

  /** @default - progress is not reported */
  readonly onProgress?: (event: ClusterEvent) => void;

  /** @default - the cache of this user */
  readonly cache?: string;
}

/** A cluster that answers. */
export interface Cluster {
  readonly name: string;

  /** Kubeconfig of the user `flowyard`, an administrator. */
  readonly kubeconfigPath: string;

  /** Address of the API server. */
  readonly server: string;

  /** What had to be done: nothing for a cluster that ran already. */
  readonly outcome: 'created' | 'started' | 'running';
}

const START_SECONDS = 120;
const LOG_BYTES = 20_000_000;

/** Makes a cluster of this name answer, with these nodes: creates it, starts what is stopped or died, or finds it well. */
export async function createOrStart(name: string, options: StartOptions): Promise<Cluster> {
  if (process.platform === 'win32') {
    throw new FlowyardError('the embedded control plane runs on Linux and macOS, not on Windows', { next: 'use WSL' });
  }
  const paths = new ClusterPaths(name, openCache(options.cache));
  return (await tryRunning(paths, options)) ?? (await new Start(paths, options).run());
}

/** The quick way: all components run and the API server is ready. */
async function tryRunning(paths: ClusterPaths, options: StartOptions): Promise<Cluster | undefined> {
  const record = readRecord(paths.record);
  const running = await runningComponents(paths);
  if (!record || !fs.existsSync(paths.kubeconfig) || COMPONENTS.some(component => running[component] === undefined)) {
    return undefined;
  }
  const api = Api.asControlPlane(paths, record.ports['kube-apiserver'], options.signal);
  try {
    if (!(await api.ready())) {
      return undefined;
    }
    const [changed] = await Promise.all([reconcileNodes(api, options.nodes), ensureStorage(api)]);
    // When nodes do not get ready, the long way finds out why.
    return !changed || (await soon(() => nodesReady(api), options.signal))
      ? describe(paths, record, 'running')
      : undefined;
  } finally {
    api.close();
  }
}

/** The long way: one start of one cluster. */
class Start {
  private readonly startedAt = Date.now();

  constructor(
    private readonly paths: ClusterPaths,
    private readonly options: StartOptions,
  ) {}

  public async run(): Promise<Cluster> {
    const { paths, options } = this;
    const { signal } = options;
    const binaries = await prepareBinaries({
      cache: paths.cache,
      signal,
      onProgress: event => options.onProgress?.({ kind: 'binary', ...event }),
    });
    const onWait = () => this.say(`another process works on cluster ${paths.name}, waiting`);
    return withLock(path.join(paths.cache, 'clusters', paths.name), { signal, onWait }, async () => {
      const found = await tryRunning(paths, options);
      if (found) {
        return found;
      }
      try {
        return await this.start(binaries);
      } catch (error) {
        // No half cluster stays behind; its data and logs do.
        await endComponents(paths);
        signal?.throwIfAborted();
        throw error;
      }
    });
  }

  private async start(binaries: Record<BinaryName, string>): Promise<Cluster> {
    const { paths, options } = this;
    const record = readRecord(paths.record) ?? (await claimPorts(paths, options.signal));
    // Written once kwokctl was through; its own files are there earlier.
    const installed = record.binaries.kwokctl !== undefined;
    const before = await runningComponents(paths);
    await this.checkPorts(record, before);
    this.say(`${installed ? 'starting' : 'creating'} cluster ${paths.name}`);
    if (installed) {
      correctPidFiles(paths, before);
      this.refreshBinaries(record, binaries);
      rotateLogs(paths, before);
      await runKwokctl(binaries.kwokctl, paths, ['start', 'cluster'], options.signal);
    } else {
      await this.create(record, binaries);
    }
    writeRecord(paths.record, { ...record, binaries });

    const api = Api.asControlPlane(paths, record.ports['kube-apiserver'], options.signal);
    try {
      await this.waitFor('the API server', () => api.ready(), ['etcd', 'kube-apiserver']);
      if (!fs.existsSync(paths.kubeconfig)) {
        writeKubeconfig(paths, record.ports['kube-apiserver']);
      }
      await this.reviveClients(binaries);
      this.say('adding simulated nodes and volumes');
      await Promise.all([reconcileNodes(api, options.nodes), ensureStorage(api)]);
      await this.waitFor('controllers and nodes', async () => {
        const account = '/api/v1/namespaces/default/serviceaccounts/default';
        return (await nodesReady(api)) && (await api.exists(account));
      });
      return describe(paths, record, installed ? 'started' : 'created');
    } finally {
      api.close();
    }
  }

  private async create(record: ClusterRecord, binaries: Record<BinaryName, string>): Promise<void> {
    const { paths, options } = this;
    // What an interrupted creation left cannot be used.
    await endComponents(paths);
    fs.rmSync(paths.kwokHome, { recursive: true, force: true });
    fs.rmSync(paths.kubeconfig, { force: true });
    fs.mkdirSync(paths.kwokHome, { recursive: true, mode: 0o700 });
    const auditPolicy = path.join(paths.kwokHome, 'audit-policy.yaml');
    const config = path.join(paths.kwokHome, 'kwokctl.yaml');
    fs.writeFileSync(auditPolicy, renderAuditPolicy());
    fs.writeFileSync(config, renderKwokctlConfig({ ports: record.ports, binaries, auditPolicy, pki: paths.pki('') }));
    // Without a kubeconfig to write to, kwokctl leaves the user's own alone.
    await runKwokctl(
      binaries.kwokctl,
      paths,
      ['--config', config, 'create', 'cluster', '--kubeconfig', ''],
      options.signal,
    );
  }

  /** After an upgrade the cluster starts with the new binaries. */
  private refreshBinaries(record: ClusterRecord, binaries: Record<BinaryName, string>): void {
    const started: Partial<Record<Component, string>> = {
      etcd: binaries.etcd,
      'kube-apiserver': binaries['kube-apiserver'],
      'kube-controller-manager': binaries['kube-controller-manager'],
      'kube-scheduler': binaries['kube-scheduler'],
      'kwok-controller': binaries.kwok,
    };
    for (const [component, binary] of Object.entries(started)) {
      const link = this.paths.executable(component as Component);
      if (record.binaries[component === 'kwok-controller' ? 'kwok' : component] !== binary || !fs.existsSync(link)) {
        fs.rmSync(link, { force: true });
        fs.mkdirSync(path.dirname(link), { recursive: true });
        fs.symlinkSync(binary, link);
      }
    }
  }

  private async checkPorts(record: ClusterRecord, running: Running): Promise<void> {
    for (const [owner, port] of Object.entries(record.ports)) {
      const component = owner === 'etcd-peer' ? 'etcd' : (owner as Component);
      // The port of a process that was killed a moment ago is still being closed.
      if (running[component] === undefined && !(await soon(() => isFree(port), this.options.signal, 30))) {
        throw new FlowyardError(
          `port ${port} of ${component} in cluster '${this.paths.name}' is taken by another program`,
          {
            next: `end that program (ss -ltnp 'sport = :${port}' or lsof -i :${port} names it), or delete the cluster and create it again`,
          },
        );
      }
    }
  }

  /** Controllers give up when a slow machine lets them wait more than 10 s for the API server; they get another chance. */
  private async reviveClients(binaries: Record<BinaryName, string>): Promise<void> {
    const running = await runningComponents(this.paths);
    if (COMPONENTS.some(component => running[component] === undefined)) {
      correctPidFiles(this.paths, running);
      await runKwokctl(binaries.kwokctl, this.paths, ['start', 'cluster'], this.options.signal);
    }
  }

  private async waitFor(
    what: string,
    done: () => Promise<boolean>,
    needed: readonly Component[] = COMPONENTS,
  ): Promise<void> {
    this.say(`waiting for ${what}`);
    const deadline = Date.now() + START_SECONDS * 1000;
    while (!(await done())) {
      const running = await runningComponents(this.paths);
      const dead = needed.find(component => running[component] === undefined);
      if (dead) {
        throw new FlowyardError(`${dead} of cluster '${this.paths.name}' ended${this.lastLines(dead)}`, {
          next: `read ${this.paths.log(dead)}`,
        });
      }
      if (Date.now() > deadline) {
        const suspect = needed.at(-1)!;
        throw new FlowyardError(
          `${what} of cluster '${this.paths.name}' not ready in ${START_SECONDS} s${this.lastLines(suspect)}`,
          {
            next: `read the logs in ${path.dirname(this.paths.log(suspect))}`,
          },
        );
      }
      await sleep(50, undefined, { signal: this.options.signal });
    }
  }

  private lastLines(component: Component): string {
    const text = tail(this.paths.log(component), 10);
    return text ? `; the last lines of ${this.paths.log(component)}:\n${text}` : '';
  }

  private say(message: string): void {
    const elapsedSeconds = (Date.now() - this.startedAt) / 1000;
    this.options.onProgress?.({ kind: 'cluster', message, elapsedSeconds });
  }
}

/** Whether it comes true within so many tenths of a second. */
async function soon(done: () => Promise<boolean>, signal?: AbortSignal, attempts = 100): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await done()) {
      return true;
    }
    await sleep(100, undefined, { signal });
  }
  return false;
}

/** The last lines of a file, empty when there is none. */
export function tail(file: string, lines: number): string {
  try {
    return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/** kwokctl only ever appends. */
function rotateLogs(paths: ClusterPaths, running: Running): void {
  for (const component of COMPONENTS) {
    const file = paths.log(component);
    if (running[component] === undefined && fs.existsSync(file) && fs.statSync(file).size > LOG_BYTES) {
      fs.renameSync(file, `${file}.1`);
    }
  }
}

function describe(paths: ClusterPaths, record: ClusterRecord, outcome: Cluster['outcome']): Cluster {
  const server = `https://127.0.0.1:${record.ports['kube-apiserver']}`;
  return { name: paths.name, kubeconfigPath: paths.kubeconfig, server, outcome };
}
