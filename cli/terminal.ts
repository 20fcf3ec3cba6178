import { FlowyardError } from '../engine/errors';
import { colours as pc } from './colours';

/** Where a command writes: words for people, or one JSON document for machines. */
export class Terminal {
  constructor(
    /** Nothing but one JSON document on standard output. */
    public readonly json: boolean,
    private readonly out: NodeJS.WriteStream = process.stdout,
    private readonly err: NodeJS.WriteStream = process.stderr,
  ) {}

  /** Whether somebody watches: progress may move the cursor. */
  public get live(): boolean {
    return !this.json && this.out.isTTY === true && process.env.CI === undefined;
  }

  /** A line for people; silent when machines read. */
  public say(line = ''): void {
    if (!this.json) this.out.write(`${line}\n`);
  }

  /** A line that must be seen whoever reads. */
  public warn(line: string): void {
    this.err.write(`${pc.yellow('warning')} ${line}\n`);
  }

  /** A table for people; columns as wide as their widest cell. */
  public table(rows: readonly (readonly string[])[]): void {
    const widths = rows[0]?.map((_, at) => Math.max(...rows.map(row => plainLength(row[at] ?? '')))) ?? [];
    for (const row of rows) {
      this.say(`  ${row.map((cell, at) => cell + ' '.repeat(widths[at]! - plainLength(cell))).join('  ')}`.trimEnd());
    }
  }

  /** The result of a command, for machines. */
  public result(document: object): void {
    if (this.json) this.out.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** Prints what went wrong, without a stack, and tells the exit code. */
  public failure(error: unknown): number {
    const message = error instanceof Error ? error.message : String(error);
    const next = error instanceof FlowyardError ? error.next : undefined;
    const code = error instanceof FlowyardError ? error.code : isInputError(error) ? 2 : 1;
    if (this.json) this.out.write(`${JSON.stringify({ ok: false, error: message, next }, null, 2)}\n`);
    else {
      this.err.write(`${pc.red('error')} ${message}\n`);
      if (next) this.err.write(`${pc.bold('next')}  ${next}\n`);
      if (process.env.FLOWYARD_DEBUG && error instanceof Error) this.err.write(`${error.stack}\n`);
    }
    return code;
  }
}

/** Settings that are refused before anything is called. */
function isInputError(error: unknown): boolean {
  const names = ['InvalidDistribution', 'InvalidEnvironment', 'InvalidGitops', 'UnknownEnvironment'];
  return error instanceof Error && names.includes(error.name);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with a control character
const colours = /\x1b\[\d+m/g;

function plainLength(text: string): number {
  return text.replaceAll(colours, '').length;
}

/** `1 object`, `2 objects`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `850 ms`, `12.4 s`, `3 min 20 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
