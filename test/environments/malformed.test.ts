import type { TSchema } from '@sinclair/typebox';
import { defineEnvironment, type Environment, loadEnvironment } from '../../environments';
import { environmentSchema } from '../../environments/schema';

type Path = readonly (string | number)[];

/** The local environment with every optional setting given, so that each field of the schema is there to be broken. */
function complete(): Environment {
  const settings = structuredClone(loadEnvironment('local'));
  Object.assign(settings.infrastructure, { storageClass: 'standard' });
  Object.assign(settings.infrastructure.nodePools[2]!.gpu!, { resource: 'nvidia.com/gpu' });
  Object.assign(settings.platform, {
    imageRegistry: 'registry.example.com/mirror',
    patches: [{ path: 'minio/Server/Deployment', patch: [{ op: 'replace', path: '/spec/replicas', value: 1 }] }],
  });
  Object.assign(settings.tenants[1]!, {
    podSecurity: 'baseline',
    egress: ['203.0.113.0/24'],
    labels: { 'cost-centre': 'c-17' },
  });
  Object.assign(settings.tenants[1]!.quota, { gpus: { 'gpu-l4': 1 }, pods: 50 });
  return settings;
}

/** Every place of the schema that a value has, with the schema of the place. */
function places(schema: TSchema, value: unknown, path: Path = []): { path: Path; schema: TSchema }[] {
  const here = path.length > 0 ? [{ path, schema }] : [];
  if (schema.type === 'array') {
    const items = value as unknown[];
    return [...here, ...(items.length > 0 ? places(schema.items, items.at(-1), [...path, items.length - 1]) : [])];
  }
  const fields: [string, TSchema][] = Object.entries(schema.properties ?? {});
  const keys = Object.keys((value as object) ?? {});
  if (fields.length === 0 && schema.additionalProperties) fields.push([keys[0]!, schema.additionalProperties]);
  return [
    ...here,
    ...fields
      .filter(([key]) => keys.includes(key))
      .flatMap(([key, inner]) => places(inner, (value as Record<string, unknown>)[key], [...path, key])),
  ];
}

const wrong: Record<string, unknown> = {
  null: null,
  'a number': 7,
  'a text': 'Ünknown ${HOME}',
  'a list': [1],
  'a map': { surprise: true },
  'a boolean': true,
  'a huge number': 1e300,
  'a negative number': -1,
  'no number': Number.NaN,
  'a function': () => 1,
  'a text with a template': '$(whoami)',
  'an endless text': 'a'.repeat(100_000),
};

/** Whether a value of that class is a legal one there. */
function legal(schema: TSchema, value: unknown): boolean {
  if (!schema.type && !schema.anyOf && !schema.enum) return true;
  if (schema.type === 'boolean') return typeof value === 'boolean';
  if (schema.type === 'integer') return value === 7 && !(schema.maximum < 7);
  if (schema.items?.type === 'integer') return Array.isArray(value);
  // A StorageClass and a construct path are free text, as far as this machine can tell.
  const free = schema.type === 'string' && !schema.pattern && !schema.enum;
  return free && typeof value === 'string';
}

const full = complete();
const cases = places(environmentSchema, full).flatMap(({ path, schema }) =>
  Object.entries(wrong)
    .filter(([, value]) => !legal(schema, value))
    .map(([what, value]) => [path.join('.'), what, path, value] as const),
);

test('the complete environment is a good one, and every field of it is broken below', () => {
  expect(defineEnvironment(full)).toBe(full);
  expect(cases.length).toBeGreaterThan(400);
});

test.each(cases)("throws when '%s' is %s, naming the path", (name, _, path, value) => {
  const settings = complete();
  // biome-ignore lint/suspicious/noExplicitAny: settings that the type refuses
  const parent = path.slice(0, -1).reduce((at: any, step) => at[step], settings);
  parent[path.at(-1)!] = value;

  let message = '';
  try {
    defineEnvironment(settings);
  } catch (error) {
    message = (error as Error).message;
  }

  expect(message).toContain(`'${name}`);
  expect(message.length).toBeLessThan(2_000);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a list', []],
  ['a text', 'name: local'],
  ['a promise', Promise.resolve()],
  ['a map that holds itself', Object.assign(structuredClone(full), { self: {} as object })],
])('throws when an environment is %s', (_, settings) => {
  if (settings && typeof settings === 'object' && 'self' in settings) settings.self = settings;

  expect(() => defineEnvironment(settings as never)).toThrow(/environment '.*' is not valid/);
});

test.each([
  ['pod-security.kubernetes.io/enforce', "labels of 'pod-security.kubernetes.io' are set by the platform"],
  ['istio.io/dataplane-mode', "labels of 'istio.io' are set by the platform"],
  ['app.kubernetes.io/part-of', "labels of 'app.kubernetes.io' are set by the platform"],
  ['${HOME}', "must name labels such as 'cost-centre'"],
  ['a/b/c', "must name labels such as 'cost-centre'"],
])("throws when a tenant sets the label '%s'", (key, message) => {
  const settings = complete();
  Object.assign(settings.tenants[0]!, { labels: { [key]: 'x' } });

  expect(() => defineEnvironment(settings)).toThrow(message);
});
