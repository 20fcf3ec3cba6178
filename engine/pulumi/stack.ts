import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ConfigMap, EngineEvent, Stack } from '@pulumi/pulumi/automation';
import { FlowyardError } from '../errors';
import { findPulumi } from './command';
import { failureOf } from './failure';
import { protectedResources } from './protection';
import { recover } from './recovery';

/** A stack of the real engine. */
export interface PulumiOptions {
  /** Such as `prod`, or `prod.platform`. */
  readonly stack: string;

  /** Folder with `Pulumi.yaml`. */
  readonly project: string;

  /** Where the CLI is installed if there is none. */
  readonly installFolder: string;

  /** Configuration that is written to the stack's file, by key. */
  readonly config?: ConfigMap;

  /**
   * Whether objects that exist already are taken over.
   *
   * @default false
   */
  readonly adopt?: boolean;

  /**
   * Names of protected objects that may go, such as `Profile/team-vision`.
   *
   * @default - nothing that holds data is deleted
   */
  readonly acknowledge?: readonly string[];
  readonly onEvent?: (event: EngineEvent) => void;
  readonly signal?: AbortSignal;
}

/** Counts of a run, by what was done: `create`, `update`, `same` … */
export interface PulumiResult {
  readonly changes: Readonly<Record<string, number>>;

  /** Resources that were created by a run which was killed, and are now known. */
  readonly recovered: number;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Brings a stack up. What a killed run has created is taken in first, and the cluster is read as it is for a preview: what
 * was changed by hand is put back.
 */
export async function pulumiUp(options: PulumiOptions): Promise<PulumiResult> {
  const stack = await open(options);
  const recovered = await recover(stack);
  await letGo(stack, options.acknowledge ?? []);
  const { onEvent, signal } = options;
  const { summary, outputs } = await guarded(options, stack, () =>
    stack.up({ onEvent, signal, refresh: true, color: 'never' }),
  );
  const shown = Object.entries(outputs).map(([name, { value, secret }]) => [name, secret ? '(secret)' : value]);
  return { changes: summary.resourceChanges ?? {}, recovered, outputs: Object.fromEntries(shown) };
}

/** Tells what `up` would do. The cluster is read first, so that drift shows. */
export async function pulumiPreview(options: PulumiOptions): Promise<PulumiResult> {
  const stack = await open(options);
  const { onEvent, signal } = options;
  const { changeSummary } = await guarded(options, stack, () =>
    stack.preview({ onEvent, signal, refresh: true, diff: true, color: 'never' }),
  );
  return { changes: { ...changeSummary }, recovered: 0, outputs: {} };
}

/** Takes a stack away, except what is protected. */
export async function pulumiDestroy(options: PulumiOptions & { readonly deleteData?: boolean }): Promise<PulumiResult> {
  const stack = await open(options);
  const recovered = await recover(stack);
  const { onEvent, signal, deleteData } = options;
  if (deleteData) await run(stack, ['state', 'unprotect', '--all', '--yes']);
  const { summary } = await guarded(options, stack, () =>
    stack.destroy({ onEvent, signal, excludeProtected: !deleteData, color: 'never' }),
  );
  return { changes: summary.resourceChanges ?? {}, recovered, outputs: {} };
}

/** How many resources a stack has; undefined when it was never brought up. */
export async function pulumiStatus(options: PulumiOptions): Promise<{ resources: number; at?: Date } | undefined> {
  const stack = await open(options);
  const { deployment } = await stack.exportStack();
  const [last] = await stack.history(1);
  return last && { resources: (deployment?.resources ?? []).length, at: last.endTime };
}

async function open({ stack, project, installFolder, config, adopt }: PulumiOptions): Promise<Stack> {
  const pulumiCommand = await findPulumi(installFolder, project);
  const { LocalWorkspace, Stack: Stacks } = await import('@pulumi/pulumi/automation/index.js');
  const workspace = await LocalWorkspace.create({
    workDir: project,
    pulumiCommand,
    ...(adopt ? { envVars: { PULUMI_K8S_UPSERT_EXISTING_OBJECTS: 'true' } } : {}),
  });
  try {
    const opened = await Stacks.createOrSelect(stack, workspace);
    if (config) await opened.setAllConfig(config);
    return opened;
  } catch (error) {
    throw failureOf(error, stack);
  }
}

/** A command for which the SDK has no function. */
async function run({ name, workspace }: Stack, args: readonly string[]): Promise<void> {
  const { command } = workspace.pulumiCommand as unknown as { command: string };
  const env = { ...process.env, ...workspace.envVars };
  const all = [...args, '--stack', name, '--non-interactive', '--color', 'never'];
  await promisify(execFile)(command, all, { cwd: workspace.workDir, env, maxBuffer: 1 << 28 });
}

/** Takes the protection off objects that may go. Those that stay in the program get it back by the same run. */
async function letGo(stack: Stack, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  for (const { urn, name } of await protectedResources(stack)) {
    if (names.includes(name)) await run(stack, ['state', 'unprotect', urn, '--yes']);
  }
}

async function guarded<T>({ stack, signal }: PulumiOptions, opened: Stack, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted) {
      throw new FlowyardError(`stack '${stack}' was stopped`, { next: 'run the same command again', code: 130 });
    }
    throw (await kept(error, opened)) ?? failureOf(error, stack);
  }
}

/** A refusal to delete what holds data, in the words of the embedded engine. */
async function kept(error: unknown, stack: Stack): Promise<FlowyardError | undefined> {
  const text = error instanceof Error ? error.message : String(error);
  const urns = [...text.matchAll(/resource "([^"]+)" cannot be deleted/g)].map(match => match[1]);
  if (urns.length === 0) return undefined;
  const names = (await protectedResources(stack)).filter(({ urn }) => urns.includes(urn)).map(({ name }) => name);
  return new FlowyardError(
    `stack '${stack.name}': what the program no longer has holds data, and is protected: ${names.join(', ')}`,
    {
      next: `undo the change, or let each go by its name: ${names.map(name => `--acknowledge ${name}`).join(' ')}`,
      code: 2,
      cause: error,
    },
  );
}
