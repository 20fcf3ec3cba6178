import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { FlowyardError } from '../errors';
import type { BinaryName, Bundle, Download, DownloadSites } from './pins';

const exec = promisify(execFile);

/** Finds a binary of the pinned minor version on the PATH. */
export async function findOnPath(
  name: BinaryName,
  version: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (const directory of (env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    const file = path.join(directory, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      const { stdout } = await exec(file, ['--version'], { timeout: 5_000, signal });
      const found = /(\d+\.\d+)\.\d+/.exec(stdout)?.[1];
      if (found === version.split('.').slice(0, 2).join('.')) {
        return file;
      }
    } catch {
      signal?.throwIfAborted();
    }
  }
  return undefined;
}

/** Settings of `fetchDownload`. */
export interface DownloadOptions {
  readonly sites: DownloadSites;

  /** Folder that receives the binaries. */
  readonly into: string;
  readonly signal?: AbortSignal;

  /**
   * Milliseconds until an answer must have begun.
   *
   * @default 5000
   */
  readonly connectMilliseconds?: number;

  /** @default 30000 */
  readonly stallMilliseconds?: number;

  /** @default - bytes are not reported */
  readonly onBytes?: (received: number, total?: number) => void;
}

/** Downloads, checks and unpacks. Throws when the site does not answer or the file is not the pinned one. */
export async function fetchDownload(download: Download, options: DownloadOptions): Promise<void> {
  const url = `${options.sites[download.site].replace(/\/$/, '')}/${download.path}`;
  const file = path.join(options.into, path.basename(download.path));
  const patience = new AbortController();
  const giveUp = (why: string) => () => patience.abort(new FlowyardError(`${why}: ${url}`));
  const connect = options.connectMilliseconds ?? 5_000;
  let timer = setTimeout(giveUp(`no connection within ${connect / 1000} s`), connect);
  const signal = options.signal ? AbortSignal.any([options.signal, patience.signal]) : patience.signal;
  const [algorithm, digest] = download.checksum.split(':');
  const hash = createHash(algorithm);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) {
      throw new FlowyardError(`${url} answered ${response.status}`);
    }
    const total = Number(response.headers.get('content-length')) || undefined;
    const output = await fs.promises.open(file, 'w');
    try {
      let received = 0;
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(giveUp('the download stalled'), options.stallMilliseconds ?? 30_000);
        hash.update(chunk);
        await output.write(chunk);
        received += chunk.length;
        options.onBytes?.(received, total);
      }
    } finally {
      await output.close();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw patience.signal.aborted ? patience.signal.reason : new FlowyardError(reason(error, url), { cause: error });
  } finally {
    clearTimeout(timer);
  }
  const found = hash.digest('hex');
  if (found !== digest) {
    fs.rmSync(file, { force: true });
    throw new FlowyardError(`${url} is not the pinned file: its ${algorithm} is ${found}, expected ${digest}`);
  }
  await unpack(file, download, options);
}

async function unpack(file: string, download: Download, options: DownloadOptions): Promise<void> {
  const inside = Object.values(download.entries).filter(entry => entry !== '');
  if (inside.length > 0) {
    await exec('tar', ['-xzf', file, '-C', options.into, ...inside], { signal: options.signal });
  }
  for (const [name, entry] of Object.entries(download.entries)) {
    const target = path.join(options.into, name);
    fs.renameSync(entry === '' ? file : path.join(options.into, entry), target);
    fs.chmodSync(target, 0o755);
  }
  fs.rmSync(file, { force: true });
}

function reason(error: unknown, url: string): string {
  if (error instanceof FlowyardError) {
    return error.message;
  }
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return `${url}: ${cause?.code ?? cause?.message ?? message}`;
}

/** Settings of `buildWithGo`. */
export interface BuildOptions {
  /** Folder with one Go module per bundle. */
  readonly tools: string;

  /** Folder that receives the binaries. */
  readonly into: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Builds binaries of a bundle from its pinned module, in one run so that what they share is compiled once. */
export async function buildWithGo(bundle: Bundle, names: readonly BinaryName[], options: BuildOptions): Promise<void> {
  const directory = path.join(options.tools, bundle.name);
  // Static files do not depend on a C compiler here, or on a C library elsewhere.
  const env = { ...options.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await checkGo(bundle, directory, env, options.signal);
  // The folder form takes the name from the package path, which is `server` for etcd.
  const output = names.length === 1 ? path.join(options.into, names[0]) : `${options.into}${path.sep}`;
  const packages = names.map(name => bundle.packages[name]!);
  const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', bundle.ldflags, '-o', output, ...packages];
  await new Promise<void>((resolve, reject) => {
    const child = spawn('go', args, { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] });
    // An interrupt, unlike a kill, lets go end its compilers.
    const interrupt = () => child.kill('SIGINT');
    options.signal?.addEventListener('abort', interrupt, { once: true });
    let stderr = '';
    child.stderr.on('data', chunk => {
      stderr = (stderr + chunk).slice(-8_000);
    });
    child.on('error', reject);
    child.on('close', code => {
      options.signal?.removeEventListener('abort', interrupt);
      if (options.signal?.aborted) {
        reject(options.signal.reason);
      } else if (code === 0) {
        resolve();
      } else {
        const tail = stderr.trim().split('\n').slice(-15).join('\n');
        reject(
          new FlowyardError(`go could not build ${bundle.name} ${bundle.version}:\n${tail}`, {
            next: 'check that a Go module proxy can be reached (go env GOPROXY) and that the disk has 5 GiB free',
          }),
        );
      }
    });
  });
}

async function checkGo(bundle: Bundle, directory: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const needed = /^go (\S+)/m.exec(fs.readFileSync(path.join(directory, 'go.mod'), 'utf8'))?.[1] ?? '1.0';
  const next = `install Go ${needed} or newer from https://go.dev/dl and put it on the PATH`;
  let found: string;
  try {
    const { stdout } = await exec('go', ['env', 'GOVERSION'], { cwd: directory, env, signal });
    found = stdout.trim().replace(/^go/, '');
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new FlowyardError(`${bundle.name} ${bundle.version} has to be built, and go is not on the PATH`, { next });
    }
    const detail = String((error as { stderr?: string }).stderr ?? error).trim();
    throw new FlowyardError(`${bundle.name} ${bundle.version} has to be built, and go fails: ${detail}`, { next });
  }
  if (compareVersions(found, needed) < 0) {
    throw new FlowyardError(`${bundle.name} ${bundle.version} needs Go ${needed} or newer, got '${found}'`, { next });
  }
}

function compareVersions(a: string, b: string): number {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  const at = [0, 1, 2].find(index => (left[index] ?? 0) !== (right[index] ?? 0));
  return at === undefined ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
