import { createHash } from 'node:crypto';

/** A name of at most `length` characters: one that is longer ends in its hash. */
export function shortened(name: string, length: number): string {
  if (name.length <= length) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, length - 9).replace(/-+$/, '')}-${hash}`;
}
