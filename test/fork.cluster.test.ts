import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

jest.setTimeout(300_000);

const root = resolve(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'flowyard-packed-'));
afterAll(() => rmSync(folder, { recursive: true }));

let tarball: string;
let files: string[];
beforeAll(() => {
  const [packed] = JSON.parse(run(root, 'npm', 'pack', '--silent', '--json', '--pack-destination', folder));
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }: { path: string }) => path);
});

/** Runs a command without the settings of this test run, and gives what it wrote. */
function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = attempt(cwd, command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a command that may fail. */
function attempt(cwd: string, command: string, ...args: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, NODE_ENV: undefined, NO_COLOR: '1', CI: undefined };
  return spawnSync(command, args, { cwd, env, encoding: 'utf8' });
}

const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent'];

test('the package has what runs and nothing else', () => {
  const kinds = files.map(file => file.replace(/^(dist\/lib|templates|tools)\/.*$/, '$1'));
  expect([...new Set(kinds)].sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist/lib',
    'package.json',
    'templates',
    'tools',
  ]);

  const code = files.filter(file => file.startsWith('dist/lib/'));
  expect(code.filter(file => !/\.(js|d\.ts)$/.test(file) || /\.test\.|\/bench\//.test(file))).toEqual([]);
  for (const file of code.filter(each => each.endsWith('.js'))) {
    expect(readFileSync(join(root, file), 'utf8')).not.toContain('sourceMappingURL');
  }
});

test('a new fork installs, keeps its snapshots, is typed, and synthesizes', () => {
  const fork = join(folder, 'acme');
  run(folder, 'node', join(root, 'dist/lib/cli/main.js'), 'init', fork, '--env', 'prod', '--flowyard', tarball);
  run(fork, 'npm', ...install);

  expect(attempt(fork, 'npm', 'test', '--silent').stderr).toMatch(/2 snapshots written/);
  expect(attempt(fork, 'npm', 'test', '--silent', '--', '--ci').stderr).toMatch(/Snapshots: +2 passed, 2 total/);
  run(fork, 'npm', 'run', 'types');
  const synthesized = JSON.parse(run(fork, 'npx', 'flowyard', 'synth', '--env', 'prod', '--json'));
  expect(synthesized).toMatchObject({ ok: true, environment: 'prod' });
  expect(readdirSync(join(fork, 'dist/prod')).join(' ')).toMatch(/\d\d-tenant-team-vision\.yaml/);
  expectTypes(fork);
});

test('the example, copied out, installs, keeps its snapshots, is typed, and synthesizes', () => {
  const fork = join(folder, 'example');
  cpSync(join(root, 'examples/fork'), fork, {
    recursive: true,
    filter: source => basename(source) !== 'node_modules',
  });
  run(fork, 'npm', ...install, tarball);

  expect(attempt(fork, 'npm', 'test', '--silent', '--', '--ci').stderr).toMatch(/Snapshots: +1 passed, 1 total/);
  run(fork, 'npm', 'run', 'types');
  run(fork, 'npm', 'run', 'synth');
  const synthesized = join(fork, 'dist/staging');
  const text = (component: string) => {
    const file = readdirSync(synthesized).find(each => each.endsWith(`-${component}.yaml`))!;
    return readFileSync(join(synthesized, file), 'utf8');
  };
  expect(text('minio')).toContain('priorityClassName: platform');
  expect(text('priority-classes')).toContain('kind: PriorityClass');
});

/** Compiles a consumer of every entry point, the way Node resolves and the way bundlers do. */
function expectTypes(fork: string): void {
  const { exports } = JSON.parse(readFileSync(join(fork, 'node_modules/flowyard/package.json'), 'utf8'));
  const entries = Object.keys(exports)
    .filter(key => key !== './package.json')
    .map(key => key.replace('./', 'flowyard/').replace('*', 'minio'));
  const imports = entries.map((entry, at) => `import * as entry${at} from '${entry}';\nvoid entry${at};`);
  const wrong = "import { Minio } from 'flowyard/components/minio';\nnew Minio(null!, 'minio', { capacity: 5 });";
  writeFileSync(join(fork, 'consumer.ts'), imports.join('\n'));
  writeFileSync(join(fork, 'wrong.ts'), wrong);
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const options = ['--noEmit', '--strict', '--module', module!, '--moduleResolution', resolution!];
    const { stdout } = attempt(fork, 'npx', 'tsc', ...options, 'consumer.ts', 'wrong.ts');
    expect(stdout).toMatch(/^wrong\.ts\(2,\d+\): error TS2322: Type 'number' is not assignable to type 'string'\.\n$/);
  }
}
