import { FlowyardError } from '../errors';

/** Something that comes after others. */
export interface Ordered {
  readonly key: string;
  readonly dependsOn: readonly string[];
}

/**
 * Sorts so that everything comes after what it depends on, otherwise in the given order. Dependencies outside the list
 * are left aside.
 *
 * @throws FlowyardError when some wait for each other
 */
export function inOrder<T extends Ordered>(items: readonly T[]): T[] {
  const byKey = new Map(items.map(item => [item.key, item]));
  const state = new Map<string, 'open' | 'done'>();
  const sorted: T[] = [];
  for (const start of items) {
    // A stack of our own: long chains would exhaust the one of the language.
    const path: { item: T; next: number }[] = state.has(start.key) ? [] : [{ item: start, next: 0 }];
    if (path.length > 0) state.set(start.key, 'open');
    while (path.length > 0) {
      const top = path.at(-1)!;
      const dependency = byKey.get(top.item.dependsOn[top.next++] ?? '');
      if (top.next > top.item.dependsOn.length) {
        state.set(top.item.key, 'done');
        sorted.push(top.item);
        path.pop();
      } else if (dependency && state.get(dependency.key) === 'open') {
        const keys = path.map(each => each.item.key);
        const circle = [...keys.slice(keys.indexOf(dependency.key)), dependency.key];
        throw new FlowyardError(`these objects wait for each other: ${circle.join(' → ')}`, { code: 2 });
      } else if (dependency && !state.has(dependency.key)) {
        state.set(dependency.key, 'open');
        path.push({ item: dependency, next: 0 });
      }
    }
  }
  return sorted;
}

/** Turns the arrows around: what must be gone before each item may go. */
export function dependents(items: readonly Ordered[]): Map<string, string[]> {
  const found = new Map<string, string[]>(items.map(item => [item.key, []]));
  for (const { key, dependsOn } of items) {
    for (const dependency of dependsOn) found.get(dependency)?.push(key);
  }
  return found;
}

/** All that some items depend on, directly or not. */
export function closure(starts: Iterable<string>, items: readonly Ordered[]): Set<string> {
  const byKey = new Map(items.map(item => [item.key, item]));
  const found = new Set<string>();
  const queue = [...starts];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const dependency of byKey.get(key)?.dependsOn ?? []) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      queue.push(dependency);
    }
  }
  return found;
}
