import { App, Chart } from 'cdk8s';
import { NodeFeatureRule } from '../../components/gpu-operator';
import type { Manifest } from '../../constructs';
import { gpuEnvironment } from '../support/gpu-environment';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(180_000);

const environment = gpuEnvironment('gpu', { drivers: { 'gpu-l4': { version: '580.105.08' } }, scraper: 'monitoring' });
const namespace = 'gpu-operator';
const admin = 'gpu-admin@example.com';
const nvidia = '/apis/nvidia.com';
const drivers = `${nvidia}/v1alpha1/nvidiadrivers`;
const policies = `${nvidia}/v1/clusterpolicies`;
const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const account = (name: string) => `system:serviceaccount:${namespace}:${name}`;

let platform: DeployedPlatform;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  await platform.client.create(bindings, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'gpu-admin' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: admin }],
  });
});

afterAll(async () => {
  await platform?.client.delete(`${bindings}/gpu-admin`);
  await platform?.down();
});

/** What the API server says to a copy of an object, changed. */
async function answerTo(path: string, name: string, change: (object: Manifest) => void) {
  const { apiVersion, kind, spec } = (await platform.client.get(`${path}/${name}`))!;
  const copy = structuredClone({ apiVersion, kind, metadata: { name: 'copy' }, spec });
  change(copy);
  return platform.createAs(admin, path, copy, { dryRun: true });
}

test('all kinds are established, none with a schema that is not structural', async () => {
  const { items } = await platform.client.list('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  const mine = items.filter(({ spec }) => ['nvidia.com', 'nfd.k8s-sigs.io'].includes(spec.group));

  expect(mine.map(({ spec }) => spec.names.kind).sort()).toEqual([
    ...['ClusterPolicy', 'GPUCluster', 'NVIDIADriver'],
    ...['NodeFeature', 'NodeFeatureGroup', 'NodeFeatureRule'],
  ]);
  for (const { status } of mine) {
    const held = status.conditions.filter((condition: Manifest) => condition.status === 'True');
    expect(held.map(({ type }: Manifest) => type).sort()).toEqual(['Established', 'NamesAccepted']);
  }
});

test('operator, master and collector are available; a worker runs on each GPU node and nowhere else', async () => {
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const { items } = await platform.client.list(`${apps}/deployments`);

  const available = items.map(({ metadata, status }) => [
    metadata.name,
    status.conditions.find(({ type }: Manifest) => type === 'Available').status,
  ]);
  expect(Object.fromEntries(available)).toEqual({
    'gpu-operator': 'True',
    'gpu-operator-node-feature-discovery-gc': 'True',
    'gpu-operator-node-feature-discovery-master': 'True',
  });
  const { items: pods } = await platform.client.list(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=role%3Dworker`,
  );
  const { items: nodes } = await platform.client.list('/api/v1/nodes?labelSelector=flowyard.dev/pool%3Dgpu-l4');
  expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(nodes.map(({ metadata }) => metadata.name).sort());
});

test('a node is labelled with the name of its settings', async () => {
  const [node] = (await platform.client.list('/api/v1/nodes?labelSelector=flowyard.dev/pool%3Dgpu-l4')).items;
  const settings = await platform.client.get(`/api/v1/namespaces/${namespace}/configmaps/device-plugin-config`);

  expect(Object.keys(settings!.data)).toContain(node!.metadata.labels!['nvidia.com/device-plugin.config']);
});

describe('what the API server takes', () => {
  test('a policy and a driver like ours', async () => {
    expect(await answerTo(policies, 'cluster-policy', () => {})).toEqual({ status: 201 });
    expect(await answerTo(drivers, 'gpu-l4', () => {})).toEqual({ status: 201 });
  });

  test('a rule for nodes with certain devices', async () => {
    const chart = new Chart(new App(), 'chart', { disableResourceNameHashes: true });
    const matchFeatures = [
      { feature: 'pci.device', matchExpressions: { vendor: { op: 'In' as const, value: ['10de'] } } },
    ];
    const rule = NodeFeatureRule.create(chart, 'Rule', {
      metadata: { name: 'nvidia' },
      spec: { rules: [{ name: 'nvidia', labels: { 'example.com/gpu': 'true' }, matchFeatures }] },
    }).toJson();
    const path = '/apis/nfd.k8s-sigs.io/v1alpha1/nodefeaturerules';

    expect(await platform.createAs(admin, path, rule, { dryRun: true })).toEqual({ status: 201 });
    rule.spec.rules[0].matchFeatures[0].matchExpressions.vendor.op = 'Like';
    expect((await platform.createAs(admin, path, rule, { dryRun: true })).message).toContain(
      'Unsupported value: "Like"',
    );
  });

  test.each<[string, string, string, (object: Manifest) => void, string]>([
    ['an unknown part', policies, 'cluster-policy', o => (o.spec.devicePlugins = {}), 'unknown field'],
    ['an unknown field deep down', policies, 'cluster-policy', o => (o.spec.driver.rdma.on = true), 'unknown field'],
    ['a strategy that there is not', policies, 'cluster-policy', o => (o.spec.mig.strategy = 'double'), 'Unsupported'],
    ['a policy without a toolkit', policies, 'cluster-policy', o => delete o.spec.toolkit, 'spec.toolkit: Required'],
    [
      'a probe that never ends',
      policies,
      'cluster-policy',
      o => (o.spec.driver.startupProbe.periodSeconds = 0),
      'greater than or equal to 1',
    ],
    ['a default driver for some nodes', drivers, 'gpu-l4', o => (o.spec.default = true), 'must not use nodeSelector'],
    ['a driver of another type', drivers, 'gpu-l4', o => (o.spec.driverType = 'cpu'), 'Unsupported value: "cpu"'],
  ])('not: %s', async (_, path, name, change, message) => {
    const answer = await answerTo(path, name, change);

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.message).toContain(message);
  });

  test('not: a driver that becomes another type, or a cluster of another name', async () => {
    const path = `${nvidia}/v1alpha1/gpuclusters`;
    const cluster = { apiVersion: 'nvidia.com/v1alpha1', kind: 'GPUCluster', metadata: { name: 'mine' } };

    expect(
      (await platform.createAs(admin, path, { ...cluster, spec: { draDriver: {} } }, { dryRun: true })).message,
    ).toContain("metadata.name must be 'gpu-cluster'");
    const change = { apiVersion: 'nvidia.com/v1alpha1', kind: 'NVIDIADriver', metadata: { name: 'gpu-l4' } };
    await expect(
      platform.client.apply(`${drivers}/gpu-l4`, { ...change, spec: { driverType: 'vgpu' } } as Manifest),
    ).rejects.toThrow('driverType is an immutable field');
  });
});

describe('rights', () => {
  test('the operator changes nodes and roles of its parts, and no others', async () => {
    const operator = account('gpu-operator');
    const rbac = 'rbac.authorization.k8s.io';

    expect(await platform.can(operator, 'patch', '', 'nodes')).toBe(true);
    expect(await platform.can(operator, 'update', rbac, 'clusterroles', undefined, 'nvidia-driver')).toBe(true);
    expect(await platform.can(operator, 'escalate', rbac, 'clusterroles')).toBe(false);
    expect(await platform.can(operator, 'get', '', 'secrets', namespace)).toBe(false);
    expect(await platform.can(operator, 'get', '', 'configmaps', 'team-vision')).toBe(false);
    expect(await platform.can(operator, 'delete', '', 'pods', 'team-vision')).toBe(false);
  });

  test('a worker writes what it has found, and changes no node', async () => {
    const worker = account('node-feature-discovery-worker');

    expect(await platform.can(worker, 'create', 'nfd.k8s-sigs.io', 'nodefeatures', namespace)).toBe(true);
    expect(await platform.can(worker, 'patch', '', 'nodes')).toBe(false);
    expect(await platform.can(account('node-feature-discovery-gc'), 'patch', '', 'nodes')).toBe(false);
    expect(await platform.can(account('node-feature-discovery'), 'patch', '', 'nodes')).toBe(true);
  });
});
