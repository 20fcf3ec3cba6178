import { isMap } from './kube-object';

/** Any part of `T`, at every depth; `null` removes a field. Lists are replaced whole: use a function to change one item. */
export type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | null }
    : T;

/** The last word over something rendered: fields to merge in, or a function of the rendered value. */
export type Override<T> = Partially<T> | ((rendered: T) => T);

/**
 * `rendered` with `change` applied.
 *
 * @param rendered what the component made; not modified
 * @param change   fields to merge (maps merge, lists are replaced, `null` removes), or a function
 */
export function override<T>(rendered: T, change?: Override<T>): T {
  if (change === undefined) return rendered;
  if (typeof change === 'function') return (change as (value: T) => T)(rendered);
  return merge(rendered, change) as T;
}

function merge(base: unknown, change: unknown): unknown {
  if (!isMap(base) || !isMap(change)) return change;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = merge(base[key], value);
  }
  return merged;
}
