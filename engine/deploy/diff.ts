import { FIELD_MANAGER } from './client';
import { canonical, digest } from './random';
import type { Manifest } from './types';

/** Fields that the server writes by itself. */
const SERVER_FIELDS = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink'];

/** A field that an apply changes. */
export interface FieldChange {
  /** Such as `spec.template.spec.containers[0].image`. */
  readonly path: string;

  /** Value in the cluster; absent when there is none. `(secret)` where it must not be shown. */
  readonly before?: unknown;

  /** Value after an apply. */
  readonly after?: unknown;

  /** Who set the value that goes, where the cluster can tell. */
  readonly by?: string;
}

/**
 * Where an object differs from what applying our manifest makes of it; empty when applying would change nothing at all.
 *
 * @param secretPaths paths whose values are not shown; those of Secrets never are
 */
export function differences(live: Manifest, applied: Manifest, secretPaths: readonly string[] = []): FieldChange[] {
  const found: FieldChange[] = [];
  compare(strip(live), strip(applied), '', found);
  // The same values with another owner: applying moves the object to a new version.
  if (found.length === 0 && canonical(ownFields(live)) !== canonical(ownFields(applied)))
    return [{ path: 'metadata.managedFields' }];
  const isSecret = (path: string) =>
    (live.kind === 'Secret' && /^(data|stringData|metadata\.annotations)/.test(path)) ||
    secretPaths.some(secret => path.startsWith(secret) || secret.startsWith(path));
  return found.map(change => {
    const by = managerOf(live, change.path);
    const { path, before, after } = change;
    const shown = isSecret(path)
      ? { ...(before === undefined ? {} : { before: HIDDEN }), ...(after === undefined ? {} : { after: HIDDEN }) }
      : { before, after };
    return { path, ...shown, ...(by ? { by } : {}) };
  });
}

const HIDDEN = '(secret)';

/** Who else owns a field, the last to have written anything first. */
function managerOf(live: Manifest, path: string): string | undefined {
  const steps = stepsOf(path);
  const others: ManagedEntry[] = (live.metadata.managedFields ?? []).filter(
    (each: ManagedEntry) => each.manager !== FIELD_MANAGER && !each.subresource,
  );
  const owners = others.filter(each => holds(each.fieldsV1, steps));
  return owners.sort((a, b) => (a.time < b.time ? 1 : -1))[0]?.manager;
}

/** The steps of a path such as `metadata.labels["a.b"]` or `containers[0].image`. */
export function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["([^"]+)"\]|([^.[\]]+)/g)].map(match => match[1] ?? match[2]!);
}

/**
 * Names a manifest together with the object that applying it has made. While both are as they were, applying it again
 * changes nothing, and the server need not be asked.
 */
export function proofOf(manifest: Manifest, live: Manifest): string {
  return digest(canonical([manifest, strip(live), ownFields(live)]));
}

/** Whether this engine has applied the object before. */
export function isOurs(live: Manifest): boolean {
  return ownFields(live) !== undefined;
}

/** The object with the fields of `ignoreChanges` as others have set them. */
export function keepIgnored(manifest: Manifest, live: Manifest, paths: readonly string[]): Manifest {
  if (paths.length === 0) return manifest;
  const kept = structuredClone(manifest);
  for (const path of paths) {
    for (const concrete of expand(stepsOf(path), kept)) {
      const value = read(live, concrete);
      if (canonical(value) === canonical(read(kept, concrete))) continue;
      // To leave out a field that we own would remove it.
      write(kept, concrete, value !== undefined && owns(live, concrete) ? value : undefined);
    }
  }
  return kept;
}

interface ManagedEntry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time: string;
  readonly fieldsV1: Manifest;
}

function ownFields(object: Manifest): Manifest | undefined {
  const entries: ManagedEntry[] = object.metadata.managedFields ?? [];
  const own = entries.find(each => each.manager === FIELD_MANAGER && each.operation === 'Apply' && !each.subresource);
  return own && { apiVersion: own.apiVersion, fields: own.fieldsV1 };
}

function owns(live: Manifest, steps: readonly string[]): boolean {
  return holds(ownFields(live)?.fields, steps);
}

function holds(fields: Manifest | undefined, steps: readonly string[]): boolean {
  let at = fields;
  for (const step of steps) {
    // Items of lists are named by their keys there; where we cannot tell, the value of the cluster is kept.
    if (/^\d+$/.test(step)) return at !== undefined;
    at = at?.[`f:${step}`];
  }
  return at !== undefined;
}

function strip({ status: _, ...object }: Manifest): Manifest {
  const metadata = Object.entries(object.metadata).filter(([field]) => !SERVER_FIELDS.includes(field));
  return { ...object, metadata: Object.fromEntries(metadata) };
}

function compare(a: unknown, b: unknown, path: string, found: FieldChange[]): void {
  if (a === b) return;
  if (a && b && typeof a === 'object' && typeof b === 'object' && Array.isArray(a) === Array.isArray(b)) {
    const [left, right] = [a as Manifest, b as Manifest];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const named = /^[\w-]+$/.test(key) ? (path ? `.${key}` : key) : `["${key}"]`;
      const step = Array.isArray(a) ? `[${key}]` : named;
      compare(left[key], right[key], path + step, found);
    }
  } else found.push({ path, before: a, after: b });
}

/** Concrete paths of one with stars in it. */
function expand(steps: readonly string[], object: unknown): string[][] {
  const [first, ...rest] = steps;
  if (first === undefined) return [[]];
  const at = object as Manifest | undefined;
  const keys = first === '*' ? Object.keys(at ?? {}) : [first];
  return keys.flatMap(key => expand(rest, at?.[key]).map(tail => [key, ...tail]));
}

/** What stands at the end of these steps, if anything. */
export function read(object: unknown, steps: readonly string[]): unknown {
  return steps.reduce((at, step) => (at as Manifest | undefined)?.[step], object);
}

function write(object: Manifest, steps: readonly string[], value: unknown): void {
  const parent = read(object, steps.slice(0, -1)) as Manifest | undefined;
  if (!parent) return;
  if (value === undefined) delete parent[steps.at(-1)!];
  else parent[steps.at(-1)!] = value;
}
