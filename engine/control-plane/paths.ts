import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { FlowyardError } from '../errors';

/** Where this user's binaries and clusters are kept; shared by all checkouts. */
export function cacheDirectory(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = os.homedir(),
): string {
  if (env.FLOWYARD_CACHE) {
    return path.resolve(env.FLOWYARD_CACHE);
  }
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)) {
    return path.join(env.XDG_CACHE_HOME, 'flowyard');
  }
  return platform === 'darwin'
    ? path.join(home, 'Library', 'Caches', 'flowyard')
    : path.join(home, '.cache', 'flowyard');
}

/** The cache, made if need be, with links resolved: processes are recognised by their path. */
export function openCache(directory: string = cacheDirectory()): string {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return fs.realpathSync(directory);
}

/** Operating system and processor, as cache keys and download tables name them, such as `linux-x64`. */
export function platformKey(): string {
  return `${process.platform}-${process.arch}`;
}

/** Path of one binary in the cache. The folder carries the version so that the file keeps its plain name. */
export function binaryPath(cache: string, name: string, version: string, platform: string = platformKey()): string {
  return path.join(cache, 'bin', `${name}-${version}-${platform}`, name);
}

/** Components of a cluster, in the order of their start. */
export const COMPONENTS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok-controller',
] as const;

/** One of the processes of a cluster. */
export type Component = (typeof COMPONENTS)[number];

/** Files of one cluster. */
export class ClusterPaths {
  /** All that belongs to the cluster. */
  public readonly directory: string;

  constructor(
    public readonly name: string,
    public readonly cache: string = openCache(),
  ) {
    if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
      throw new FlowyardError(
        `'name' of a cluster takes at most 40 lower-case letters, digits and dashes, got '${name}'`,
      );
    }
    this.directory = path.join(cache, 'clusters', name);
  }

  /** Kubeconfig of the user `flowyard`. */
  public get kubeconfig(): string {
    return path.join(this.directory, 'kubeconfig.yaml');
  }

  /** What we remember of the cluster: ports and binaries. */
  public get record(): string {
    return path.join(this.directory, 'cluster.json');
  }

  /** Work directory of kwokctl, one per cluster. */
  public get kwokHome(): string {
    return path.join(this.directory, 'kwok');
  }

  /** Where kwokctl keeps the cluster itself. */
  public get kwok(): string {
    return path.join(this.kwokHome, 'clusters', this.name);
  }

  public get auditLog(): string {
    return path.join(this.kwok, 'logs', 'audit.log');
  }

  public log(component: Component): string {
    return path.join(this.kwok, 'logs', `${component}.log`);
  }

  public pid(component: Component): string {
    return path.join(this.kwok, 'pids', `${component}.pid`);
  }

  /** The path under which kwokctl starts a component: it tells our processes from all others. */
  public executable(component: Component): string {
    return path.join(this.kwok, 'bin', component);
  }

  public pki(file: string): string {
    return path.join(this.kwok, 'pki', file);
  }
}
