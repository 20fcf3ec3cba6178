import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { testKubeconfig } from '../support/cluster';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'flowyard-doctor-'));
const namespace = 'doctor-test';

function kubectl(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync('kubectl', ['--kubeconfig', testKubeconfig(), ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

beforeAll(() => {
  kubectl('create', 'namespace', namespace);
  kubectl('-n', namespace, 'create', 'serviceaccount', 'guest');
});

afterAll(() => {
  kubectl('delete', 'namespace', namespace);
  rmSync(folder, { recursive: true });
});

/** Asks the shared cluster as an administrator, or as an account that may do nothing. */
function fixture(user: 'administrator' | 'guest') {
  const config = parse(readFileSync(testKubeconfig(), 'utf8'));
  if (user === 'guest') {
    for (const each of config.users) each.user = { token: kubectl('-n', namespace, 'create', 'token', 'guest') };
  }
  const kubeconfig = join(folder, `${user}.yaml`);
  writeFileSync(kubeconfig, stringify(config));
  const args = ['doctor', '--env', 'local', '--engine', 'embedded', '--kubeconfig', kubeconfig, '--json'];
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], {
    encoding: 'utf8',
  });
  const { findings } = JSON.parse(stdout);
  return { status, find: (what: string) => findings.find((each: { what: string }) => each.what === what) };
}

test('an administrator has all rights that the environment needs', () => {
  const { status, find } = fixture('administrator');

  expect(find('cluster')).toMatchObject({ state: 'ok' });
  expect(find('rights')).toMatchObject({ state: 'ok' });
  expect(status).toBe(0);
});

test('rights that are missing are named, and are a failure', () => {
  const { status, find } = fixture('guest');

  expect(status).toBe(1);
  expect(find('rights')).toMatchObject({ state: 'missing', fix: expect.stringContaining('ask for these rights') });
  expect(find('rights').found).toContain('may not create customresourcedefinitions.apiextensions.k8s.io');
});
