import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { type CollectOptions, collect } from '../../../engine/deploy/collect';
import { GeneratedValues } from '../../../engine/deploy/random';
import { FlowyardError } from '../../../engine/errors';
import { KubernetesObject, Part, sample } from './program';

const run = (program: () => unknown, more: Partial<CollectOptions> = {}) =>
  collect({ stack: 'test', project: 'shop', program, ...more });

const config = (name: string, data: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});

/** The objects that each object waits for, by names of resources. */
async function dependencies(program: () => unknown): Promise<Record<string, string[]>> {
  const { resources } = await run(program);
  const names = new Map(resources.map(({ urn, name }) => [urn, name]));
  return Object.fromEntries(
    resources.map(({ name, dependencies: urns }) => [name, urns.map(urn => names.get(urn)!).sort()]),
  );
}

async function failure(program: () => unknown, more: Partial<CollectOptions> = {}): Promise<FlowyardError> {
  const error = await run(program, more).catch(each => each);
  expect(error).toBeInstanceOf(FlowyardError);
  return error;
}

test('objects come with their inputs, component and order, without annotations for Pulumi', async () => {
  const { resources } = await run(sample());

  expect(resources.map(({ name, component }) => [name, component])).toEqual([
    ['namespace', 'base'],
    ['crd', 'base'],
    ['settings', 'store'],
    ['secret', 'store'],
    ['deployment', 'store'],
    ['job', 'store'],
    ['widget', 'widgets'],
  ]);
  const deployment = resources.find(each => each.name === 'deployment')!;
  expect(deployment.object).toEqual({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'store',
  });
  expect(deployment.manifest.metadata).toEqual({ name: 'store', namespace: 'shop' });
  expect(deployment.readySeconds).toBe(60);
});

test('a dependency on a component means its objects, and one of a component holds for its children', async () => {
  const found = await dependencies(() => {
    const first = new Part('first');
    new KubernetesObject('a', config('a'), { parent: first });
    const inner = new Part('inner', { parent: first });
    new KubernetesObject('b', config('b'), { parent: inner });
    const second = new Part('second', { dependsOn: [first] });
    const c = new KubernetesObject('c', config('c'), { parent: second });
    new KubernetesObject('d', config('d'), { parent: c });
    new KubernetesObject('e', config('e'), { dependsOn: [second] });
  });

  expect(found).toEqual({ a: [], b: [], c: ['a', 'b'], d: ['a', 'b', 'c'], e: ['c'] });
});

test('a value that was made from an object waits for that object', async () => {
  const found = await dependencies(() => {
    const first = new KubernetesObject('first', config('first'));
    const pet = new random.RandomId('id', { byteLength: 4 }, { dependsOn: [first] });
    new KubernetesObject('second', config('second', { id: pet.hex }));
    new KubernetesObject('third', config('third', { id: first.id }));
  });

  expect(found).toEqual({ first: [], second: ['first'], third: ['first'] });
});

test('what is made inside an apply is seen', async () => {
  const { resources } = await run(() => {
    const first = new KubernetesObject('first', config('first'));
    first.id.apply(async id => {
      await Promise.resolve();
      const second = new KubernetesObject('second', config('second', { id }));
      second.urn.apply(() => new KubernetesObject('third', config('third')));
    });
  });

  expect(resources.map(each => each.name)).toEqual(['first', 'second', 'third']);
  expect(resources[1]!.manifest.data).toEqual({ id: 'shop/first' });
});

test('secrets arrive in plain, with their paths', async () => {
  const { resources, outputs } = await run(() => {
    const metadata = { name: 'db', namespace: 'shop' };
    const stringData = { password: pulumi.secret('open sesame'), user: 'shop' };
    new KubernetesObject('secret', { apiVersion: 'v1', kind: 'Secret', metadata, stringData });
    return { greeting: pulumi.secret('hello') };
  });

  expect(resources[0]!.secretPaths).toEqual(['stringData.password']);
  expect(resources[0]!.manifest.data).toEqual({ password: btoa('open sesame'), user: btoa('shop') });
  expect(resources[0]!.manifest).not.toHaveProperty('stringData');
  expect(outputs).toEqual({ greeting: 'hello' });
});

test('generated values honour their arguments, and are kept', async () => {
  const program = () => {
    const password = new random.RandomPassword('p', { length: 40, special: false, upper: false, minNumeric: 30 });
    const special = new random.RandomPassword('s', {
      ...{ length: 12, overrideSpecial: '%', lower: false, upper: false, numeric: false },
    });
    const id = new random.RandomId('i', { byteLength: 8, prefix: 'x-' });
    return { password: password.result, special: special.result, hex: id.hex };
  };
  const first = await run(program);
  const again = await run(program, { generated: new GeneratedValues(first.generated.all()) });
  const fresh = await run(program);

  expect(first.outputs.password).toMatch(/^[a-z0-9]{40}$/);
  expect(first.outputs.password.replace(/\D/g, '').length).toBeGreaterThanOrEqual(30);
  expect(first.outputs.special).toBe('%'.repeat(12));
  expect(first.outputs.hex).toMatch(/^x-[0-9a-f]{16}$/);
  expect(first.generated.changed).toBe(true);
  expect(again.outputs).toEqual(first.outputs);
  expect(again.generated.changed).toBe(false);
  expect(fresh.outputs.password).not.toBe(first.outputs.password);
});

test('a generated value is made anew when its keepers change, and follows an alias', async () => {
  const program = (name: string, keeper: string, old?: string) => () => {
    const aliases = old ? [{ name: old }] : [];
    return { value: new random.RandomString(name, { length: 16, keepers: { keeper } }, { aliases }).result };
  };
  const first = await run(program('a', '1'));
  const kept = () => ({ generated: new GeneratedValues(first.generated.all()) });

  expect((await run(program('a', '2'), kept())).outputs.value).not.toBe(first.outputs.value);
  expect((await run(program('b', '1', 'a'), kept())).outputs.value).toBe(first.outputs.value);
  expect((await run(program('b', '1'), kept())).outputs.value).not.toBe(first.outputs.value);
});

test('options of resources arrive', async () => {
  const { resources } = await run(() => {
    const parent = new Part('parent', { protect: true });
    new KubernetesObject('a', config('a'), { parent, ignoreChanges: ['data.x'], retainOnDelete: true });
    const metadata = { name: 'b', annotations: { 'pulumi.com/skipAwait': 'true', own: 'yes' } };
    new KubernetesObject('b', { ...config('b'), metadata }, { customTimeouts: { create: '1m30s' } });
  });

  const [a, b] = ['a', 'b'].map(name => resources.find(each => each.name === name)!);
  expect(a).toMatchObject({ protect: true, retainOnDelete: true, ignoreChanges: ['data.x'] });
  expect(b).toMatchObject({ protect: false, skipAwait: true, readySeconds: 90 });
  expect(b!.manifest.metadata.annotations).toEqual({ own: 'yes' });
});

test('configuration reaches the program', async () => {
  const { outputs } = await run(() => ({ size: new pulumi.Config().requireNumber('size') }), {
    config: { 'shop:size': '3' },
  });

  expect(outputs).toEqual({ size: 3 });
});

test('runs at the same time do not see each other', async () => {
  const one = (name: string) => () => {
    new KubernetesObject(name, config(name));
    return { stack: pulumi.getStack() };
  };
  const [a, b] = await Promise.all([
    collect({ stack: 'a', project: 'shop', program: one('a') }),
    collect({ stack: 'b', project: 'shop', program: one('b') }),
  ]);

  expect([a.outputs.stack, b.outputs.stack]).toEqual(['a', 'b']);
  expect([a, b].map(each => each.resources.map(resource => resource.name))).toEqual([['a'], ['b']]);
});

class Bucket extends pulumi.CustomResource {
  constructor(name: string) {
    super('aws:s3/bucketV2:BucketV2', name, {});
  }
}

test('throws when a resource needs another provider, naming it and `pulumi up`', async () => {
  const { message, code } = await failure(() => {
    new Bucket('artifacts');
    new Bucket('logs');
  });

  expect(message).toContain("'artifacts' of type 'aws:s3/bucketV2:BucketV2'");
  expect(message).toContain("'logs'");
  expect(message).toContain('`pulumi up`');
  expect(code).toBe(2);
});

test.each([
  ['a stack reference', () => new pulumi.StackReference('org/base/prod'), "StackReference 'org/base/prod'"],
  ['a call of a provider', () => pulumi.runtime.invoke('aws:index:region', {}), "'aws:index:region'"],
  ['a pet', () => new random.RandomPet('pet'), "'pet' of type 'random:index/randomPet:RandomPet'"],
  [
    'a bcrypt hash that is used',
    () => new KubernetesObject('a', config('a', { h: new random.RandomPassword('p', { length: 9 }).bcryptHash })),
    "'data.h (bcryptHash)'",
  ],
  ['an object without name', () => new KubernetesObject('a', { ...config('a'), metadata: {} }), "no 'metadata.name'"],
  [
    'the same object twice',
    () => [new KubernetesObject('a', config('same')), new KubernetesObject('b', config('same'))],
    "'a' and 'b' are the same object",
  ],
])('throws when the program has %s', async (_, program, words) => {
  const { message } = await failure(() => {
    program();
  });

  expect(message).toContain(words);
});

describe('when a program fails', () => {
  let outcomes: Record<string, string[]>;

  // In a process of its own: jest takes unhandled rejections for itself, and would not notice the end of a process.
  beforeAll(() => {
    const script = path.join(__dirname, 'failing-programs.ts');
    outcomes = JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' }));
  }, 30_000);

  test.each(['throws', 'rejects', 'throws inside an apply', 'leaves a rejection alone', 'passes a value that rejects'])(
    'throws when it %s, once and in its words',
    name => {
      const [message] = outcomes[name]!;

      expect(message).toContain("the program of stack 'test' failed");
      expect(message!.match(/no bricks left/g)).toHaveLength(1);
    },
  );

  test.each([
    ['replaceWith', 'does not support the ReplaceWith option'],
    ['transforms', 'does not support transforms'],
    ['hooks', 'does not support resource hooks'],
  ])('throws when it asks for %s, which needs a feature that is not claimed', (option, words) => {
    expect(outcomes[`asks for ${option}`]![0]).toContain(words);
  });

  test('throws when an input never resolves', () => {
    expect(outcomes['never ends']![0]).toContain('did not end within 0.3 s');
  });

  test('the next run is clean, and other listeners are back', () => {
    expect(outcomes.afterwards).toEqual(['1 resource', 'own listener']);
  });
});
