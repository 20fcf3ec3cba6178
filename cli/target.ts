import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type ClusterEvent, cacheDirectory, kubeconfigPath, list } from '../engine/control-plane';
import type { DeployOptions } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import { type Environment, loadEnvironment } from '../environments';
import type { ClusterAccess } from '../stacks/program';
import type { Rendering } from '../stacks/render';
import type { Terminal } from './terminal';

/** Options that say where an environment goes. */
export interface TargetOptions {
  readonly env: string;
  readonly json?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly newCluster?: boolean;
  readonly engine?: 'auto' | 'embedded' | 'pulumi';
}

/** An environment, and the cluster it goes to. */
export interface Target {
  readonly environment: Environment;

  /** Whether it goes to an embedded control plane of this machine. */
  readonly embedded: boolean;

  /** Whether the cluster may be another than last time. */
  readonly newCluster?: boolean;

  /** Waits until the cluster answers. */
  readonly access: () => Promise<Required<Pick<ClusterAccess, 'kubeconfig'>> & ClusterAccess>;
}

/** The target of a command that may make the cluster. */
export function targetOf(
  options: TargetOptions,
  signal: AbortSignal,
  onProgress?: (event: ClusterEvent) => void,
): Target {
  const environment = loadEnvironment(options.env);
  if (environment.infrastructure.kind === 'existing' || options.context || options.kubeconfig)
    return existing(environment, options);
  return {
    environment,
    embedded: true,
    access: async () => {
      const { localCluster } = await import('../stacks/local.js');
      return {
        kubeconfig: kubeconfigPath(environment.name),
        ...(await localCluster(environment, { signal, onProgress })),
      };
    },
  };
}

/** The target of a command that takes the cluster as it is: an embedded control plane that is not there is an error. */
export function presentTarget(options: TargetOptions, signal: AbortSignal): Target {
  const target = targetOf(options, signal);
  if (target.embedded && !list().includes(target.environment.name)) {
    throw new FlowyardError(`there is no cluster '${target.environment.name}' on this machine`, {
      next: `make it with \`flowyard up --env ${options.env}\`, or name a cluster of yours with --context`,
      code: 2,
    });
  }
  return target;
}

function existing(settings: Environment, { kubeconfig, context, newCluster }: TargetOptions): Target {
  const file = kubeconfig ?? process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config');
  if (!existsSync(file)) {
    throw new FlowyardError(`'--kubeconfig' must be a file, got '${file}'`, {
      next: 'name one with --kubeconfig or $KUBECONFIG',
      code: 2,
    });
  }
  const embedded = settings.infrastructure.kind === 'embedded';
  const environment: Environment = embedded
    ? {
        ...settings,
        infrastructure: { ...settings.infrastructure, kind: 'existing' },
        // The pools of the embedded control plane are simulated: another cluster's nodes do not carry their labels.
        platform: { ...settings.platform, nodePool: undefined },
      }
    : settings;
  return { environment, embedded: false, newCluster, access: async () => ({ kubeconfig: file, context }) };
}

/** What the engine needs to deploy the rendering of a target's environment. */
export async function deployOptions(
  target: Target,
  rendering: Rendering,
  access: ClusterAccess & { readonly kubeconfig: string },
): Promise<DeployOptions> {
  const { deployPlatform, fitCluster } = await import('../stacks/program.js');
  return { ...stackOf(target, access), program: () => deployPlatform(fitCluster(rendering), access) };
}

/** What the engine needs to find a target's stack. */
export function stackOf(
  { environment, embedded, newCluster }: Target,
  access: ClusterAccess & { readonly kubeconfig: string },
) {
  const stack = environment.name;
  // The embedded control plane of an environment is always the right one, however often it is made anew.
  const guard = embedded ? {} : { memory: join(cacheDirectory(), 'stacks', `${stack}.json`), newCluster };
  return { stack, project: 'flowyard', kubeconfig: access.kubeconfig, context: access.context, ...guard };
}

/** Asks before a cluster of the user's is changed; machines must say `--yes`. */
export async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (!process.stdin.isTTY || terminal.json) {
    throw new FlowyardError(`${question}: nobody is there to be asked`, { next: 'say so with --yes', code: 2 });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} (yes/no) `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new FlowyardError('nothing was changed', { code: 130 });
  } finally {
    prompt.close();
  }
}
