import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
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

/** An object as it was put in, without a namespace where its kind has none. */
export class PlainObject extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    fields: { readonly apiVersion: string; readonly kind: string; readonly metadata: ApiObjectMetadata },
    private readonly clusterScoped = isClusterScoped(fields.kind),
  ) {
    super(scope, id, prune(fields));
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of ApiObject
  public override toJson(): any {
    const rendered = super.toJson();
    if (this.clusterScoped) delete rendered.metadata.namespace;
    return rendered;
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
  // Leaves are boxed so that both readings of them survive: as they are, and as the `value` of a Quantity or IntOrString.
  return missing(fields, type.manifest(box(fields) as P), '');
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
 * The value without `undefined` members, without the classes that stand for a number or text, and without empty maps of
 * the kind that an API server drops, which would differ on every apply.
 */
export function prune<T>(value: T): T {
  if (Array.isArray(value)) return value.map(prune) as T;
  if (value instanceof k8s.Quantity || value instanceof k8s.IntOrString) return value.value as T;
  if (!isMap(value)) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => [key, prune(inner)] as const)
    .filter(([key, inner]) => !(neverEmpty.has(key) && isMap(inner) && Object.keys(inner).length === 0));
  return Object.fromEntries(entries) as T;
}

const neverEmpty = new Set(['annotations', 'labels', 'nodeSelector', 'limits', 'requests', 'data', 'stringData']);
