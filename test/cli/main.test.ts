import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(60_000);

const cache = mkdtempSync(join(tmpdir(), 'flowyard-cli-'));
afterAll(() => rmSync(cache, { recursive: true }));

/** Runs the command line as a user does, with an empty cache. */
function fixture(...args: string[]) {
  return runWith({ NO_COLOR: '1' }, ...args);
}

function runWith(variables: NodeJS.ProcessEnv, ...args: string[]) {
  const env = { ...process.env, FLOWYARD_CACHE: cache, ...variables };
  return spawnSync(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], { encoding: 'utf8', env });
}

test('synth writes a file per component, and says which Secrets have no values', () => {
  const folder = join(cache, 'manifests');

  const { status, stdout } = fixture('synth', '--output', folder, '--json');

  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    environment: 'local',
    generatedSecrets: expect.arrayContaining(['minio/minio']),
  });
  expect(readdirSync(folder)).toContain('01-istio.yaml');
});

test('a reader that goes away ends nothing', () => {
  const pipe = `${process.execPath} --import tsx cli/main.ts synth --env full -o ${join(cache, 'piped')} | true; echo \${PIPESTATUS[0]}`;
  const { stdout, stderr } = spawnSync('bash', ['-c', pipe], { encoding: 'utf8' });

  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  expect(readdirSync(join(cache, 'piped'))).toContain('01-istio.yaml');
});

test('an unknown environment ends with exit code 2, the fix and no stack', () => {
  const { status, stderr } = fixture('up', '--env', 'lokal');

  expect(status).toBe(2);
  expect(stderr).toBe(
    "error '--env' must be one of 'full', 'local', got 'lokal'; add environments/lokal.ts to make it\n",
  );
});

test('colours are for terminals: a log of CI has none', () => {
  const { stdout, stderr } = runWith(
    { CI: 'true', NO_COLOR: undefined, FORCE_COLOR: undefined },
    'up',
    '--env',
    'lokal',
  );

  expect(stdout + stderr).toMatch(/^error '--env'/);
});

test('a failure is one JSON document for machines', () => {
  const { status, stdout } = fixture('status', '--json');

  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    error: "there is no cluster 'local' on this machine",
    next: 'make it with `flowyard up --env local`, or name a cluster of yours with --context',
  });
});

test('an unknown option ends with exit code 2', () => {
  const { status, stderr } = fixture('up', '--bogus');

  expect(status).toBe(2);
  expect(stderr).toContain("unknown option '--bogus'");
});

test('a kubeconfig that is not there is refused before anything is rendered', () => {
  const { status, stderr } = fixture('up', '--kubeconfig', join(cache, 'none.yaml'));

  expect(status).toBe(2);
  expect(stderr).toContain("'--kubeconfig' must be a file");
});

test.each([
  ['map.svg', /^<svg /],
  ['map.html', /^<!doctype html>/],
  ['map.json', /^\{\n {2}"name": "local"/],
])('graph draws %s as its name ends', (name, beginning) => {
  const file = join(cache, 'graphs', name);

  const { status } = fixture('graph', '--output', file);

  expect(status).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(beginning);
});

test('synth for GitOps says what to commit and what to apply', () => {
  const folder = join(cache, 'gitops');
  const repository = ['--repo-url', 'https://git.example.com/ml.git', '--revision', 'main', '--path', 'clusters/local'];
  const secrets = ['--secrets', 'external-secrets', '--secret-store', 'vault', '--no-generate-secrets'];

  const { status, stdout } = fixture('synth', '--gitops', 'argocd', ...repository, ...secrets, '-o', folder);

  expect(status).toBe(0);
  expect(stdout).toContain('flowyard/local/minio/minio/rootPassword');
  expect(stdout).toContain(`commit ${folder} as 'clusters/local'`);
  expect(stdout).toContain(`kubectl apply --server-side --field-manager flowyard -f ${join(folder, 'root.yaml')}`);
});

test('synth for GitOps without a repository ends with exit code 2', () => {
  const { status, stderr } = fixture('synth', '--gitops', 'flux');

  expect(status).toBe(2);
  expect(stderr).toContain("'--repo-url' is missing");
});
