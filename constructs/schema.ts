import { type Static, type TOptional, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';

/**
 * Schemas of custom resources, written once: each yields the TypeScript type and the structural OpenAPI schema.
 *
 * Only what an API server takes as structural can be written with these helpers: `enum` and not `const`,
 * `additionalProperties` and not `patternProperties`, no `$ref`, no `additionalProperties: false`.
 */

/** Limits that OpenAPI knows for text. */
export interface StringLimits {
  readonly default?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly rules?: readonly CelRule[];
  /** What the pattern means in words, for messages: `an e-mail address such as ada@example.com`. */
  readonly title?: string;
}

/** Limits that OpenAPI knows for numbers. */
export interface NumberLimits {
  readonly default?: number;
  readonly format?: 'int32' | 'int64' | 'double' | 'float';
  readonly maximum?: number;
  readonly minimum?: number;
  readonly rules?: readonly CelRule[];
}

/** A rule in CEL over the value it stands at. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** Marks of an object. */
export interface ObjectMarks {
  /** Keeps fields that are not listed, for levels that leave out fields of upstream's. */
  readonly preserve?: boolean;
  /** `atomic`: appliers own the object as a whole. */
  readonly mapType?: 'atomic' | 'granular';
  readonly minProperties?: number;
  readonly rules?: readonly CelRule[];
  /** Groups of fields of which one at most may be given. */
  readonly atMostOne?: readonly (readonly string[])[];
  // biome-ignore lint/suspicious/noExplicitAny: any JSON value can be a default
  readonly default?: any;
}

/** Marks of a map. */
export interface MapMarks {
  readonly mapType?: 'atomic' | 'granular';
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly rules?: readonly CelRule[];
}

/** Marks of a list. */
export interface ListMarks {
  /** How appliers merge it; `map` needs `keys`. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly keys?: readonly string[];
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly rules?: readonly CelRule[];
  // biome-ignore lint/suspicious/noExplicitAny: any JSON value can be a default
  readonly default?: any;
}

type Fields = Record<string, TSchema>;

/** Text. */
export function text({ rules, ...limits }: StringLimits = {}) {
  return Type.Unsafe<string>({ type: 'string', ...(rules && { 'x-kubernetes-validations': rules }), ...limits });
}

/** One of some words. */
export function oneOf<const W extends readonly string[]>(
  words: W,
  { rules, ...limits }: { readonly default?: W[number]; readonly rules?: readonly CelRule[] } = {},
) {
  return Type.Unsafe<W[number]>({
    type: 'string',
    enum: [...words],
    ...(rules && { 'x-kubernetes-validations': rules }),
    ...limits,
  });
}

/** A point in time, RFC 3339. */
export function time() {
  return Type.Unsafe<string>({ type: 'string', format: 'date-time' });
}

export function integer({ rules, ...limits }: NumberLimits = {}) {
  return Type.Unsafe<number>({ type: 'integer', ...(rules && { 'x-kubernetes-validations': rules }), ...limits });
}

/** A whole number of 32 bits, as most of Kubernetes' counts. */
export function int32(limits: Omit<NumberLimits, 'format'> = {}) {
  return integer({ format: 'int32', ...limits });
}

/** A whole number of 64 bits. */
export function int64(limits: Omit<NumberLimits, 'format'> = {}) {
  return integer({ format: 'int64', ...limits });
}

export function decimal(limits: Omit<NumberLimits, 'rules'> = {}) {
  return Type.Unsafe<number>({ type: 'number', ...limits });
}

export function bool({ rules, ...limits }: { readonly default?: boolean; readonly rules?: readonly CelRule[] } = {}) {
  return Type.Unsafe<boolean>({ type: 'boolean', ...(rules && { 'x-kubernetes-validations': rules }), ...limits });
}

/** A number or text: a port's number or name, a percentage. */
export function intOrString(limits: { readonly default?: number | string; readonly pattern?: string } = {}) {
  return Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    ...limits,
  });
}

/** An amount in Kubernetes' notation. */
export function amount() {
  return intOrString({
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  });
}

/** Fields by name; required unless wrapped in `optional`. */
export function object<F extends Fields>(fields: F, marks: ObjectMarks = {}) {
  return Type.Object(fields, {
    ...(marks.preserve && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(marks.mapType && { 'x-kubernetes-map-type': marks.mapType }),
    ...(marks.minProperties !== undefined && { minProperties: marks.minProperties }),
    ...(marks.rules && { 'x-kubernetes-validations': marks.rules }),
    ...(marks.atMostOne && exclusive(marks.atMostOne)),
    ...(marks.default !== undefined && { default: marks.default }),
  });
}

function exclusive([first, ...more]: readonly (readonly string[])[]) {
  const choice = (fields: readonly string[]) => {
    const given = fields.map(field => ({ required: [field] }));
    return { oneOf: [{ not: { anyOf: given } }, ...given] };
  };
  return more.length === 0 ? choice(first!) : { allOf: [first!, ...more].map(choice) };
}

/** Values by any key. */
export function map<V extends TSchema>(value: V, { mapType, rules, ...limits }: MapMarks = {}) {
  return Type.Unsafe<Record<string, Static<V>>>({
    type: 'object',
    additionalProperties: value,
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
    ...(rules && { 'x-kubernetes-validations': rules }),
    ...limits,
  });
}

/** A list of equal items. */
export function list<I extends TSchema>(item: I, marks: ListMarks = {}) {
  const { listType, keys, rules, ...limits } = marks;
  return Type.Unsafe<Static<I>[]>({
    type: 'array',
    items: item,
    ...(listType && { 'x-kubernetes-list-type': listType }),
    ...(keys && { 'x-kubernetes-list-map-keys': [...keys] }),
    ...(rules && { 'x-kubernetes-validations': rules }),
    ...limits,
  });
}

/** An embedded Kubernetes type `T`, or free-form data: kept as it comes, checked by its consumer. */
export function opaque<T = Record<string, unknown>>({ mapType, rules }: Pick<ObjectMarks, 'mapType' | 'rules'> = {}) {
  return Type.Unsafe<T>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
    ...(rules && { 'x-kubernetes-validations': rules }),
  });
}

/** An object without fields: that it is there is all that it says. */
export function marker() {
  return Type.Unsafe<Record<string, never>>({ type: 'object' });
}

/** A list of an embedded Kubernetes type. */
export function opaqueList<T>(marks: ListMarks = {}) {
  return list(opaque<T>(), marks);
}

/** Any JSON value. */
export function anything() {
  return Type.Unsafe<unknown>({ 'x-kubernetes-preserve-unknown-fields': true });
}

/** A value, or `null` for none. */
export function nullable<S extends TSchema>(schema: S) {
  return Type.Unsafe<Static<S> | null>({ ...schema, nullable: true });
}

/**
 * A schema whose type has a name: `interface Spec extends Static<ReturnType<typeof fields>> {}`. Declarations and
 * messages of the compiler then say the name where they would repeat all fields.
 */
export function named<T extends object>(schema: TSchema & { static: T }) {
  return schema as unknown as TUnsafe<T>;
}

/** A field that may be left out. */
export function optional<S extends TSchema>(schema: S): TOptional<S> {
  return Type.Optional(schema) as unknown as TOptional<S>;
}

/** All fields optional, as in most specs and every status. */
export function allOptional<F extends Fields>(fields: F, marks: ObjectMarks = {}) {
  return object(
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, optional(value)])) as {
      [K in keyof F]: TOptional<F[K]>;
    },
    marks,
  );
}

/** `metav1.Condition`, with upstream's limits. */
export function condition() {
  return object({
    lastTransitionTime: time(),
    message: text({ maxLength: 32768 }),
    observedGeneration: optional(int64({ minimum: 0 })),
    reason: text({ maxLength: 1024, minLength: 1, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    status: oneOf(['True', 'False', 'Unknown']),
    type: text({
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
  });
}

/** What CRDs keep of the `metav1.ObjectMeta` of a template. */
export function templateMetadata() {
  return allOptional({
    annotations: map(text()),
    finalizers: list(text()),
    labels: map(text()),
    name: text(),
    namespace: text(),
  });
}

/** `v1.Toleration`. */
export function toleration() {
  return allOptional({
    effect: text(),
    key: text(),
    operator: text(),
    tolerationSeconds: int64(),
    value: text(),
  });
}

/** `metav1.LabelSelector`. */
export function labelSelector() {
  return object(
    {
      matchExpressions: optional(
        list(object({ key: text(), operator: text(), values: optional(list(text(), { listType: 'atomic' })) }), {
          listType: 'atomic',
        }),
      ),
      matchLabels: optional(map(text())),
    },
    { mapType: 'atomic' },
  );
}
