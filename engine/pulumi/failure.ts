import { FlowyardError } from '../errors';

/** What the CLI says, without its progress. */
export function failureOf(error: unknown, stack: string): FlowyardError {
  const text = error instanceof Error ? error.message : String(error);
  if (/currently locked by/.test(text)) {
    const by = /created by (.*)/.exec(text)?.[1] ?? 'another run';
    return new FlowyardError(`stack '${stack}' is being changed by ${by}`, {
      next: `wait until it ends; if it died, lift its lock with \`pulumi cancel --stack ${stack}\``,
      cause: error,
    });
  }
  const found = text.split('\n').filter(line => /error:/.test(line));
  // The engine tells of each failure as it happens, and once more at the end.
  const lines = [...new Set(found.map(line => line.replace(/^.*?error: /, '').trim()))];
  return new FlowyardError(`stack '${stack}': ${lines.slice(0, 5).join('; ') || text.trim().split('\n').at(-1)}`, {
    next: remedies.find(([symptom]) => symptom.test(text))?.[1] ?? 'correct the cause, then run the same command again',
    cause: error,
  });
}

const remedies: [symptom: RegExp, remedy: string][] = [
  [/passphrase must be set|incorrect passphrase/, 'set PULUMI_CONFIG_PASSPHRASE, or choose another secrets provider'],
  [/already exists/, 'see whose these objects are; take them over with --adopt if a dead run of yours has left them'],
];
