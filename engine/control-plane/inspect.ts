import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';
import { FlowyardError } from '../errors';
import { tail } from './cluster';
import { withLock } from './lock';
import { ClusterPaths, COMPONENTS, type Component, openCache } from './paths';
import { readRecord } from './ports';
import { endComponents, runningComponents } from './processes';

/** One process of a cluster. */
export interface ComponentStatus {
  readonly name: Component;

  /** Nothing when it does not run. */
  readonly pid?: number;
  readonly port: number;

  /** Whether it runs and says that it is well. */
  readonly healthy: boolean;
  readonly logPath: string;
}

/** How a cluster fares. */
export interface ClusterStatus {
  readonly name: string;

  /** `degraded`: some components are missing or unwell. */
  readonly state: 'absent' | 'stopped' | 'degraded' | 'running';
  readonly healthy: boolean;
  readonly components: readonly ComponentStatus[];
  readonly kubeconfigPath: string;
  readonly auditLogPath: string;

  /** Address of the API server, nothing when the cluster does not exist. */
  readonly server?: string;
}

/** Settings of all calls about one cluster. */
export interface ClusterOptions {
  /** @default - the cache of this user */
  readonly cache?: string;
}

/** Names of the clusters of this user, running or not. */
export function list(options: ClusterOptions = {}): string[] {
  const clusters = path.join(openCache(options.cache), 'clusters');
  const names = fs.existsSync(clusters) ? fs.readdirSync(clusters) : [];
  return names.filter(name => fs.existsSync(path.join(clusters, name, 'cluster.json'))).sort();
}

/** Asks the process table and every component. */
export async function status(name: string, options: ClusterOptions = {}): Promise<ClusterStatus> {
  const paths = new ClusterPaths(name, openCache(options.cache));
  const common = { name, kubeconfigPath: paths.kubeconfig, auditLogPath: paths.auditLog };
  const record = readRecord(paths.record);
  if (!record) {
    return { ...common, state: 'absent', healthy: false, components: [] };
  }
  const running = await runningComponents(paths);
  const components = await Promise.all(
    COMPONENTS.map(async component => {
      const [pid, port] = [running[component], record.ports[component]];
      const healthy = pid !== undefined && (await isWell(component, port));
      return { name: component, pid, port, healthy, logPath: paths.log(component) };
    }),
  );
  const healthy = components.every(component => component.healthy);
  const stopped = components.every(component => component.pid === undefined);
  const server = `https://127.0.0.1:${record.ports['kube-apiserver']}`;
  return { ...common, state: healthy ? 'running' : stopped ? 'stopped' : 'degraded', healthy, components, server };
}

const HEALTH: Record<Component, { readonly path: string; readonly secure: boolean }> = {
  etcd: { path: '/health', secure: false },
  'kube-apiserver': { path: '/readyz', secure: true },
  'kube-controller-manager': { path: '/healthz', secure: true },
  'kube-scheduler': { path: '/healthz', secure: true },
  'kwok-controller': { path: '/healthz', secure: false },
};

/** These paths answer anybody; who answers is known from the process table, so certificates need no check. */
function isWell(component: Component, port: number): Promise<boolean> {
  const { path: target, secure } = HEALTH[component];
  const options = { host: '127.0.0.1', port, path: target, timeout: 2_000, rejectUnauthorized: false };
  return new Promise(resolve => {
    const request = (secure ? https : http).get(options, response => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Ends the processes of a cluster; its data stays. */
export async function stop(name: string, options: ClusterOptions = {}): Promise<void> {
  await exclusively(name, options, endComponents);
}

/** Ends the processes of a cluster and deletes its data. A cluster that does not exist is no error. */
export async function remove(name: string, options: ClusterOptions = {}): Promise<void> {
  await exclusively(name, options, async paths => {
    await endComponents(paths);
    fs.rmSync(paths.directory, { recursive: true, force: true });
  });
}

/** Kubeconfig of the user `flowyard`; written when the cluster is created. */
export function kubeconfigPath(name: string, options: ClusterOptions = {}): string {
  return new ClusterPaths(name, openCache(options.cache)).kubeconfig;
}

/** Requests to the API server, one JSON object a line. */
export function auditLogPath(name: string, options: ClusterOptions = {}): string {
  return new ClusterPaths(name, openCache(options.cache)).auditLog;
}

/** The last lines that a component logged. */
export function logs(name: string, component: Component, lines = 200, options: ClusterOptions = {}): string {
  const file = new ClusterPaths(name, openCache(options.cache)).log(component);
  if (!fs.existsSync(file)) {
    throw new FlowyardError(`cluster '${name}' has no log of '${component}'`, {
      next: `components are ${COMPONENTS.join(', ')}; clusters are ${list(options).join(', ') || 'none'}`,
    });
  }
  return tail(file, lines);
}

function exclusively(
  name: string,
  options: ClusterOptions,
  task: (paths: ClusterPaths) => Promise<void>,
): Promise<void> {
  const paths = new ClusterPaths(name, openCache(options.cache));
  return withLock(path.join(paths.cache, 'clusters', name), {}, () => task(paths));
}
