import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Chart } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { apiObjects, type Manifest, podTemplate } from '../../../constructs';
import { auditLogPath, DEPLOYER } from '../../../engine/control-plane';
import { loadEnvironment } from '../../../environments';
import { checkGitops, type Flavour, gitopsOutput, writeOutput } from '../../../stacks/gitops';
import { renderEnvironment } from '../../../stacks/platform';
import { simulate } from '../../../stacks/simulated';
import { testCluster, testKubeconfig } from '../../support/cluster';
import { gitopsKinds } from '../../support/gitops-kinds';

jest.setTimeout(600_000);

const run = promisify(execFile);
const { rendering } = simulate(renderEnvironment(loadEnvironment('local')));
const controllers = ['argocd', 'flux-system'];
const folders: string[] = [];

async function kubectl(args: string[], input?: readonly object[]): Promise<string> {
  const child = run('kubectl', ['--kubeconfig', testKubeconfig(), ...args], { maxBuffer: 1 << 26 });
  if (input) child.child.stdin!.end(input.map(each => JSON.stringify(each)).join('\n'));
  return (await child).stdout;
}

const apply = (manifests: readonly object[]) =>
  kubectl(['apply', '--server-side', '--validate=strict', '-f', '-'], manifests);

/** The kinds of the controllers and of the secrets operator, which are not installed here. */
function definitions(): Manifest[] {
  const chart = new Chart(new App(), 'kinds', { disableResourceNameHashes: true });
  for (const kind of gitopsKinds) kind.define(chart, kind.crdName);
  return apiObjects(chart).map(object => object.toJson());
}

beforeAll(async () => {
  await apply([
    ...definitions(),
    ...controllers.map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  ]);
  await ready(definitions());
});

afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  // There is no Argo CD here to do what its finalizer asks for.
  const applications = await kubectl(['-n', 'argocd', 'get', 'applications', '-o', 'name']);
  const unfinished = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
  await kubectl(['-n', 'argocd', 'patch', ...applications.trim().split('\n'), ...unfinished]);
  await kubectl(['delete', 'namespace', ...controllers]);
  await kubectl(['delete', 'crd', ...gitopsKinds.map(({ crdName }) => crdName)]);
});

/** Writes the output and reads it back, as a controller does. */
function fixture(gitops: Flavour) {
  const settings = checkGitops({
    ...{ gitops, repoUrl: 'https://git.example.com/ml/clusters.git', revision: 'main', path: 'clusters/local' },
    ...{ secrets: 'external-secrets', secretStore: 'vault' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'flowyard-gitops-'));
  folders.push(folder);
  writeOutput(gitopsOutput(rendering, settings).output, folder);
  const read = (file: string): Manifest[] =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map(document => document.toJS());
  const readAll = (of: string): Manifest[] => readdirSync(join(folder, of)).flatMap(file => read(join(of, file)));
  return {
    read,
    readAll,
    objectsOf: (path: string) => read(join(path.replace(/^.*?(objects\/)/, '$1'), 'objects.yaml')),
  };
}

const waveOf = ({ metadata }: Manifest) => Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);

function grouped(manifests: readonly Manifest[], keyOf: (manifest: Manifest) => number): Manifest[][] {
  const keys = [...new Set(manifests.map(keyOf))].sort((a, b) => a - b);
  return keys.map(key => manifests.filter(each => keyOf(each) === key));
}

/** Waits for what a controller would wait for. Custom resources are left out: what looks at them is simulated. */
async function ready(manifests: readonly Manifest[]): Promise<void> {
  const wait = async (kind: string, condition: string) => {
    for (const { metadata } of manifests.filter(each => each.kind === kind)) {
      const place = metadata.namespace ? ['-n', metadata.namespace] : [];
      await kubectl(['wait', `--for=condition=${condition}`, '--timeout=120s', `${kind}/${metadata.name}`, ...place]);
    }
  };
  await wait('CustomResourceDefinition', 'Established');
  await wait('Deployment', 'Available');
  await wait('Job', 'Complete');
}

/** Refused writes since a time, from the API server's own log. */
function refusals(since: string): string[] {
  return readFileSync(auditLogPath(testCluster), 'utf8')
    .split('\n')
    .filter(line => line.includes(`"username":"${DEPLOYER}"`) && line.includes('"stage":"ResponseComplete"'))
    .map(line => JSON.parse(line))
    .filter(({ verb, requestReceivedTimestamp }) => verb === 'patch' && requestReceivedTimestamp >= since)
    .filter(({ responseStatus }) => responseStatus.code >= 400)
    .map(({ requestURI, responseStatus }) => `${responseStatus.code} ${requestURI}`);
}

/** Takes away what was applied: what asks webhooks first, what holds others last. */
async function remove(applied: readonly Manifest[]): Promise<void> {
  const steps = [
    /WebhookConfiguration$/,
    /^(?!CustomResourceDefinition|Namespace)/,
    /^CustomResourceDefinition$/,
    /^Namespace$/,
  ];
  for (const step of steps) {
    const own = applied.filter(({ kind }) => step.test(kind));
    await kubectl(['delete', '--ignore-not-found', '--timeout=180s', '-f', '-'], own);
  }
}

test('the waves of Argo CD go through in one pass each, without one refused write', async () => {
  const { read, readAll, objectsOf } = fixture('argocd');
  const since = new Date().toISOString();
  const applied: Manifest[] = [];

  await apply([...read('settings.yaml'), ...read('root.yaml')]);
  for (const applications of grouped(readAll('applications'), waveOf)) {
    await apply(applications);
    for (const { spec } of applications) {
      for (const wave of grouped(objectsOf(spec.source.path), waveOf)) {
        applied.push(...wave);
        await apply(wave);
        await ready(wave);
      }
    }
  }

  expect(applied.length).toBeGreaterThan(rendering.objects.length);
  expect(refusals(since)).toEqual([]);
  await remove(applied);
});

/** How Flux orders what it applies after namespaces, CRDs and cluster roles; other kinds come between the two lists. */
const early = [
  ...['ClusterRoleBinding', 'ResourceQuota', 'ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'Secret'],
  ...['Service', 'LimitRange', 'Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'],
];
const late = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

function fluxRank({ kind }: Manifest): number {
  if (['Namespace', 'CustomResourceDefinition', 'ClusterRole'].includes(kind)) return -1;
  if (early.includes(kind)) return early.indexOf(kind);
  return late.includes(kind) ? 100 : 50;
}

test('the Kustomizations of Flux go through in one pass each, without one refused write', async () => {
  const { read, readAll, objectsOf } = fixture('flux');
  const since = new Date().toISOString();
  const applied: Manifest[] = [];
  const done = new Set<string>();

  await apply(read('root.yaml'));
  const kustomizations = readAll('kustomizations');
  await apply(kustomizations);
  const isFree = ({ metadata, spec }: Manifest) =>
    !done.has(metadata.name) && (spec.dependsOn ?? []).every(({ name }: { name: string }) => done.has(name));
  for (let next = kustomizations.filter(isFree); next.length > 0; next = kustomizations.filter(isFree)) {
    for (const { metadata, spec } of next) {
      const [first = [], ...rest] = grouped(objectsOf(spec.path), each => (fluxRank(each) < 0 ? -1 : 0));
      const stages = fluxRank(first[0]!) < 0 ? [first, rest.flat()] : [first];
      for (const stage of stages.map(each => grouped(each, fluxRank).flat()).filter(({ length }) => length > 0)) {
        applied.push(...stage);
        await apply(stage);
        await ready(stage);
      }
      done.add(metadata.name);
    }
  }

  expect(done.size).toBe(kustomizations.length);
  expect(applied.some(podTemplate)).toBe(true);
  expect(refusals(since)).toEqual([]);
  await remove(applied);
});
