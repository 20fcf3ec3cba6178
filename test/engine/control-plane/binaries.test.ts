import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { type BinaryEvent, prepareBinaries } from '../../../engine/control-plane/binaries';
import { platformKey } from '../../../engine/control-plane/paths';
import type { Bundle, Download } from '../../../engine/control-plane/pins';
import { FlowyardError } from '../../../engine/errors';

const go = spawnSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).stdout.trim();

/** Runs with the real Go; without one there is nothing to build with. */
const testWithGo = go ? test : test.skip;

let root: string;
let server: http.Server | undefined;
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-binaries-')));
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  fs.rmSync(root, { recursive: true, force: true });
});

/** A Go module with one small command in place of etcd. `go` is the real one and counts its builds. */
function fixture(props: { downloads?: Download[]; goDirective?: string } = {}) {
  const at = (...parts: string[]) => path.join(root, ...parts);
  const write = (file: string, text: string, mode = 0o644) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode });
  };
  write(at('tools', 'etcd', 'go.mod'), `module flowyard.test/etcd\n\ngo ${props.goDirective ?? '1.21'}\n`);
  write(
    at('tools', 'etcd', 'main.go'),
    'package main\n\nvar Version string\n\nfunc main() { println("built", Version) }\n',
  );
  const builds = at('builds');
  write(at('go', 'go'), `#!/bin/sh\n[ "$1" = build ] && echo x >> ${builds}\nexec ${go} "$@"\n`, 0o755);
  const bundle: Bundle = {
    name: 'etcd',
    version: '3.6.7',
    module: 'flowyard.test/etcd',
    packages: { etcd: 'flowyard.test/etcd' },
    ldflags: '-s -w -X main.Version=3.6.7',
    buildSeconds: 50,
    fromPath: true,
    downloads: { [platformKey()]: props.downloads ?? [] },
  };
  const events: BinaryEvent[] = [];
  const options = {
    names: ['etcd'] as const,
    cache: at('cache'),
    tools: at('tools'),
    bundles: [bundle],
    env: { ...process.env, PATH: `${at('go')}:${process.env.PATH}` },
    onProgress: (event: BinaryEvent) => events.push(event),
  };
  const buildCount = () => (fs.existsSync(builds) ? fs.readFileSync(builds, 'utf8').split('\n').length - 1 : 0);
  return { at, write, options, events, buildCount, cached: at('cache', 'bin', `etcd-3.6.7-${platformKey()}`, 'etcd') };
}

/** Serves an archive with a command that says `downloaded`. */
async function archive(serve: (bytes: Buffer, response: http.ServerResponse) => void) {
  const directory = path.join(root, 'etcd-archive');
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, 'etcd'), '#!/bin/sh\necho downloaded\n');
  execFileSync('tar', ['-czf', path.join(root, 'etcd.tar.gz'), '-C', root, 'etcd-archive/etcd']);
  const bytes = fs.readFileSync(path.join(root, 'etcd.tar.gz'));
  server = http.createServer((_, response) => serve(bytes, response)).listen(0, '127.0.0.1');
  await new Promise(resolve => server!.once('listening', resolve));
  const download: Download = {
    site: 'github',
    path: 'etcd.tar.gz',
    checksum: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    entries: { etcd: 'etcd-archive/etcd' },
  };
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { download, sites: { github: base, kubernetes: base } };
}

const run = (file: string) => {
  const { stdout, stderr } = spawnSync(file, { encoding: 'utf8' });
  return (stdout + stderr).trim();
};

testWithGo('builds the pinned module when nothing else is there, then finds it in the cache', async () => {
  const { options, events, cached, buildCount, at } = fixture();

  const first = await prepareBinaries(options);
  const second = await prepareBinaries(options);

  expect(first.etcd).toBe(cached);
  expect(run(cached)).toBe('built 3.6.7');
  expect(second.etcd).toBe(cached);
  expect(buildCount()).toBe(1);
  expect(events.filter(event => event.state === 'ready').map(event => event.source)).toEqual(['build', 'cache']);
  expect(events.find(event => event.state === 'working')?.remainingSeconds).toBeGreaterThan(0);
  expect(fs.readdirSync(at('cache', 'tmp'))).toEqual([]);
});

test('prefers a binary of the pinned minor version on the PATH, and no other', async () => {
  const { options, write, at, events } = fixture();
  write(at('old', 'etcd'), '#!/bin/sh\necho etcd Version: 3.5.7\n', 0o755);
  write(at('new', 'etcd'), '#!/bin/sh\necho etcd Version: 3.6.1\n', 0o755);
  const env = { ...options.env, PATH: `${at('old')}:${at('new')}:${options.env.PATH}` };

  const { etcd } = await prepareBinaries({ ...options, env });

  expect(etcd).toBe(at('new', 'etcd'));
  expect(events).toMatchObject([{ binary: 'etcd', source: 'path', state: 'ready' }]);
});

test('prefers a download with the pinned checksum to a build', async () => {
  const { download, sites } = await archive((bytes, response) => response.end(bytes));
  const { options, cached, buildCount } = fixture({ downloads: [download] });

  await prepareBinaries({ ...options, sites });

  expect(run(cached)).toBe('downloaded');
  expect(buildCount()).toBe(0);
});

testWithGo('refuses a corrupted download and builds instead', async () => {
  const { download, sites } = await archive((bytes, response) =>
    response.end(Buffer.concat([bytes, Buffer.from('x')])),
  );
  const { options, cached, events } = fixture({ downloads: [download] });

  await prepareBinaries({ ...options, sites });

  expect(run(cached)).toBe('built 3.6.7');
  const refusal = events.find(event => event.state === 'failed');
  expect(refusal?.message).toContain('is not the pinned file: its sha256 is');
});

testWithGo('gives a silent site up after the time for a connection', async () => {
  const { download, sites } = await archive(() => {});
  const { options, cached, events } = fixture({ downloads: [download] });

  await prepareBinaries({ ...options, sites, connectMilliseconds: 200 });

  expect(run(cached)).toBe('built 3.6.7');
  expect(events.find(event => event.state === 'failed')?.message).toContain('no connection within 0.2 s');
});

testWithGo('two at once build once: the second waits and finds the result', async () => {
  const { options, events, buildCount } = fixture();

  const [first, second] = await Promise.all([prepareBinaries(options), prepareBinaries(options)]);

  expect(first).toEqual(second);
  expect(buildCount()).toBe(1);
  expect(events.some(event => event.state === 'waiting')).toBe(true);
});

testWithGo('what a killed run left is swept away', async () => {
  const { options, write, at } = fixture();
  write(at('cache', 'tmp', 'etcd-1-dead', 'half'), 'x');

  await prepareBinaries(options);

  expect(fs.readdirSync(at('cache', 'tmp'))).toEqual([]);
});

test('throws when go is missing, and says what to install', async () => {
  const { options, at } = fixture();
  fs.mkdirSync(at('empty'));

  const failure = prepareBinaries({ ...options, env: { ...options.env, PATH: at('empty') } });

  await expect(failure).rejects.toThrow('etcd 3.6.7 has to be built, and go is not on the PATH');
  await expect(failure).rejects.toMatchObject({ next: expect.stringContaining('install Go 1.21 or newer') });
});

test('throws when go is too old, and shows the version found', async () => {
  const { options, at, write } = fixture();
  write(at('ancient', 'go'), '#!/bin/sh\necho go1.10.3\n', 0o755);

  const failure = prepareBinaries({ ...options, env: { ...options.env, PATH: at('ancient') } });

  await expect(failure).rejects.toThrow(`etcd 3.6.7 needs Go 1.21 or newer, got '1.10.3'`);
});

testWithGo('throws when the build fails, with the last words of go', async () => {
  const { options, at, write } = fixture();
  write(at('tools', 'etcd', 'main.go'), 'package main\n\nfunc main() { nonsense() }\n');

  await expect(prepareBinaries(options)).rejects.toThrow(/go could not build etcd 3.6.7:[\s\S]*undefined: nonsense/);
});

testWithGo('an abort ends a build and leaves nothing half done', async () => {
  const { options, at, cached } = fixture();
  const controller = new AbortController();
  const onProgress = (event: BinaryEvent) => {
    if (event.source === 'build' && event.state === 'working') {
      setTimeout(() => controller.abort(new FlowyardError('stopped')), 50);
    }
  };

  await expect(prepareBinaries({ ...options, onProgress, signal: controller.signal })).rejects.toThrow('stopped');
  expect(fs.existsSync(cached)).toBe(false);
  expect(fs.readdirSync(at('cache', 'tmp'))).toEqual([]);
});
