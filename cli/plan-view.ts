import { describe, type FieldChange, type Plan, type PlannedObject } from '../engine/deploy';
import { colours as pc } from './colours';
import type { Terminal } from './terminal';

const marks: Record<PlannedObject['action'], string> = {
  create: pc.green('+'),
  update: pc.yellow('~'),
  replace: pc.red('±'),
  delete: pc.red('-'),
  forget: pc.dim('○'),
  unchanged: ' ',
};

/** Kinds that fence tenants off: a change by hand is worth a second look. */
const fences =
  /^(\/ResourceQuota|rbac\.authorization\.k8s\.io\/|networking\.k8s\.io\/NetworkPolicy|admissionregistration\.k8s\.io\/|security\.istio\.io\/)/;

/** The most fields of an object that are shown to people. */
const FIELDS = 8;

/**
 * Shows a plan, object by object with the fields that change.
 *
 * @param everything whether new objects are listed too
 */
export function showPlan(terminal: Terminal, planned: Plan, everything = false): void {
  const totals = totalsOf(planned);
  terminal.say(
    `plan: ${Object.entries(totals)
      .map(([action, number]) => (action === 'unchanged' ? `${number} unchanged` : `${number} to ${action}`))
      .join(', ')}`,
  );
  for (const each of planned.objects) {
    const { action, drift } = each;
    if (action === 'unchanged' || (action === 'create' && !drift && !everything)) continue;
    showObject(terminal, each);
  }
  for (const { object, component, reason, acknowledge } of planned.refusals) {
    terminal.say(`  ${pc.red('✘')} ${component}: ${describe(object)}: ${reason}`);
    if (acknowledge) terminal.say(`      ${pc.dim(`let it go with --acknowledge ${acknowledge}`)}`);
  }
}

function showObject(terminal: Terminal, planned: PlannedObject): void {
  const { action, component, object, reason, changes = [], drift, problem } = planned;
  const by = [...new Set(changes.flatMap(change => change.by ?? []))].join(', ');
  const why = [
    ...(reason ? [reason] : []),
    ...(drift && action === 'update' ? [`changed outside of the program${by ? ` by ${by}` : ''}`] : []),
    ...(problem ? [problem] : []),
  ].join('; ');
  const warning = drift && isFence(planned) ? ` ${pc.red('security')}` : '';
  terminal.say(`  ${marks[action]} ${component}: ${describe(object)}${why ? pc.dim(`  ${why}`) : ''}${warning}`);
  showFields(terminal, changes);
}

/** Shows the fields that change, from what to what. */
export function showFields(terminal: Terminal, changes: readonly FieldChange[]): void {
  for (const { path, before, after } of changes.slice(0, FIELDS)) {
    if (path === 'metadata.managedFields') terminal.say(`      ${pc.dim('the same values, set by others before')}`);
    else terminal.say(`      ${pc.dim(path)}  ${before === undefined ? '' : `${short(before)} → `}${short(after)}`);
  }
  if (changes.length > FIELDS) terminal.say(`      ${pc.dim(`and ${changes.length - FIELDS} more`)}`);
}

function isFence({ object, changes = [] }: Pick<PlannedObject, 'object' | 'changes'>): boolean {
  return (
    fences.test(`${object.group}/${object.kind}`) ||
    changes.some(({ path }) => path.includes('pod-security.kubernetes.io'))
  );
}

function short(value: unknown): string {
  if (value === undefined) return pc.dim('(none)');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll('\n', '⏎');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** How many objects each action concerns. */
export function totalsOf({ components }: Plan): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const counts of components.values()) {
    for (const [action, number] of Object.entries(counts))
      if (number > 0) totals[action] = (totals[action] ?? 0) + number;
  }
  return totals;
}

/** A plan for machines. */
export function planDocument({ objects, refusals }: Plan): object {
  return {
    changes: objects
      .filter(({ action }) => action !== 'unchanged')
      .map(({ action, component, object, reason, changes, drift }) => ({
        ...{ action, component, object, reason, changes },
        ...(drift ? { drift, security: isFence({ object, changes }) } : {}),
      })),
    refusals,
  };
}
