import { ApiObject, type ApiObjectMetadata, App, JsonPatch, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { newerFields } from './newer-fields';
import { isClusterScoped } from './scope';
import { shapeOf } from './shape';

/** A rendered Kubernetes object: plain JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: manifests are read by path, kind by kind
  readonly [field: string]: any;
}

/** A class of `k8s.*`: what kind it makes, and its serialiser. */
export interface KubeClass<P> {
  readonly GVK: { readonly apiVersion: string; readonly kind: string };
  manifest(props: P): unknown;
}

/** Props of a `k8s.*` class, with the name spelled out: names are a contract, never generated. */
export type NamedProps<P> = P & { readonly metadata: ApiObjectMetadata & { readonly name: string } };

interface ObjectFields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ApiObjectMetadata;
}

/** Resolvers that every app has, for producers, tokens and unions of number and text: `plain` does what they do. */
const OWN_RESOLVERS = 3;

/** An object as it was put in, without a namespace where its kind has none. */
export class PlainObject extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    private readonly fields: ObjectFields,
    private readonly clusterScoped = isClusterScoped(fields.kind),
  ) {
    super(scope, id, fields);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of ApiObject
  public override toJson(): any {
    const rendered = App.of(this).resolvers.length > OWN_RESOLVERS ? plain(super.toJson()) : this.render();
    if (this.clusterScoped) delete rendered.metadata.namespace;
    return rendered;
  }

  /** What `ApiObject.toJson` renders, in one pass instead of three. */
  // biome-ignore lint/suspicious/noExplicitAny: the signature of ApiObject
  private render(): any {
    const { apiVersion, kind, metadata: _, ...rest } = this.fields;
    const rendered = { apiVersion, kind, metadata: this.metadata.toJson(), ...(plain(rest) as object) };
    // biome-ignore lint/complexity/useLiteralKeys: private, and there is no other way to its patches
    const patches = this['patches'] as unknown as JsonPatch[];
    return patches.length > 0 ? JsonPatch.apply(rendered, ...patches) : rendered;
  }
}

/**
 * An object of a built-in kind, typed by a class of `k8s.*` but serialised without it.
 *
 * Those classes know Kubernetes 1.27 and silently drop what is newer, patches included. Here the rendered object is
 * what was put in; the class only checks it: a field that it would lose is an error unless `newer-fields.ts` lists it.
 */
export class KubeObject<P = unknown> extends PlainObject {
  constructor(
    scope: Construct,
    id: string,
    private readonly type: KubeClass<P>,
    props: NamedProps<P>,
  ) {
    super(scope, id, { ...type.GVK, ...props });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of ApiObject
  public override toJson(): any {
    const rendered = super.toJson();
    const { apiVersion, kind, ...fields } = rendered;
    const shape = shapeOf(this.type);
    if (shape.has(fields)) return rendered;
    const lost = lostFields(fields, this.type).filter(path => !isNewer(path));
    if (lost.length > 0) {
      throw new Error(
        `${this.node.path}: the types of ${kind} do not know '${lost.join("', '")}'; ` +
          'correct the spelling, or add the field to constructs/newer-fields.ts if Kubernetes gained it after 1.27',
      );
    }
    shape.learn(fields);
    return rendered;
  }
}

/** Paths of `fields` that the serialiser of `type` would drop. Empty maps and lists count as kept. */
export function lostFields<P>(fields: object, type: KubeClass<P>): string[] {
  const few = thinned(fields);
  // Leaves are boxed so that both readings of them survive: as they are, and as the `value` of a Quantity or IntOrString.
  return missing(few, type.manifest(box(few) as P), '');
}

/** No type has a hundred fields: a larger map is one of free keys, where any key stands for all. */
function thinned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(thinned);
  if (!isMap(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.slice(0, entries.length > 100 ? 1 : undefined).map(([key, inner]) => [key, thinned(inner)]),
  );
}

function isNewer(path: string): boolean {
  return Object.values(newerFields).some(field => field.path.test(path));
}

function box(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(box);
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, box(inner)]));
  return { value, toISOString: () => value };
}

function missing(input: unknown, output: unknown, path: string): string[] {
  if (Array.isArray(input)) {
    return Array.isArray(output) ? unique(input.flatMap((item, i) => missing(item, output[i], `${path}[]`))) : [path];
  }
  if (isMap(input)) {
    if (Object.keys(input).length === 0) return [];
    if (!isMap(output)) return [path];
    return Object.entries(input).flatMap(([key, inner]) => missing(inner, output[key], path ? `${path}.${key}` : key));
  }
  return output === undefined ? [path] : [];
}

function unique(paths: string[]): string[] {
  return [...new Set(paths)];
}

/** True for a plain map: neither a list nor an instance of a class. */
export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * A value as plain JSON with sorted keys: producers are asked, the classes that stand for a number or text give theirs,
 * and absent members are left out, as are empty maps of the kind that an API server drops, which would differ on every
 * apply.
 *
 * @throws Error on an instance of any other class
 */
export function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value ?? undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (!isMap(value)) return plain(produced(value));
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const inner = plain(value[key]);
    if (inner === undefined || (neverEmpty.has(key) && isEmptyMap(inner))) continue;
    result[key] = inner;
  }
  return result;
}

/** What an instance stands for. */
function produced(instance: object): unknown {
  if (instance instanceof Lazy) return instance.produce();
  if ('resolve' in instance && typeof instance.resolve === 'function') return instance.resolve();
  if ('value' in instance && ['number', 'string'].includes(typeof instance.value)) return instance.value;
  throw new Error(`cannot render an instance of '${instance.constructor.name}'`);
}

function isEmptyMap(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length === 0;
}

const neverEmpty = new Set(['annotations', 'labels', 'nodeSelector', 'limits', 'requests', 'data', 'stringData']);
