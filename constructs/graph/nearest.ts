import { distance } from 'fastest-levenshtein';

/** The most alike of some names: few letters differ, and a common beginning counts double. */
export function nearest(name: string, names: string[]): string | undefined {
  const score = (other: string) => distance(name, other) - 2 * commonPrefix(name, other);
  return names.reduce<string | undefined>(
    (best, other) => (best === undefined || score(other) < score(best) ? other : best),
    undefined,
  );
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
