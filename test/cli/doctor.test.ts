import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(60_000);

const cache = mkdtempSync(join(tmpdir(), 'flowyard-doctor-'));
symlinkSync(process.execPath, join(cache, 'node'));
afterAll(() => rmSync(cache, { recursive: true }));

/** Runs `doctor` on a machine that has Node and nothing else. */
function fixture(...args: string[]) {
  const env = { ...process.env, FLOWYARD_CACHE: join(cache, 'cache'), PATH: cache, NO_COLOR: '1' };
  const command = ['--import', 'tsx', 'cli/main.ts', 'doctor', ...args];
  const { status, stdout } = spawnSync(process.execPath, [...command, '--json'], { encoding: 'utf8', env });
  const { ok, findings } = JSON.parse(stdout);
  return { status, ok, find: (what: string) => findings.find((each: { what: string }) => each.what === what) };
}

test('what is of use and not needed is told with its fix, and is no failure', () => {
  const { status, ok, find } = fixture();

  expect({ status, ok }).toEqual({ status: 0, ok: true });
  expect(find('node')).toEqual({ what: 'node', state: 'ok', found: process.versions.node });
  expect(find('ports')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^\d+ to \d+ are free$/) });
  expect(find('control plane binaries')).toMatchObject({
    state: 'optional',
    found: expect.stringContaining('kube-apiserver'),
    fix: expect.stringContaining('flowyard setup'),
  });
  expect(find('kubectl')).toMatchObject({ state: 'optional', fix: expect.stringContaining('https://') });
});

test('a missing Pulumi is a failure where it deploys', () => {
  const { status, ok, find } = fixture('--engine', 'pulumi');

  expect({ status, ok }).toEqual({ status: 1, ok: false });
  expect(find('pulumi')).toMatchObject({ state: 'missing', found: 'not on the PATH' });
});

test('a cluster that does not answer is a failure', () => {
  const kubeconfig = join(cache, 'kubeconfig.yaml');
  const nobody = { name: 'nobody', cluster: { server: 'https://127.0.0.1:1' } };
  const contexts = [{ name: 'there', context: { cluster: 'nobody' } }];
  writeFileSync(kubeconfig, JSON.stringify({ clusters: [nobody], contexts, 'current-context': 'there' }));

  const { status, find } = fixture('--kubeconfig', kubeconfig, '--engine', 'embedded');

  expect(status).toBe(1);
  expect(find('cluster')).toMatchObject({ state: 'missing', found: expect.stringContaining('127.0.0.1:1') });
});
