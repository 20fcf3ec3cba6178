import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { EngineEvent, StepEventMetadata } from '@pulumi/pulumi/automation';
import { cacheDirectory } from '../engine/control-plane';
import type { FieldChange } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import {
  changesOf,
  type PulumiOptions,
  type PulumiResult,
  pulumiDestroy,
  pulumiPreview,
  pulumiStatus,
  pulumiUp,
} from '../engine/pulumi';
import { loadEnvironment } from '../environments';
import { layers } from '../stacks/layers';
import { colours as pc } from './colours';
import { showFields } from './plan-view';
import { confirm, type TargetOptions } from './target';
import { count, duration, Terminal } from './terminal';

/** Which engine deploys. */
export type Engine = 'auto' | 'embedded' | 'pulumi';

/** The engine of a command: Pulumi for clusters of yours, the embedded one for the control plane of this machine. */
export function engineOf({ env, engine = 'auto' }: TargetOptions): 'embedded' | 'pulumi' {
  if (engine !== 'auto') return engine;
  return loadEnvironment(env).infrastructure.kind === 'embedded' ? 'embedded' : 'pulumi';
}

/** Options of the commands below. */
export interface PulumiCommandOptions extends TargetOptions {
  readonly layer?: string;
  readonly yes?: boolean;
  readonly adopt?: boolean;
  readonly acknowledge?: string[];
  readonly deleteData?: boolean;
}

/** `up --engine pulumi`. */
export async function upWithPulumi(options: PulumiCommandOptions, signal: AbortSignal): Promise<number> {
  if (mustAsk(options)) {
    await previewWithPulumi(options, signal);
    await confirm(new Terminal(options.json ?? false), `apply this to stack '${optionsOf(options).stack}'?`);
  }
  const { adopt, acknowledge } = options;
  const result = await follow(options, signal, 'up', each => pulumiUp({ ...each, adopt, acknowledge }));
  const { terminal, name } = result;
  if (result.recovered > 0) {
    terminal.say(
      `  ${count(result.recovered, 'object')} of a run that was killed ${result.recovered === 1 ? 'was' : 'were'} taken in`,
    );
  }
  terminal.say(`${pc.green('✔')} ${pc.bold(name)} is up: ${wordsOf(result.changes)} (${result.took})`);
  terminal.say(`  ${pc.dim(`plain Pulumi does the same: pulumi up --refresh --stack ${name}`)}`);
  return 0;
}

/** `preview --engine pulumi`. */
export async function previewWithPulumi(options: PulumiCommandOptions, signal: AbortSignal): Promise<number> {
  const { terminal, changes, took } = await follow(options, signal, 'preview', pulumiPreview);
  terminal.say(`plan: ${wordsOf(changes)} (${took})`);
  return 0;
}

/** `destroy --engine pulumi`. */
export async function destroyWithPulumi(options: PulumiCommandOptions, signal: AbortSignal): Promise<number> {
  const { deleteData } = options;
  if (mustAsk(options)) {
    await confirm(new Terminal(options.json ?? false), `take stack '${optionsOf(options).stack}' away?`);
  }
  const { terminal, name, changes, took } = await follow(options, signal, 'destroy', each =>
    pulumiDestroy({ ...each, deleteData }),
  );
  terminal.say(`${pc.green('✔')} ${name}: ${wordsOf(changes)} (${took})`);
  if (!deleteData) terminal.say('  what holds data is protected and stays; let it go with --delete-data');
  return 0;
}

/** `status --engine pulumi`. */
export async function statusWithPulumi(options: PulumiCommandOptions): Promise<number> {
  const terminal = new Terminal(options.json ?? false);
  const stack = optionsOf(options);
  const found = await pulumiStatus(stack);
  terminal.result({ ok: true, engine: 'pulumi', stack: stack.stack, deployed: found !== undefined, ...found });
  if (!found) terminal.say(`stack ${stack.stack} is not deployed`);
  else
    terminal.say(
      `stack ${pc.bold(stack.stack)}: ${count(found.resources, 'resource')}, last changed ${found.at?.toISOString() ?? 'never'}`,
    );
  return 0;
}

/** A control plane of this machine may be changed unasked. */
function mustAsk({ env, yes }: PulumiCommandOptions): boolean {
  return !yes && loadEnvironment(env).infrastructure.kind !== 'embedded';
}

function optionsOf({ env, layer, kubeconfig, context }: PulumiCommandOptions): PulumiOptions {
  if (layer && !(layers as readonly string[]).includes(layer)) {
    throw new FlowyardError(`'--layer' must be one of '${layers.join("', '")}', got '${layer}'`, { code: 2 });
  }
  loadEnvironment(env);
  const settings = { 'kubernetes:kubeconfig': kubeconfig && resolve(kubeconfig), 'kubernetes:context': context };
  const given = Object.entries(settings).flatMap(([key, value]) => (value ? [[key, { value }]] : []));
  return {
    stack: layer ? `${env}.${layer}` : env,
    project: projectFolder(process.cwd()),
    installFolder: join(cacheDirectory(), 'pulumi'),
    ...(given.length > 0 ? { config: Object.fromEntries(given) } : {}),
  };
}

/** The nearest folder with a `Pulumi.yaml`: the user's own project, else this one. */
function projectFolder(from: string): string {
  for (const start of [from, __dirname]) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (existsSync(join(folder, 'Pulumi.yaml'))) return folder;
      if (folder === dirname(folder)) break;
    }
  }
  throw new FlowyardError(`no folder above ${from} has a Pulumi.yaml`, { next: 'run this in your project', code: 2 });
}

async function follow(
  options: PulumiCommandOptions,
  signal: AbortSignal,
  command: string,
  run: (options: PulumiOptions) => Promise<PulumiResult>,
): Promise<PulumiResult & { readonly terminal: Terminal; readonly name: string; readonly took: string }> {
  const started = Date.now();
  const terminal = new Terminal(options.json ?? false);
  const stack = optionsOf(options);
  terminal.say(`${pc.bold('flowyard')} ${stack.stack}: ${command} with Pulumi, project ${stack.project}`);
  const steps: { readonly op: string; readonly urn: string; changes?: FieldChange[]; drift?: boolean }[] = [];
  const drifted = new Set<string>();
  const result = await run({ ...stack, signal, onEvent: event => onEvent(event) });
  terminal.result({
    ...{ ok: true, engine: 'pulumi', stack: stack.stack, seconds: (Date.now() - started) / 1000 },
    ...{ changes: result.changes, recovered: result.recovered, outputs: result.outputs, resources: steps },
  });
  return { ...result, terminal, name: stack.stack, took: duration(Date.now() - started) };

  function onEvent({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent }: EngineEvent): void {
    const read = resOutputsEvent?.metadata;
    // The cluster is read before anything is decided: what it has that differs from the last run, somebody has changed.
    if (read?.op === 'refresh' && (!read.new || changesOf(read).length > 0)) drifted.add(read.urn);
    const step = resourcePreEvent?.metadata;
    if (step && !['same', 'read', 'refresh'].includes(step.op)) onStep(step);
    if (resOpFailedEvent) terminal.say(`  ${pc.red('✘')} ${nameOf(resOpFailedEvent.metadata.urn)}`);
    if (diagnosticEvent && /error|warning/.test(diagnosticEvent.severity) && !diagnosticEvent.ephemeral) {
      terminal.warn(diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, '').trim());
    }
  }

  function onStep(step: StepEventMetadata): void {
    const { op, urn } = step;
    const changes = changesOf(step);
    const drift = drifted.has(urn);
    steps.push({ op, urn, ...(changes.length > 0 ? { changes } : {}), ...(drift ? { drift } : {}) });
    terminal.say(`  ${markOf(op)} ${nameOf(urn)}${drift ? pc.dim('  changed outside of the program') : ''}`);
    showFields(terminal, changes);
  }
}

function markOf(op: string): string {
  if (op.startsWith('create')) return pc.green('+');
  if (op.startsWith('delete')) return pc.red('-');
  return op.includes('replace') ? pc.red('±') : pc.yellow('~');
}

/** Kind and construct path: what people know a resource by. */
function nameOf(urn: string): string {
  const [, , type = '', name = ''] = urn.split('::');
  return `${type.split(':').at(-1)} ${name}`;
}

function wordsOf(changes: Readonly<Record<string, number>>): string {
  const parts = Object.entries(changes).filter(([, number]) => number > 0);
  return parts.map(([op, number]) => `${number} ${op === 'same' ? 'unchanged' : op}`).join(', ') || 'nothing';
}
