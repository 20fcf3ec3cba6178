import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  BUNDLES,
  binaryPath,
  CLUSTER_BINARIES,
  cacheDirectory,
  status as clusterStatus,
  freePorts,
  openCache,
} from '../engine/control-plane';
import { checkAccess } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import { oldestNode } from '../engine/version';
import { fitCluster } from '../stacks/program';
import { renderProject } from '../stacks/project';
import type { Target, TargetOptions } from './target';

const run = promisify(execFile);

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;

  /** `optional`: it would be of use, and nothing needs it. */
  readonly state: 'ok' | 'optional' | 'missing';
  readonly found: string;

  /** What to do about it. @default - nothing is to be done */
  readonly fix?: string;
}

type Check = (target: Target, options: TargetOptions) => Promise<Finding | Finding[]> | Finding;

/** What is looked at, in the order in which it is told. */
export const checkers: readonly Check[] = [node, kubectl, pulumi, cache, binaries, ports, cluster];

function node(): Finding {
  const what = 'node';
  const found = process.versions.node;
  if (Number.parseInt(found, 10) >= oldestNode) return { what, state: 'ok', found };
  return { what, state: 'missing', found, fix: `install Node ${oldestNode} or newer` };
}

async function kubectl(): Promise<Finding> {
  const found = await versionOf('kubectl', ['version', '--client', '-o', 'json'], /"gitVersion": "v([^"]+)"/);
  if (found) return { what: 'kubectl', state: 'ok', found };
  return {
    ...{ what: 'kubectl', state: 'optional', found: 'not on the PATH' },
    fix: 'install it to look into clusters: https://kubernetes.io/docs/tasks/tools',
  };
}

/** Only clusters of the user's are deployed to by Pulumi. */
async function pulumi({ embedded }: Target, { engine = 'auto' }: TargetOptions): Promise<Finding> {
  const needed = engine === 'pulumi' || (engine === 'auto' && !embedded);
  const found = await versionOf('pulumi', ['version'], /v?(\d+\.\d+\.\d+)/);
  if (found) return { what: 'pulumi', state: 'ok', found };
  return {
    ...{ what: 'pulumi', state: needed ? 'missing' : 'optional', found: 'not on the PATH' },
    fix: 'install it for clusters that people depend on: https://www.pulumi.com/docs/install',
  };
}

function cache(): Finding {
  const found = cacheDirectory();
  try {
    accessSync(openCache(), constants.W_OK);
    return { what: 'cache folder', state: 'ok', found };
  } catch (error) {
    const fix = 'make it writable, or name another folder with $FLOWYARD_CACHE';
    return { what: 'cache folder', state: 'missing', found: `${found}: ${(error as Error).message}`, fix };
  }
}

/** Of the embedded control plane; where they cannot be downloaded, Go builds them. */
async function binaries({ embedded }: Target): Promise<Finding[]> {
  if (!embedded) return [];
  const what = 'control plane binaries';
  const absent = CLUSTER_BINARIES.filter(name => {
    const { version } = BUNDLES.find(({ packages }) => packages[name] !== undefined)!;
    return !existsSync(binaryPath(openCache(), name, version));
  });
  const go = await versionOf('go', ['version'], /go(\d+\.\d+(\.\d+)?)/);
  const [major = 0, minor = 0] = (go ?? '').split('.').map(Number);
  const builds = major > 1 || (major === 1 && minor >= 26);
  const goFinding: Finding = builds
    ? { what: 'go', state: 'ok', found: go! }
    : {
        ...{ what: 'go', state: 'optional', found: go ?? 'not on the PATH' },
        fix: 'install Go 1.26 or newer where the binaries cannot be downloaded: https://go.dev/dl',
      };
  if (absent.length === 0) return [goFinding, { what, state: 'ok', found: 'all in the cache' }];
  const found = `not in the cache: ${absent.join(', ')}`;
  return [goFinding, { what, state: 'optional', found, fix: '`flowyard up` gets them; `flowyard setup` does it now' }];
}

async function ports({ embedded, environment: { name } }: Target): Promise<Finding[]> {
  if (!embedded) return [];
  const what = 'ports';
  const { state, server } = await clusterStatus(name);
  if (state !== 'absent') return [{ what, state: 'ok', found: `those of cluster ${name}, ${server}` }];
  try {
    const free = await freePorts(openCache());
    return [{ what, state: 'ok', found: `${free[0]} to ${free.at(-1)} are free` }];
  } catch (error) {
    const { message, next } = error as FlowyardError;
    return [{ what, state: 'missing', found: message, fix: next }];
  }
}

/** Whether the cluster answers, and lets this user make all that the environment has. */
async function cluster(target: Target, { env }: TargetOptions): Promise<Finding[]> {
  const { embedded, environment } = target;
  if (embedded) {
    const { state } = await clusterStatus(environment.name);
    const fix = `\`flowyard up --env ${env}\` ${state === 'absent' ? 'makes it' : 'brings it back'}`;
    if (state !== 'running') return [{ what: 'cluster', state: 'optional', found: state, fix }];
  }
  try {
    const access = await target.access();
    const manifests = fitCluster(renderProject(environment)).objects.map(({ manifest }) => manifest);
    const { server, context, missing } = await checkAccess(access, manifests);
    return [
      { what: 'cluster', state: 'ok', found: `context ${context}, ${server}` },
      missing.length === 0
        ? { what: 'rights', state: 'ok', found: 'all that the environment needs' }
        : {
            ...{ what: 'rights', state: 'missing', found: missing.join('; ') },
            fix: 'ask for these rights, or use a context of a cluster administrator',
          },
    ];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const fix = (error instanceof FlowyardError && error.next) || 'see that the kubeconfig and its context are right';
    return [{ what: 'cluster', state: 'missing', found: error.message, fix }];
  }
}

/** What a command says its version is; undefined when there is no such command. */
async function versionOf(command: string, args: string[], pattern: RegExp): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, args, { timeout: 10_000 });
    return pattern.exec(stdout)?.[1] ?? 'unknown version';
  } catch {
    return undefined;
  }
}
