import type { TSchema } from '@sinclair/typebox';
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import { closest, distance } from 'fastest-levenshtein';
import { isMap } from './kube-object';

/** The schema as JSON, without the library's own marks. */
export function plainSchema(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema));
}

/**
 * A function that tells what is wrong with a value: unknown, missing and misshapen fields, each by its path. Fields
 * that an API server would silently drop are errors here.
 */
export function schemaCheck(schema: TSchema): (value: unknown) => string[] {
  const whole = closed(plainSchema(schema));
  const compiled = new Map<string, ValidateFunction>();
  return value => {
    let plain: unknown;
    try {
      plain = JSON.parse(JSON.stringify(value, notSilently) ?? 'null');
    } catch (error) {
      return [`the object cannot be written down: ${(error as Error).message.split('\n')[0]}`];
    }
    // To compile all of a large schema takes longer than the rest of a rendering: the part that a value uses says whether
    // it is right, and with the names of what it could use, what is wrong.
    const part = JSON.stringify(used(whole, [plain], 'present'));
    const quick = compiled.get(part) ?? compile(JSON.parse(part));
    compiled.set(part, quick);
    if (quick(plain)) return [];
    const validate = compile(used(whole, [plain], 'named') as object);
    return validate(plain) ? [] : validate.errors!.filter(isCause).map(describe);
  };
}

/** Our helpers make no malformed schemas, so that these are not checked themselves. */
function compile(schema: object): ValidateFunction {
  return new Ajv({
    ...{ strict: false, allErrors: true, verbose: true, validateFormats: false },
    ...{ meta: false, validateSchema: false },
  }).compile(schema);
}

/**
 * A schema without the properties that none of the values has, or with no more of them than their names. What they lack
 * and must have stays named in `required`.
 */
function used(schema: unknown, values: readonly unknown[], keep: 'present' | 'named'): unknown {
  if (!isMap(schema)) return schema;
  const part: Record<string, unknown> = { ...schema };
  const maps = values.filter(isMap);
  if (isMap(schema.properties)) {
    const present = Object.entries(schema.properties).flatMap(([key, inner]) => {
      const inside = maps.flatMap(map => (key in map ? [map[key]] : []));
      if (inside.length > 0) return [[key, used(inner, inside, keep)]];
      return keep === 'named' ? [[key, {}]] : [];
    });
    part.properties = Object.fromEntries(present);
  }
  if (isMap(schema.additionalProperties))
    part.additionalProperties = used(
      schema.additionalProperties,
      maps.flatMap(map => Object.values(map)),
      keep,
    );
  if (isMap(schema.items)) part.items = used(schema.items, values.filter(Array.isArray).flat(), keep);
  return part;
}

/** What JSON would drop or turn into null becomes a map, which no such field takes, so that it is refused and shown. */
function notSilently(_: string, value: unknown): unknown {
  const kept =
    ['function', 'symbol', 'bigint'].includes(typeof value) || (typeof value === 'number' && !Number.isFinite(value));
  return kept ? { [typeof value]: [String(value)] } : value;
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isMap(schema)) return schema;
  const inner: Record<string, unknown> = { ...schema };
  if (isMap(schema.properties)) {
    inner.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, closed(value)]),
    );
    if (!schema['x-kubernetes-preserve-unknown-fields'] && !schema.additionalProperties)
      inner.additionalProperties = false;
  }
  if (isMap(schema.additionalProperties)) inner.additionalProperties = closed(schema.additionalProperties);
  if (schema.items) inner.items = closed(schema.items);
  return inner;
}

/** A union fails once for itself and once for each of its members: the members say nothing new. */
function isCause({ schemaPath }: ErrorObject): boolean {
  return !/\/(anyOf|oneOf)\/\d+\//.test(schemaPath);
}

function describe(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.');
  const where = at ? `'${at}'` : 'the object';
  switch (error.keyword) {
    case 'additionalProperties': {
      const unknown = error.params.additionalProperty;
      const known = Object.keys(error.parentSchema?.properties ?? {});
      const near = known.length > 0 ? closest(unknown, known) : undefined;
      const hint = near && distance(unknown, near) <= 3 ? `did you mean '${near}'` : `it takes '${known.join("', '")}'`;
      return `${where} has no field '${unknown}'; ${hint}`;
    }
    case 'required':
      return `${where} lacks the field '${error.params.missingProperty}'`;
    case 'enum':
      return `${where} must be one of '${error.params.allowedValues.join("', '")}', got ${shown(error.data)}`;
    case 'pattern':
      return `${where} must be ${error.parentSchema?.title ?? `text that matches '${error.params.pattern}'`}, got ${shown(error.data)}`;
    case 'oneOf':
      return `${where} takes one of '${choices(error).join("', '")}', got ${shown(error.data)}`;
    case 'anyOf':
      return `${where} must be a number or text, got ${shown(error.data)}`;
    default:
      return `${where} ${error.message}, got ${shown(error.data)}`;
  }
}

/** The fields of which an object may have one, as `atMostOne` writes them. */
function choices({ schema }: ErrorObject): string[] {
  return (schema as { readonly required?: string[] }[]).flatMap(({ required = [] }) => required);
}

/** A value as text, of bounded length. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 100)}… (${text.length} characters)` : text;
}
