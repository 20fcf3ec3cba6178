import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Manifest } from './types';

/** A value that was made once and is kept for as long as the stack exists. */
export interface GeneratedValue {
  readonly urn: string;
  readonly type: string;

  /** What it was asked for; other arguments mean a new value, as under `pulumi up`. */
  readonly args: Manifest;
  readonly outputs: Manifest;
}

/** Stands for a value that this engine cannot make, so that its use is noticed. */
export const UNAVAILABLE = 'flowyard:unavailable:bcryptHash';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const SPECIAL = '!@#$%&*()-_=+[]{}<>:?';

/** Outputs of a `random:index/…` resource, from the system's source of randomness; undefined for unsupported types. */
export function generate(type: string, args: Manifest): Manifest | undefined {
  switch (type.split(':').at(-1)) {
    case 'RandomPassword':
      return { result: text(args), bcryptHash: UNAVAILABLE };
    case 'RandomString':
      return { result: text(args) };
    case 'RandomId':
      return identifier(args);
    case 'RandomBytes': {
      const bytes = randomBytes(args.length);
      return { base64: bytes.toString('base64'), hex: bytes.toString('hex') };
    }
    case 'RandomInteger':
      return { result: args.min + randomInt(args.max - args.min + 1) };
    case 'RandomUuid':
    case 'RandomUuid4':
      return { result: randomUUID() };
    default:
      return undefined;
  }
}

function text(args: Manifest): string {
  const classes = [
    { letters: LOWER, on: args.lower ?? true, least: args.minLower ?? 0 },
    { letters: UPPER, on: args.upper ?? true, least: args.minUpper ?? 0 },
    { letters: DIGITS, on: args.numeric ?? args.number ?? true, least: args.minNumeric ?? 0 },
    { letters: args.overrideSpecial || SPECIAL, on: args.special ?? true, least: args.minSpecial ?? 0 },
  ].filter(each => each.on);
  const pick = (letters: string) => letters[randomInt(letters.length)]!;
  const needed = classes.flatMap(({ letters, least }) => Array.from({ length: least }, () => pick(letters)));
  const all = classes.map(each => each.letters).join('');
  if (all === '' || needed.length > args.length) {
    throw new Error(`'length' ${args.length} with these kinds of characters leaves no choice`);
  }
  const rest = Array.from({ length: args.length - needed.length }, () => pick(all));
  return shuffle([...needed, ...rest]).join('');
}

function shuffle<T>(list: T[]): T[] {
  for (let index = list.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [list[index], list[other]] = [list[other]!, list[index]!];
  }
  return list;
}

function identifier({ byteLength, prefix = '' }: Manifest): Manifest {
  const bytes = randomBytes(byteLength);
  return {
    hex: prefix + bytes.toString('hex'),
    b64Std: prefix + bytes.toString('base64'),
    b64Url: prefix + bytes.toString('base64url'),
    dec: prefix + BigInt(`0x${bytes.toString('hex')}`).toString(),
    id: bytes.toString('base64url'),
  };
}

/** Values kept in the cluster, by URN, and those that this run adds. */
export class GeneratedValues {
  /** Everything that the program asked for in this run. */
  public readonly used = new Map<string, GeneratedValue>();

  constructor(private readonly kept: ReadonlyMap<string, GeneratedValue> = new Map()) {}

  /** The kept value of a resource, or a new one; undefined for unsupported types. */
  public take(urn: string, aliases: readonly string[], type: string, args: Manifest): Manifest | undefined {
    const kept = [urn, ...aliases].map(each => this.kept.get(each)).find(each => each !== undefined);
    const same = kept && kept.type === type && canonical(kept.args) === canonical(args);
    const outputs = same ? kept.outputs : generate(type, args);
    if (outputs) this.used.set(urn, { urn, type, args, outputs });
    return outputs;
  }

  /** All values, those no longer asked for included. */
  public all(): Map<string, GeneratedValue> {
    return new Map([...this.kept, ...this.used]);
  }

  /** Whether this run made a value that the cluster does not have yet. */
  public get changed(): boolean {
    return [...this.used].some(([urn, value]) => this.kept.get(urn)?.outputs !== value.outputs);
  }

  /** Whether the cluster keeps values that nobody asks for any more. */
  public get stale(): boolean {
    return [...this.kept.keys()].some(urn => !this.used.has(urn));
  }
}

/** JSON with sorted keys: equal values give equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** A short, stable name for a text. */
export function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 12);
}
