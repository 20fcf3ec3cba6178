import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Bucket, StoreGrant } from '../../components/roles';
import { type Declare, ObjectServer } from '../support/object-server';
import type { Key, Request } from '../support/s3';
import { webhookCertificate } from '../support/webhook-certificate';

// The client is built at the first run on a machine.
jest.setTimeout(600_000);

const buckets: Bucket[] = [
  { name: 'archive', retention: [{ prefix: 'runs/', restorableForDays: 14 }] },
  { name: 'data', lifecycle: [{ prefix: 'tmp/', expireAfterDays: 7 }] },
  { name: 'models', versioning: true, lifecycle: [{ expireAfterDays: 30 }] },
];

const identities: Record<string, StoreGrant[]> = {
  team: [{ bucket: 'data', prefix: 'team/', access: 'readWrite' }],
  'team-a': [{ bucket: 'data', prefix: 'team-a/', access: 'readWrite' }],
  archivist: [{ bucket: 'archive', prefix: 'runs/', access: 'readWrite' }],
  reader: [{ bucket: 'data', prefix: 'team/', access: 'read' }],
  'a-tenant-whose-name-is-longer-than-generated-access-keys': [{ bucket: 'models', access: 'readWrite' }],
};

const declare =
  (declared = buckets, names = Object.keys(identities)): Declare =>
  (store, client) => {
    for (const bucket of declared) store.addBucket(bucket);
    for (const name of names) {
      store.addIdentity(client, name, { name, namespace: 'client', secretName: name, grants: identities[name]! });
    }
  };

let server: ObjectServer;
const ask = (key: Key | string, request: Omit<Request, 'key'>) =>
  server.s3.send({ ...request, key: typeof key === 'string' ? server.key(key) : key });
const asRoot = (request: Omit<Request, 'key'>) => ask(server.root, request);
const put = (name: string, key: string) => ask(name, { method: 'PUT', path: `/data/${key}`, body: 'content' });
const provisioned = async (...args: Parameters<typeof declare>) => {
  const outcome = await server.provision(declare(...args));
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  return outcome;
};

beforeAll(async () => {
  server = await ObjectServer.create({ region: 'eu-central-1' });
  await server.start();
  await provisioned();
});

afterAll(() => server?.remove());

/** Everything that provisioning decides, as the server tells it. */
async function state(): Promise<string[]> {
  const listed: string[] = [];
  for (const { name } of buckets) {
    for (const subresource of ['versioning', 'lifecycle', 'policy', 'location']) {
      const { status, body } = await asRoot({ path: `/${name}`, query: { [subresource]: '' } });
      listed.push(`${name} ${subresource} ${status} ${/RequestId/.test(body) ? '' : body}`);
    }
  }
  for (const command of [
    ['user', 'list'],
    ['policy', 'list'],
    ['policy', 'entities'],
  ]) {
    const { output } = await server.mc(server.root, ['--json', 'admin', ...command, 'store']);
    listed.push(
      ...output
        .replaceAll(/"timestamp":"[^"]*"/g, '')
        .split('\n')
        .sort(),
    );
  }
  return listed;
}

describe('buckets', () => {
  test('are there, in the region, and no others', async () => {
    const { body } = await asRoot({ path: '/' });
    const { body: location } = await asRoot({ path: '/data', query: { location: '' } });

    expect([...body.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name]) => name)).toEqual(['archive', 'data', 'models']);
    expect(location).toContain('>eu-central-1<');
  });

  test('keep versions where declared', async () => {
    const { body: data } = await asRoot({ path: '/data', query: { versioning: '' } });
    const { body: models } = await asRoot({ path: '/models', query: { versioning: '' } });

    expect(models).toContain('<Status>Enabled</Status>');
    expect(data).not.toContain('<Status>');
  });

  test('have their lifecycle rules', async () => {
    const { body: data } = await asRoot({ path: '/data', query: { lifecycle: '' } });
    const { body: models } = await asRoot({ path: '/models', query: { lifecycle: '' } });

    expect(data).toContain('<Prefix>tmp/</Prefix>');
    expect(data).toContain('<Days>7</Days>');
    expect(models).toContain('<Days>30</Days>');
    expect(models).toContain('<NoncurrentDays>30</NoncurrentDays>');
  });

  test('bring back what was deleted below a protected prefix, which its identity cannot prevent', async () => {
    const object = '/archive/runs/one';
    await ask('archivist', { method: 'PUT', path: object, body: 'kept' });
    await ask('archivist', { method: 'DELETE', path: object });
    const { body } = await asRoot({ path: '/archive', query: { versions: '', prefix: 'runs/one' } });
    const version = /<Version>.*?<VersionId>([^<]+)</s.exec(body)![1]!;

    const destroyed = await ask('archivist', { method: 'DELETE', path: object, query: { versionId: version } });

    const { body: rules } = await asRoot({ path: '/archive', query: { lifecycle: '' } });
    expect(rules).toContain('<NoncurrentDays>14</NoncurrentDays>');
    expect((await ask('archivist', { path: object })).code).toBe('NoSuchKey');
    expect([destroyed.status, destroyed.code]).toEqual([403, 'AccessDenied']);
    expect((await asRoot({ path: object, query: { versionId: version } })).body).toBe('kept');
  });

  test('are closed to the public, also after a hand opened one', async () => {
    await put('team', 'team/object');
    await server.mc(server.root, ['anonymous', 'set', 'public', 'store/data']);
    const opened = await server.s3.send({ path: '/data/team/object' });

    await provisioned();

    const closed = await server.s3.send({ path: '/data/team/object' });
    expect(opened.status).toBe(200);
    expect([closed.status, closed.code]).toEqual([403, 'AccessDenied']);
  });

  test('lose rules and versioning that are no longer declared, and stay when they are not declared', async () => {
    await provisioned([{ name: 'archive' }, { name: 'data' }, { name: 'models' }]);

    const lifecycle = await asRoot({ path: '/data', query: { lifecycle: '' } });
    const versioning = await asRoot({ path: '/models', query: { versioning: '' } });
    expect(lifecycle.code).toBe('NoSuchLifecycleConfiguration');
    expect(versioning.body).toContain('<Status>Suspended</Status>');

    await provisioned([{ name: 'models' }], ['a-tenant-whose-name-is-longer-than-generated-access-keys']);

    expect((await asRoot({ method: 'HEAD', path: '/data' })).status).toBe(200);
    await provisioned();
  });
});

describe('an identity', () => {
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

  test('may ask whether its bucket exists and where, as clients do first', async () => {
    expect((await ask('team', { method: 'HEAD', path: '/data' })).status).toBe(200);
    expect((await ask('team', { path: '/data', query: { location: '' } })).status).toBe(200);
  });

  test('that reads does not write', async () => {
    await put('team', 'team/shared');

    expect((await ask('reader', { path: '/data/team/shared' })).body).toBe('content');
    expect((await put('reader', 'team/shared')).code).toBe('AccessDenied');
    expect((await ask('reader', { method: 'DELETE', path: '/data/team/shared' })).code).toBe('AccessDenied');
  });

  test('of a whole bucket has that bucket and no other', async () => {
    const name = Object.keys(identities).at(-1)!;

    expect((await ask(name, { method: 'PUT', path: '/models/any/key', body: 'x' })).status).toBe(200);
    expect((await ask(name, { path: '/models' })).status).toBe(200);
    expect((await ask(name, { path: '/data/team/shared' })).code).toBe('AccessDenied');
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

  test.each([
    ['the whole bucket', { 'list-type': '2' }],
    ['names that begin as its own', { 'list-type': '2', prefix: 'team' }],
    ['folders', { 'list-type': '2', delimiter: '/' }],
    ['another case', { 'list-type': '2', prefix: 'TEAM/' }],
  ])('may not list %s', async (_, query) => {
    const { status, code } = await ask('team', { path: '/data', query: query as Record<string, string> });

    expect([status, code]).toEqual([403, 'AccessDenied']);
  });

  test.each(['team/../team-a/secret', 'team/%2e%2e/team-a/secret', 'team//../../data/team-a/secret'])(
    'gets nothing of its neighbour by %s',
    async key => {
      await put('team-a', 'team-a/secret');

      const { status, code, body } = await ask('team', { path: `/data/${key}` });

      // Refused as a path, not for its signature.
      expect([status, code]).toEqual([400, 'XMinioInvalidResourceName']);
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
  });

  test.each<[string, Omit<Request, 'key'>]>([
    ['make a bucket', { method: 'PUT', path: '/another' }],
    ['delete its bucket', { method: 'DELETE', path: '/data' }],
    ['read the policy of its bucket', { path: '/data', query: { policy: '' } }],
    ['open its bucket to the public', { method: 'PUT', path: '/data', query: { policy: '' }, body: '{}' }],
    ['change the lifecycle', { method: 'DELETE', path: '/data', query: { lifecycle: '' } }],
    ['change the versioning', { method: 'PUT', path: '/data', query: { versioning: '' }, body: '<x/>' }],
  ])('may not %s', async (_, request) => {
    const { status, code } = await ask('team', request);

    expect([status, code]).toEqual([403, 'AccessDenied']);
  });

  test.each([
    ['see the server', ['info', 'store']],
    ['list users', ['user', 'list', 'store']],
    ['make users', ['user', 'add', 'store', 'intruder', 'long-enough-secret']],
    ['give itself rights', ['policy', 'attach', 'store', 'consoleAdmin', '--user', 'team']],
    ['make keys of its own', ['user', 'svcacct', 'add', 'store', 'team']],
  ])('may not %s', async (_, command) => {
    const { exitCode, output } = await server.mc(server.key('team'), ['admin', ...command]);

    expect(exitCode).not.toBe(0);
    expect(output).toContain('Access Denied');
  });
});

describe('provisioning again', () => {
  test('changes nothing', async () => {
    const before = await state();

    const { exitCode } = await server.provision(declare());

    expect(exitCode).toBe(0);
    expect(before.join()).toContain('flowyard-team-a');
    expect(await state()).toEqual(before);
  });

  test.each([['/bin/sh'], ['/bin/bash', '--posix']])('works in %s', async (...shell) => {
    const outcome = await server.provision(declare(), { shell });

    expect(outcome).toEqual({ exitCode: 0, output: expect.stringMatching(/identity team: ready\n.*done\n$/s) });
  });

  test('removes an identity that is no longer declared, and no account of others', async () => {
    await server.mc(server.root, ['admin', 'user', 'add', 'store', 'by-hand', 'long-enough-secret']);
    await server.mc(server.root, ['admin', 'policy', 'attach', 'store', 'readonly', '--user', 'by-hand']);
    await put('team', 'team/kept');

    const { output } = await provisioned(buckets, ['team-a', 'reader']);

    const refused = await ask('team', { path: '/data/team/kept' });
    const byHand = await ask({ user: 'by-hand', secret: 'long-enough-secret' }, { path: '/data/team/kept' });
    expect(output).toContain('identity team: removed');
    expect([refused.status, refused.code]).toEqual([403, 'InvalidAccessKeyId']);
    expect(byHand.body).toBe('content');
    expect((await state()).join()).not.toContain('"flowyard-team"');

    await provisioned();

    expect((await ask('team', { path: '/data/team/kept' })).body).toBe('content');
  });

  test('takes away rights that were given by hand', async () => {
    await server.mc(server.root, ['admin', 'policy', 'attach', 'store', 'readwrite', '--user', 'team']);
    await server.mc(server.root, ['admin', 'policy', 'attach', 'store', 'diagnostics', '--user', 'team']);
    const wider = await ask('team', { path: '/data/team-a/secret' });

    await provisioned();

    expect(wider.status).toBe(200);
    expect((await ask('team', { path: '/data/team-a/secret' })).code).toBe('AccessDenied');
    expect((await put('team', 'team/own')).status).toBe(200);
  });

  test('changes a key', async () => {
    const old = server.key('team');
    server.changeKey('team');

    await provisioned();

    expect((await ask(old, { path: '/data/team/own' })).code).toBe('SignatureDoesNotMatch');
    expect((await put('team', 'team/own')).status).toBe(200);
  });

  test('of one identity leaves the others alone, and a client that reads its key again loses no request', async () => {
    let secret = server.key('team');
    const failed: string[] = [];
    let reloads = 0;
    let running = true;
    const client = (async () => {
      while (running) {
        let answer = await ask(secret, { method: 'PUT', path: '/data/team/busy', body: 'x' });
        if (answer.status === 403) {
          secret = server.key('team');
          reloads++;
          answer = await ask(secret, { method: 'PUT', path: '/data/team/busy', body: 'x' });
        }
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.code}`);
        const other = await put('team-a', 'team-a/busy');
        if (other.status !== 200) failed.push(`neighbour ${other.status} ${other.code}`);
      }
    })();

    const old = secret;
    server.changeKey('team');
    await provisioned();
    await put('team', 'team/after');
    await new Promise(resolve => setTimeout(resolve, 500));
    running = false;
    await client;

    expect(failed).toEqual([]);
    expect(reloads).toBe(1);
    expect((await ask(old, { path: '/data/team/own' })).code).toBe('SignatureDoesNotMatch');
  });

  test('prints no key', async () => {
    const { output } = await server.provision(declare());

    expect(output).toContain('bucket data: ready');
    expect(server.secrets.length).toBeGreaterThan(4);
    for (const secret of server.secrets) expect(output).not.toContain(secret);
  });
});

describe('provisioning fails, says why and prints no key', () => {
  const failures: [string, string, RegExp, (folder: string) => void][] = [
    ['a key is missing', 'team/secretKey', /key file .*team\/secretKey is missing/, file => fs.rmSync(file)],
    ['a key is empty', 'team/secretKey', /key file .*team\/secretKey is empty/, file => fs.writeFileSync(file, '')],
    [
      'the root key is wrong',
      'root/rootPassword',
      /signature|Access Denied/i,
      file => fs.writeFileSync(file, 'b'.repeat(40)),
    ],
    [
      'the list of identities is missing',
      'config/identities',
      /declaration .*identities is missing/,
      file => fs.rmSync(file),
    ],
    ['the list of buckets is missing', 'config/buckets', /declaration .*buckets is missing/, file => fs.rmSync(file)],
    ['rules are no rules', 'config/lifecycle.data.json', /lifecycle|ILM/i, file => fs.writeFileSync(file, '{}')],
  ];

  test.each(failures)('when %s', async (_, file, message, damage) => {
    const before = await state();

    const { exitCode, output } = await server.provision(declare(), {
      tamper: folder => damage(path.join(folder, file)),
    });

    expect(exitCode).not.toBe(0);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/done\n$/);
    for (const secret of server.secrets) expect(output).not.toContain(secret);
    expect(await state()).toEqual(before);
  });

  test('when the server is down, within its bound', async () => {
    await server.stop();
    const startedAt = performance.now();

    const { exitCode, output } = await server.provision(declare(), { wait: 3 });

    const seconds = (performance.now() - startedAt) / 1000;
    expect(exitCode).toBe(1);
    expect(output).toBe(`provisioning failed: no answer from 127.0.0.1:${server.port} within 3 s\n`);
    expect(seconds).toBeLessThan(8);
    for (const secret of server.secrets) expect(output).not.toContain(secret);
    await server.start();
  });

  test('but not when the server comes up while it waits', async () => {
    await server.stop();

    const provisioning = server.provision(declare(), { wait: 60 });
    await new Promise(resolve => setTimeout(resolve, 2_000));
    await server.start();

    expect((await provisioning).exitCode).toBe(0);
    expect((await put('team', 'team/own')).status).toBe(200);
  });
});

test('all of it works over TLS, by a certificate of the role', async () => {
  const issue = (_: unknown, __: string, { secretName }: { secretName: string }) => ({ secretName });
  const secure = await ObjectServer.create({ certificates: { issue } as never }, webhookCertificate());
  try {
    await secure.start();

    const { exitCode, output } = await secure.provision(declare());

    const own = await secure.mc(secure.key('team'), ['ls', 'store/data/team/']);
    const other = await secure.mc(secure.key('team'), ['ls', 'store/data/team-a/']);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/identity team: ready/)]);
    expect(own.exitCode).toBe(0);
    expect(other.output).toContain('Access Denied');
  } finally {
    await secure.remove();
  }
});
