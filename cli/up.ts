import { auditLogPath, kubeconfigPath } from '../engine/control-plane';
import { apply, type Plan, plan, type Result } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import { renderProject } from '../stacks/project';
import type { Rendering } from '../stacks/render';
import { simulate } from '../stacks/simulated';
import { announce } from './announce';
import { colours as pc } from './colours';
import { ComponentProgress } from './component-progress';
import { commandLine } from './invocation';
import { planDocument, showPlan, totalsOf } from './plan-view';
import { clusterLine } from './progress';
import { confirm, deployOptions, type Target, type TargetOptions, targetOf } from './target';
import { count, duration, Terminal } from './terminal';

/** Options of `up`. */
export interface UpOptions extends TargetOptions {
  readonly yes?: boolean;
  readonly adopt?: boolean;
  readonly acknowledge?: string[];
}

/** `flowyard up`: makes the cluster match the environment. */
export async function up(options: UpOptions, signal: AbortSignal): Promise<number> {
  const started = Date.now();
  const terminal = new Terminal(options.json ?? false);
  const target = targetOf(
    options,
    signal,
    clusterLine(line => terminal.say(line)),
  );
  const rendering = renderProject(target.environment);
  announce(terminal, rendering, target);
  if (!target.embedded) {
    terminal.warn(
      'the embedded engine is for local work and tests; clusters that people depend on want --engine pulumi',
    );
  }

  const planned = await makePlan(options, target, rendering, signal, terminal);
  if (!planned.changed) {
    terminal.say(
      `${pc.green('✔')} no changes: ${count(planned.objects.length, 'object')} are as declared (${duration(Date.now() - started)})`,
    );
    if (planned.objects.every(({ ready }) => ready)) return report(terminal, planned, undefined, target, started);
  } else {
    showPlan(terminal, planned);
    if (!target.embedded && !options.yes)
      await confirm(terminal, `apply this to context '${options.context ?? 'current'}'?`);
  }
  const progress = new ComponentProgress(terminal, planned);
  const result = await apply({
    ...planned,
    options: { ...planned.options, onEvent: event => progress.onEvent(event) },
  });
  await progress.finish();
  if (planned.changed && result.ok) summary(terminal, rendering, result, target, started);
  return report(terminal, planned, result, target, started);
}

/** `flowyard preview`: tells what `up` would do. */
export async function preview(options: UpOptions, signal: AbortSignal): Promise<number> {
  const terminal = new Terminal(options.json ?? false);
  const target = targetOf(
    options,
    signal,
    clusterLine(line => terminal.say(line)),
  );
  const planned = await makePlan(options, target, renderProject(target.environment), signal, terminal);
  if (planned.changed || planned.refusals.length > 0) showPlan(terminal, planned, true);
  else terminal.say(`${pc.green('✔')} no changes: ${count(planned.objects.length, 'object')} are as declared`);
  terminal.result({ ok: planned.refusals.length === 0, changed: planned.changed, ...planDocument(planned) });
  return planned.refusals.length === 0 ? 0 : 1;
}

async function makePlan(
  { adopt, acknowledge }: UpOptions,
  target: Target,
  rendering: Rendering,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Plan> {
  const access = await target.access();
  const planned = await plan({ ...(await deployOptions(target, rendering, access)), adopt, acknowledge, signal });
  for (const warning of planned.warnings) terminal.warn(warning);
  return planned;
}

function summary(
  terminal: Terminal,
  rendering: Rendering,
  result: Result,
  { environment, embedded }: Target,
  started: number,
): void {
  const { created, updated, replaced, deleted, unchanged } = result.counts;
  const parts = Object.entries({ created, updated, replaced, deleted, unchanged }).filter(([, number]) => number > 0);
  terminal.say();
  terminal.say(
    `${pc.green('✔')} ${pc.bold(environment.name)} is up in ${duration(Date.now() - started)}: ${parts.map(([word, number]) => `${number} ${word}`).join(', ')}`,
  );
  if (embedded) {
    const { silencedWebhooks } = simulate(rendering);
    terminal.say();
    terminal.say(
      `${pc.yellow('simulated')}  the API server, admission, scheduler and controllers are real; nodes and containers are not.`,
    );
    terminal.say(
      `           Pods become ready without running; ${count(silencedWebhooks, 'webhook')} are registered and not called; Jobs prove order only.`,
    );
    terminal.say(`           On a cluster that runs containers: flowyard up --env ${environment.name} --context NAME`);
  }
  terminal.say();
  terminal.say(pc.bold('next'));
  const env = environment.name === 'local' ? '' : ` --env ${environment.name}`;
  const steps: [string, string][] = embedded
    ? [
        ['kubectl get pods -A', `after: export KUBECONFIG=${kubeconfigPath(environment.name)}`],
        [`${commandLine} status${env}`, 'how everything fares'],
        [`environments/${environment.name}.ts`, 'add a team, then run up again'],
        [auditLogPath(environment.name), 'every request that was made'],
      ]
    : [[`${commandLine} status --env ${environment.name}`, 'how everything fares']];
  terminal.table(steps.map(([what, why]) => [what, pc.dim(why)]));
}

/** Ends a run: failures for people, everything for machines. */
function report(
  terminal: Terminal,
  planned: Plan,
  result: Result | undefined,
  target: Target,
  started: number,
): number {
  for (const { component, object, reason, next } of result?.failures ?? []) {
    terminal.say(
      `${pc.red('✘')} ${component}: ${object.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}: ${reason}`,
    );
    terminal.say(`  ${pc.bold('next')} ${next}`);
  }
  const ok = result?.ok ?? true;
  if (terminal.json) {
    terminal.result({
      ok,
      environment: target.environment.name,
      simulated: target.embedded,
      changed: planned.changed,
      seconds: (Date.now() - started) / 1000,
      counts: result?.counts ?? totalsOf(planned),
      failures: result?.failures ?? [],
      skipped: result?.skipped ?? [],
      kubeconfig: planned.options.kubeconfig,
    });
  } else if (!ok)
    throw new FlowyardError(
      `${target.environment.name} is not up: ${count(result!.counts.failed, 'object')} failed, ${result!.counts.skipped} skipped`,
      { next: result?.error?.next },
    );
  return ok ? 0 : 1;
}
