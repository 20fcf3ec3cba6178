import { colours as pc } from './colours';
import { checkers, type Finding } from './findings';
import { type TargetOptions, targetOf } from './target';
import { count, Terminal } from './terminal';

const marks: Record<Finding['state'], string> = { ok: pc.green('✔'), optional: pc.yellow('○'), missing: pc.red('✘') };

/** `flowyard doctor`: whether this machine and the cluster have what an environment needs. Changes nothing. */
export async function doctor(options: TargetOptions, signal: AbortSignal): Promise<number> {
  const terminal = new Terminal(options.json ?? false);
  const target = targetOf(options, signal);
  const findings: Finding[] = [];
  for (const check of checkers) findings.push(...[await check(target, options)].flat());
  terminal.table(findings.map(({ what, state, found }) => [marks[state], what, pc.dim(found)]));
  const toFix = findings.filter(({ fix }) => fix !== undefined);
  if (toFix.length > 0) terminal.say();
  for (const { what, state, fix } of toFix) terminal.say(`${marks[state]} ${what}: ${fix}`);
  const missing = findings.filter(({ state }) => state === 'missing');
  terminal.say();
  terminal.say(
    missing.length === 0
      ? `${pc.green('✔')} nothing is missing for '${options.env}'`
      : `${pc.red('✘')} ${count(missing.length, 'thing')} that '${options.env}' needs ${missing.length === 1 ? 'is' : 'are'} missing`,
  );
  terminal.result({ ok: missing.length === 0, environment: options.env, findings });
  return missing.length === 0 ? 0 : 1;
}
