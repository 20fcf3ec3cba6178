import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Istio } from '../../components/istio';
import { Endpoint, type Manifest } from '../../constructs';
import { auditLogPath, prepareBinaries } from '../../engine/control-plane';
import { loadEnvironment } from '../../environments';
import { composePlatform } from '../../stacks/platform';
import { renderPlatform } from '../../stacks/render';
import { testCluster, testKubeconfig } from '../support/cluster';
import { freePort, redirected } from '../support/controller';
import { webhookCertificate } from '../support/webhook-certificate';

const account = 'system:serviceaccount:istio-system:istiod';

function kubectl(args: string[], input?: string): string {
  return execFileSync('kubectl', ['--kubeconfig', testKubeconfig(), ...args], {
    input,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function apply(objects: Manifest[], ...options: string[]): string {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  return kubectl(['apply', '--server-side', '--force-conflicts', ...options, '-f', '-'], list);
}

/** The mesh, the platform's namespace and one tenant, with one route of the users' gateway. */
function rendered(): Manifest[] {
  const platform = composePlatform(loadEnvironment('local'));
  const part = (id: string) => platform.components.find(component => component.node.id === id)!;
  (part('istio') as Istio).expose(part('training-operator'), 'Route', {
    name: 'sample',
    path: '/sample/',
    to: new Endpoint('training-operator', 'kubeflow', 8080),
    workload: { namespace: 'kubeflow', selector: { 'control-plane': 'kubeflow-training-operator' } },
    port: 8080,
  });
  const parts = ['istio', 'kubeflow', 'profiles', 'training-operator', 'minio', 'tenant-team-vision'];
  return renderPlatform(platform)
    .objects.filter(({ component }) => parts.includes(component))
    .map(({ manifest }) => manifest);
}

const isIstio = ({ apiVersion }: Manifest) => apiVersion.includes('istio.io/');
const isWebhook = ({ kind, metadata }: Manifest) =>
  kind.endsWith('WebhookConfiguration') && metadata.name.includes('istio');

/** A kubeconfig with a token of our service account: what the control plane may do is what its roles say. */
async function accountKubeconfig(directory: string): Promise<string> {
  const config = JSON.parse(kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']));
  const token = kubectl(['-n', 'istio-system', 'create', 'token', 'istiod', '--duration', '2h']).trim();
  const file = join(directory, 'kubeconfig');
  await writeFile(file, JSON.stringify({ ...config, users: [{ name: config.users[0].name, user: { token } }] }), {
    mode: 0o600,
  });
  return file;
}

/** Variables of our Deployment, and those that a pod would have of itself. */
function environment(objects: Manifest[]): Record<string, string> {
  const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'istiod')!;
  const env = deployment.spec.template.spec.containers[0].env as { name: string; value?: string }[];
  return {
    ...Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    POD_NAME: 'istiod-test',
    POD_NAMESPACE: 'istio-system',
    SERVICE_ACCOUNT: 'istiod',
    ENABLE_DEBUG_ON_HTTP: 'true',
  };
}

function pod(name: string, labels: Record<string, string>): Manifest {
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 1000,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'team-vision', labels },
    spec: {
      containers: [{ name: 'main', image: 'example.com/main', ports: [{ containerPort: 8080 }], securityContext }],
    },
  };
}

describe('the control plane of Istio, with our settings and our rights', () => {
  let objects: Manifest[];
  let directory: string;
  let pilot: ChildProcess;
  let output = '';
  let debug: string;

  beforeAll(async () => {
    objects = rendered();
    directory = await mkdtemp(join(tmpdir(), 'istiod-'));
    const [http, https, xds, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    debug = `http://127.0.0.1:${http}`;
    apply(objects.filter(({ kind }) => ['CustomResourceDefinition', 'Namespace'].includes(kind)));
    kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    apply(objects.filter(each => !each.kind.endsWith('WebhookConfiguration') && !each.spec?.template));

    const { cert, key, pem } = webhookCertificate();
    const binary = (await prepareBinaries({ names: ['pilot-discovery'] }))['pilot-discovery'];
    const kubeconfig = await accountKubeconfig(directory);
    pilot = spawn(
      binary,
      [
        ...['discovery', '--kubeconfig', kubeconfig, '--httpAddr', `127.0.0.1:${http}`],
        ...['--httpsAddr', `127.0.0.1:${https}`, '--secureGRPCAddr', `127.0.0.1:${xds}`, '--grpcAddr', ''],
        ...['--monitoringAddr', `127.0.0.1:${metrics}`, '--ctrlz_port', '0', '--domain', 'cluster.local'],
        ...['--tlsCertFile', cert, '--tlsKeyFile', key, '--caCertFile', cert],
      ],
      { cwd: directory, env: { PATH: process.env.PATH, HOME: directory, ...environment(objects) } },
    );
    for (const stream of [pilot.stdout!, pilot.stderr!]) {
      stream.on('data', chunk => {
        output += chunk;
      });
    }
    await ready();
    apply(objects.filter(isWebhook).map(each => redirected(each, `127.0.0.1:${https}`, pem)));
  }, 900_000);

  async function ready(): Promise<void> {
    for (let attempt = 0; attempt < 120; attempt += 1) {
      const answer = await fetch(`${debug}/ready`).catch(() => undefined);
      if (answer?.ok) return;
      if (pilot.exitCode !== null) break;
      await new Promise(resolve => setTimeout(resolve, 500));
    }
    throw new Error(`the control plane did not become ready:\n${output.slice(-4_000)}`);
  }

  afterAll(async () => {
    pilot.kill('SIGTERM');
    const names = objects.filter(isWebhook).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    kubectl(['delete', '--ignore-not-found', ...names]);
    kubectl(['-n', 'team-vision', 'delete', 'pod', '--all', '--wait=false']);
    // Other controllers run on the same control plane.
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.filter(each => !isWebhook(each)) });
    kubectl(['delete', '--ignore-not-found', '--timeout=120s', '-f', '-'], list);
    await rm(directory, { recursive: true, force: true });
  }, 180_000);

  test('gives a pod of a member namespace a proxy that fits the strictest Pod Security level', () => {
    const member = pod('member', { app: 'web' });
    const annotations = { 'proxy.istio.io/config': 'concurrency: 3' };
    apply([{ ...member, metadata: { ...member.metadata, annotations } }]);

    const { metadata, spec } = JSON.parse(kubectl(['-n', 'team-vision', 'get', 'pod', 'member', '-o', 'json']));
    const proxy = spec.initContainers.find(({ name }: { name: string }) => name === 'istio-proxy');
    const variable = (key: string) => proxy.env.find(({ name }: { name: string }) => name === key)?.value;
    expect(spec.initContainers.map(({ name }: { name: string }) => name)).toEqual(['istio-validation', 'istio-proxy']);
    expect(proxy).toMatchObject({ image: 'registry.istio.io/release/proxyv2:1.30.1', restartPolicy: 'Always' });
    expect(metadata.labels).toMatchObject({
      'security.istio.io/tlsMode': 'istio',
      'service.istio.io/canonical-name': 'web',
    });
    expect(JSON.parse(variable('PROXY_CONFIG'))).toEqual({ concurrency: 3 });
    expect(JSON.parse(variable('ISTIO_META_POD_PORTS'))).toMatchObject([{ containerPort: 8080 }]);
  });

  test('leaves a pod alone that opts out', () => {
    apply([pod('outside', { 'sidecar.istio.io/inject': 'false' })]);

    const { spec } = JSON.parse(kubectl(['-n', 'team-vision', 'get', 'pod', 'outside', '-o', 'json']));
    expect(spec.initContainers).toBeUndefined();
  });

  test('admits every object of ours', () => {
    const ours = objects.filter(isIstio);

    const applied = apply(ours, '--dry-run=server').trim().split('\n');

    expect(applied).toHaveLength(ours.length);
  });

  test('throws when a route would take the traffic of the whole mesh', () => {
    const route = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'takes-all', namespace: 'team-vision' },
      spec: { hosts: ['*'], http: [{ route: [{ destination: { host: 'evil' } }] }] },
    };

    expect(() => apply([route])).toThrow('rev.validation.istio.io');
  });

  test('knows our route and our settings', async () => {
    const configz = (await (await fetch(`${debug}/debug/configz`)).json()) as Manifest[];
    const mesh = (await (await fetch(`${debug}/debug/mesh`)).json()) as Record<string, unknown>;

    const route = configz.find(({ kind, metadata }) => kind === 'VirtualService' && metadata.name === 'sample')!;
    expect(route.spec).toMatchObject({ gateways: ['kubeflow/kubeflow-gateway'], hosts: ['*'] });
    expect(mesh).toMatchObject({
      ingressControllerMode: 'OFF',
      pathNormalization: { normalization: 'DECODE_AND_MERGE_SLASHES' },
    });
  });

  test('asks for nothing that it may not have', () => {
    const refused = readFileSync(auditLogPath(testCluster), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(({ user, responseStatus }) => user.username === account && responseStatus?.code === 403)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`);

    expect([...new Set(refused)]).toEqual([]);
    expect(output).not.toMatch(/forbidden|invalid mesh config/);
  });
});
