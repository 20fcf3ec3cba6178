import type { Bucket, StoreGrant } from '../../components/roles';
import type { Key, Request } from '../support/s3';
import { type Declare, SeaweedServer } from '../support/seaweed-server';

jest.setTimeout(300_000);

const buckets: Bucket[] = [{ name: 'data', lifecycle: [{ prefix: 'tmp/', expireAfterDays: 7 }] }, { name: 'models' }];

const identities: Record<string, StoreGrant[]> = {
  team: [{ bucket: 'data', prefix: 'team/', access: 'readWrite' }],
  'team-a': [{ bucket: 'data', prefix: 'team-a/', access: 'readWrite' }],
  reader: [{ bucket: 'data', prefix: 'team/', access: 'read' }],
  models: [{ bucket: 'models', access: 'readWrite' }],
};

const declare =
  (names = Object.keys(identities)): Declare =>
  (store, client) => {
    for (const bucket of buckets) store.addBucket(bucket);
    for (const name of names) {
      store.addIdentity(client, name, { name, namespace: 'client', secretName: name, grants: identities[name]! });
    }
  };

let server: SeaweedServer;
const ask = (key: Key | string, request: Omit<Request, 'key'>) =>
  server.s3.send({ ...request, key: typeof key === 'string' ? server.key(key) : key });
const put = (name: string, key: string) => ask(name, { method: 'PUT', path: `/data/${key}`, body: 'content' });
const provisioned = async (names?: string[]) => {
  const outcome = await server.provision(declare(names));
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  return outcome;
};

beforeAll(async () => {
  server = await SeaweedServer.create();
  await server.start();
});

afterAll(() => server?.remove());

test('nobody is let in before there is an identity', async () => {
  // The server itself takes seconds; provisioning without identities waits for it.
  await provisioned([]);

  const { status, code } = await server.s3.send({ path: '/data' });
  const root = await ask(server.root, { path: '/data' });

  expect([status, code]).toEqual([403, 'AccessDenied']);
  expect(root.status).toBe(200);
});

describe('an identity', () => {
  beforeAll(async () => {
    await provisioned();
  });

  test('reads, writes, lists and deletes below its prefix', async () => {
    const path = '/data/team/own';

    expect((await put('team', 'team/own')).status).toBe(200);
    expect((await ask('team', { path })).body).toBe('content');
    expect((await ask('team', { path: '/data', query: { 'list-type': '2', prefix: 'team/' } })).body).toContain(
      '<Key>team/own</Key>',
    );
    expect((await ask('team', { method: 'DELETE', path })).status).toBe(204);
    expect((await ask('team', { path })).code).toBe('NoSuchKey');
  });

  test('that reads does not write', async () => {
    await put('team', 'team/shared');

    expect((await ask('reader', { path: '/data/team/shared' })).body).toBe('content');
    expect((await put('reader', 'team/shared')).code).toBe('AccessDenied');
    expect((await ask('reader', { method: 'DELETE', path: '/data/team/shared' })).code).toBe('AccessDenied');
  });

  test('of a whole bucket has that bucket and no other', async () => {
    expect((await ask('models', { method: 'PUT', path: '/models/any/key', body: 'x' })).status).toBe(200);
    expect((await ask('models', { path: '/models', query: { 'list-type': '2' } })).body).toContain('any/key');
    expect((await ask('models', { path: '/data/team/shared' })).code).toBe('AccessDenied');
  });

  const pairs = [
    ['team', 'team-a'],
    ['team-a', 'team'],
    ['reader', 'team-a'],
  ] as const;
  const ways: [string, (other: string) => Omit<Request, 'key'>][] = [
    ['get', other => ({ path: `/data/${other}/secret` })],
    ['head', other => ({ method: 'HEAD', path: `/data/${other}/secret` })],
    ['put', other => ({ method: 'PUT', path: `/data/${other}/secret`, body: 'mine' })],
    ['delete', other => ({ method: 'DELETE', path: `/data/${other}/secret` })],
    ['list', other => ({ path: '/data', query: { 'list-type': '2', prefix: `${other}/` } })],
    ['list versions of', other => ({ path: '/data', query: { versions: '', prefix: `${other}/` } })],
    ['get through an encoded slash', other => ({ path: `/data/${other}%2Fsecret` })],
    ['get at the bare name', other => ({ path: `/data/${other}` })],
  ];
  test.each(pairs.flatMap(([name, other]) => ways.map(([way, request]) => [name, way, other, request] as const)))(
    '%s may not %s its neighbour %s',
    async (name, _, other, request) => {
      await put(other, `${other}/secret`);

      const { status, code } = await ask(name, request(other));

      // An answer to HEAD has no body.
      expect([status, code || 'AccessDenied']).toEqual([403, 'AccessDenied']);
      expect((await ask(other, { path: `/data/${other}/secret` })).body).toBe('content');
    },
  );

  test.each(['team/../team-a/secret', 'team/%2e%2e/team-a/secret', 'team//../../data/team-a/secret'])(
    'gets nothing of its neighbour by %s',
    async key => {
      await put('team-a', 'team-a/secret');

      const { status, body } = await ask('team', { path: `/data/${key}` });

      expect(status).toBe(400);
      expect(body).not.toContain('content');
    },
  );

  test('may not copy what it cannot read', async () => {
    await put('team-a', 'team-a/secret');
    await put('team', 'team/own');
    const copy = (source: string) =>
      ask('team', { method: 'PUT', path: '/data/team/copy', headers: { 'x-amz-copy-source': `/data/${source}` } });

    expect((await copy('team/own')).status).toBe(200);
    expect((await copy('team-a/secret')).code).toBe('AccessDenied');
    expect((await copy('team/../team-a/secret')).status).toBe(400);
  });

  test.each<[string, Omit<Request, 'key'>]>([
    ['list the whole bucket', { path: '/data', query: { 'list-type': '2' } }],
    ['list names that begin as its own', { path: '/data', query: { 'list-type': '2', prefix: 'team' } }],
    ['make a bucket', { method: 'PUT', path: '/another' }],
    ['delete its bucket', { method: 'DELETE', path: '/data' }],
    ['open its bucket to the public', { method: 'PUT', path: '/data', query: { policy: '' }, body: '{}' }],
    ['change the lifecycle', { method: 'DELETE', path: '/data', query: { lifecycle: '' } }],
  ])('may not %s', async (_, request) => {
    const { status, code } = await ask('team', request);

    expect([status, code]).toEqual([403, 'AccessDenied']);
  });
});

describe('provisioning again', () => {
  test('leaves data and keys as they are', async () => {
    await provisioned();
    await put('team', 'team/kept');

    const { output } = await provisioned();

    expect(output).toContain('identity team: ready\n');
    expect((await ask('team', { path: '/data/team/kept' })).body).toBe('content');
  });

  test('changes a key', async () => {
    const old = server.key('team');
    server.changeKey('team');

    await provisioned();

    const refused = await ask(old, { path: '/data/team/kept' });
    expect([refused.status, refused.code]).toEqual([403, 'SignatureDoesNotMatch']);
    expect((await ask('team', { path: '/data/team/kept' })).body).toBe('content');
  });

  test('removes an identity that is no longer declared', async () => {
    const { output } = await provisioned(['team-a', 'reader', 'models']);

    const refused = await ask('team', { path: '/data/team/kept' });
    expect(output).toContain('identity team: removed\n');
    expect([refused.status, refused.code]).toEqual([403, 'InvalidAccessKeyId']);
    expect((await put('team-a', 'team-a/own')).status).toBe(200);
  });

  test('prints no key', async () => {
    const { output } = await provisioned();

    expect(output).toContain('bucket data: ready');
    for (const name of Object.keys(identities)) expect(output).not.toContain(server.key(name).secret);
  });
});
