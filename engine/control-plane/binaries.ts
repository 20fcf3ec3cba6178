import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { FlowyardError } from '../errors';
import { withLock } from './lock';
import { binaryPath, openCache, platformKey } from './paths';
import { type BinaryName, BUNDLES, type Bundle, CLUSTER_BINARIES, DOWNLOAD_SITES, type DownloadSites } from './pins';
import { Estimate } from './progress';
import { buildWithGo, fetchDownload, findOnPath } from './sources';

/** Where a binary comes from, in the order in which the sources are asked. */
export type BinarySource = 'cache' | 'path' | 'download' | 'build';

/** News of `prepareBinaries`. */
export interface BinaryEvent {
  /** The binary, or the bundle (such as `kubernetes`) while its binaries are made together. */
  readonly binary: string;
  readonly source: BinarySource;

  /** `waiting`: another process prepares the same. `failed`: the next source is asked. */
  readonly state: 'waiting' | 'working' | 'failed' | 'ready';

  /** Seconds since this bundle was begun. */
  readonly elapsedSeconds: number;

  /** Seconds until all binaries are ready, as far as they have to be built. */
  readonly remainingSeconds?: number;

  /** One line for people. */
  readonly message?: string;
}

/** Settings of `prepareBinaries`. */
export interface PrepareOptions {
  /** @default - all that a cluster needs, which leaves out `minio` */
  readonly names?: readonly BinaryName[];

  /** @default - progress is not reported */
  readonly onProgress?: (event: BinaryEvent) => void;

  /** @default - runs to its end */
  readonly signal?: AbortSignal;

  /** @default - the cache of this user */
  readonly cache?: string;

  /** @default - the environment of this process */
  readonly env?: NodeJS.ProcessEnv;

  /** @default - the official sites */
  readonly sites?: DownloadSites;

  /** @default 5000 */
  readonly connectMilliseconds?: number;

  /** @default - the pinned bundles */
  readonly bundles?: readonly Bundle[];

  /** @default - the folder `tools` of this package */
  readonly tools?: string;
}

/** Makes binaries ready and returns their paths. What is ready already costs a look at the file system. */
export async function prepareBinaries(options: PrepareOptions = {}): Promise<Record<BinaryName, string>> {
  const cache = openCache(options.cache);
  const names = options.names ?? CLUSTER_BINARIES;
  const ready: Partial<Record<BinaryName, string>> = {};
  const missing = new Map<Bundle, BinaryName[]>();
  for (const name of names) {
    const bundle = (options.bundles ?? BUNDLES).find(each => each.packages[name] !== undefined)!;
    const cached = binaryPath(cache, name, bundle.version);
    if (fs.existsSync(cached)) {
      ready[name] = cached;
      options.onProgress?.({ binary: name, source: 'cache', state: 'ready', elapsedSeconds: 0 });
    } else {
      missing.set(bundle, [...(missing.get(bundle) ?? []), name]);
    }
  }
  const builds = Object.fromEntries([...missing.keys()].map(bundle => [bundle.name, bundle.buildSeconds]));
  const estimate = new Estimate(builds, os.availableParallelism());
  for (const [bundle, wanted] of missing) {
    Object.assign(ready, await new Preparation(bundle, cache, estimate, options).run(wanted));
  }
  return ready as Record<BinaryName, string>;
}

/** Makes the missing binaries of one bundle. */
class Preparation {
  private readonly startedAt = now();
  private readonly ready: Partial<Record<BinaryName, string>> = {};
  private readonly failures: string[] = [];

  constructor(
    private readonly bundle: Bundle,
    private readonly cache: string,
    private readonly estimate: Estimate,
    private readonly options: PrepareOptions,
  ) {}

  public async run(wanted: readonly BinaryName[]): Promise<Partial<Record<BinaryName, string>>> {
    const { signal, env = process.env } = this.options;
    if (this.bundle.fromPath) {
      for (const name of wanted) {
        const found = await findOnPath(name, this.bundle.version, env, signal);
        if (found) {
          this.found(name, found, 'path');
        }
      }
    }
    if (this.missing(wanted).length > 0) {
      const lockFile = path.join(this.cache, 'bin', this.bundle.name);
      const onWait = (waited: number) =>
        this.report('build', 'waiting', `another process prepares ${this.bundle.name}, waiting since ${waited} s`);
      await withLock(lockFile, { signal, onWait }, () => this.make(wanted));
    }
    this.estimate.drop(this.bundle.name);
    return this.ready;
  }

  /** Runs under the lock: what the previous holder left in the cache is not made again. */
  private async make(wanted: readonly BinaryName[]): Promise<void> {
    for (const name of this.missing(wanted)) {
      const cached = binaryPath(this.cache, name, this.bundle.version);
      if (fs.existsSync(cached)) {
        this.found(name, cached, 'cache');
      }
    }
    const workplace = path.join(this.cache, 'tmp', `${this.bundle.name}-${process.pid}-${crypto.randomUUID()}`);
    this.sweep();
    fs.mkdirSync(workplace, { recursive: true });
    try {
      await this.download(wanted, workplace);
      await this.build(wanted, workplace);
    } finally {
      fs.rmSync(workplace, { recursive: true, force: true });
    }
  }

  private async download(wanted: readonly BinaryName[], workplace: string): Promise<void> {
    const { signal, sites = DOWNLOAD_SITES, connectMilliseconds } = this.options;
    for (const download of this.bundle.downloads[platformKey()] ?? []) {
      const names = this.missing(wanted).filter(name => download.entries[name] !== undefined);
      if (names.length === 0) {
        continue;
      }
      this.report('download', 'working', `downloading ${download.path}`);
      const heartbeat = everySecond((received: number, total?: number) => {
        const size = total ? ` of ${megabytes(total)}` : '';
        this.report('download', 'working', `downloading ${download.path}: ${megabytes(received)}${size}`);
      });
      try {
        await fetchDownload(download, { sites, into: workplace, signal, connectMilliseconds, onBytes: heartbeat });
        for (const name of names) {
          this.keep(name, workplace, 'download');
        }
      } catch (error) {
        signal?.throwIfAborted();
        this.failures.push((error as Error).message);
        this.report('download', 'failed', (error as Error).message);
      }
    }
  }

  private async build(wanted: readonly BinaryName[], workplace: string): Promise<void> {
    const names = this.missing(wanted);
    if (names.length === 0) {
      return;
    }
    const { signal, env = process.env, tools = toolsDirectory() } = this.options;
    const message = `building ${names.join(', ')} ${this.bundle.version} from source, once per machine`;
    this.estimate.start(this.bundle.name, now());
    this.report('build', 'working', message);
    const timer = setInterval(() => this.report('build', 'working', message), 1_000);
    try {
      await buildWithGo(this.bundle, names, { tools, into: workplace, env, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw this.exhausted(names, error as Error);
    } finally {
      clearInterval(timer);
    }
    this.estimate.finish(now());
    for (const name of names) {
      this.keep(name, workplace, 'build');
    }
  }

  private exhausted(names: readonly BinaryName[], error: Error): Error {
    const before = this.failures.length > 0 ? ` (before that: ${this.failures.join('; ')})` : '';
    const [major, minor] = this.bundle.version.split('.');
    const alternative = this.bundle.fromPath ? `, or put ${names.join(', ')} ${major}.${minor}.x on the PATH` : '';
    const next = (error as FlowyardError).next;
    return new FlowyardError(`${error.message}${before}`, { next: next && next + alternative, cause: error });
  }

  /** Moves a finished binary to its place; whoever sees it there sees all of it. */
  private keep(name: BinaryName, workplace: string, source: BinarySource): void {
    const target = binaryPath(this.cache, name, this.bundle.version);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.renameSync(path.join(workplace, name), target);
    this.found(name, target, source);
  }

  private found(name: BinaryName, file: string, source: BinarySource): void {
    this.ready[name] = file;
    this.options.onProgress?.({ binary: name, source, state: 'ready', elapsedSeconds: this.elapsed() });
  }

  private missing(wanted: readonly BinaryName[]): BinaryName[] {
    return wanted.filter(name => this.ready[name] === undefined);
  }

  private report(source: BinarySource, state: BinaryEvent['state'], message: string): void {
    this.options.onProgress?.({
      binary: this.bundle.name,
      source,
      state,
      elapsedSeconds: this.elapsed(),
      remainingSeconds: state === 'working' && source === 'build' ? this.estimate.remainingSeconds(now()) : undefined,
      message,
    });
  }

  private elapsed(): number {
    return Math.round(now() - this.startedAt);
  }

  /** Removes what killed runs left; the lock says that nobody else works on this bundle. */
  private sweep(): void {
    const directory = path.join(this.cache, 'tmp');
    const entries = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    for (const entry of entries.filter(each => each.startsWith(`${this.bundle.name}-`))) {
      fs.rmSync(path.join(directory, entry), { recursive: true, force: true });
    }
  }
}

/** The folder with the pinned Go modules: beside `engine/` in a checkout, at the root of an installed package. */
export function toolsDirectory(from: string = __dirname): string {
  const candidate = path.join(from, 'tools');
  if (fs.existsSync(path.join(candidate, 'etcd', 'go.mod'))) {
    return candidate;
  }
  if (path.dirname(from) === from) {
    throw new FlowyardError(`the folder 'tools' with the pinned Go modules is missing above ${__dirname}`, {
      next: 'install the package again',
    });
  }
  return toolsDirectory(path.dirname(from));
}

function now(): number {
  return performance.now() / 1000;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function everySecond<A extends unknown[]>(call: (...args: A) => void): (...args: A) => void {
  let last = now();
  return (...args) => {
    if (now() - last >= 1) {
      last = now();
      call(...args);
    }
  };
}
