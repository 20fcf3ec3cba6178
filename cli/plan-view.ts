import pc from 'picocolors';
import type { Plan } from '../engine/deploy';
import type { Terminal } from './terminal';

export function showPlan(terminal: Terminal, planned: Plan, everything = false): void {
  const totals = totalsOf(planned);
  terminal.say(
    `plan: ${Object.entries(totals)
      .map(([action, number]) => `${number} to ${action}`)
      .join(', ')}`,
  );
  const marks: Record<string, string> = {
    create: pc.green('+'),
    update: pc.yellow('~'),
    replace: pc.red('±'),
    delete: pc.red('-'),
    forget: pc.dim('○'),
  };
  const changes = planned.objects.filter(({ action }) => action !== 'unchanged' && (everything || action !== 'create'));
  for (const { action, component, object, reason, changes: fields } of changes) {
    const why = [reason, fields?.join(', ')].filter(Boolean).join('; ');
    terminal.say(
      `  ${marks[action]} ${component}: ${object.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}${why ? pc.dim(`  ${why}`) : ''}`,
    );
  }
}

export function totalsOf({ components }: Plan): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const counts of components.values()) {
    for (const [action, number] of Object.entries(counts))
      if (number > 0) totals[action] = (totals[action] ?? 0) + number;
  }
  return totals;
}

export function planDocument({ objects, refusals }: Plan): object {
  return {
    changes: objects
      .filter(({ action }) => action !== 'unchanged')
      .map(({ action, component, object, reason, changes }) => ({ action, component, object, reason, changes })),
    refusals,
  };
}
