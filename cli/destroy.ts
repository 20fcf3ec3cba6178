import { destroy as destroyStack, status as stackStatus } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import { colours as pc } from './colours';
import { confirm, presentTarget, stackOf, type TargetOptions } from './target';
import { count, duration, Terminal } from './terminal';

/** Options of `destroy`. */
export interface DestroyOptions extends TargetOptions {
  readonly yes?: boolean;
  readonly acknowledge?: string[];
  readonly deleteData?: boolean;
}

/** `flowyard destroy`: takes away what was deployed, backwards. */
export async function destroy(options: DestroyOptions, signal: AbortSignal): Promise<number> {
  const started = Date.now();
  const terminal = new Terminal(options.json ?? false);
  const target = presentTarget(options, signal);
  const { name } = target.environment;
  const access = await target.access();
  if (!target.embedded && !options.yes)
    await confirm(terminal, `take '${name}' away from context '${options.context ?? 'current'}'?`);

  const stack = stackOf(target, access);
  const acknowledge = options.deleteData ? await everything(stack) : options.acknowledge;
  let done = 0;
  const result = await destroyStack({
    ...stack,
    acknowledge,
    signal,
    onEvent: ({ type }) => {
      if (type === 'deleted' && ++done % 50 === 0) terminal.say(`  ${pc.dim('·')} ${count(done, 'object')} gone`);
    },
  });
  for (const { component, object, reason, next } of result.failures) {
    terminal.say(`${pc.red('✘')} ${component}: ${object.kind} ${object.name}: ${reason}`);
    terminal.say(`  ${pc.bold('next')} ${next}`);
  }
  for (const { object, reason } of result.kept) {
    terminal.say(
      `  ${pc.yellow('kept')} ${object.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}: ${reason}`,
    );
  }
  terminal.result({ ...result, error: result.error?.message });
  if (!result.ok)
    throw new FlowyardError(`${name} is not gone: ${count(result.counts.failed, 'object')} failed`, {
      next: 'run the same command again',
    });
  terminal.say(
    `${pc.green('✔')} ${name}: ${count(result.counts.deleted, 'object')} taken away, ${result.kept.length} kept (${duration(Date.now() - started)})`,
  );
  if (result.kept.length > 0)
    terminal.say(
      `  what was kept holds data; let it go with --acknowledge KIND/NAMESPACE/NAME, or all of it with --delete-data`,
    );
  if (target.embedded) terminal.say(`  the control plane still runs; remove it with: flowyard cluster delete ${name}`);
  return 0;
}

/** The names under which every object can be acknowledged. */
async function everything(stack: ReturnType<typeof stackOf>): Promise<string[]> {
  const { objects } = await stackStatus(stack);
  return objects.map(({ object: { kind, namespace, name } }) => [kind, namespace, name].filter(Boolean).join('/'));
}
