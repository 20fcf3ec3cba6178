import { defineEnvironment, type Environment, environmentNames, loadEnvironment } from '../../environments';

const local = loadEnvironment('local');

/** The local environment with some settings changed, as if written by hand. */
function fixture(change: (settings: Environment) => void): () => Environment {
  const settings = structuredClone(local);
  change(settings);
  return () => defineEnvironment(settings);
}

test('local is an environment', () => {
  expect(environmentNames()).toContain('local');
  expect(defineEnvironment(local)).toBe(local);
});

test('throws when an environment is unknown, naming those there are', () => {
  expect(() => loadEnvironment('lokal')).toThrow("'--env' must be one of 'full', 'local', got 'lokal'");
});

// biome-ignore lint/suspicious/noExplicitAny: settings that the type refuses
const broken: [string, (settings: any) => void, string][] = [
  [
    'an unknown field',
    e => (e.platform.objectStores = {}),
    "'platform' has no field 'objectStores'; did you mean 'objectStore'",
  ],
  [
    'a setting of another kind of mesh',
    e => (e.platform.serviceMesh = { kind: 'existing', highlyAvailable: true }),
    "'platform.serviceMesh.highlyAvailable' belongs to kind 'istio', got true with kind 'existing'",
  ],
  [
    'a range of clients with bits of a host',
    e => (e.platform.serviceMesh.clients = ['203.0.113.7/24']),
    "'platform.serviceMesh.clients.0' must be a network, '203.0.113.0/24', got '203.0.113.7/24'",
  ],
  [
    'an accelerator that nobody makes',
    e => (e.infrastructure.nodePools[2].gpu.type = 'nvidia-l5'),
    "'infrastructure.nodePools.2.gpu.type' must be one of 'nvidia-t4', 'nvidia-l4'",
  ],
  [
    'a MIG profile of another product',
    e => (e.infrastructure.nodePools[2].gpu = { type: 'nvidia-a100-40gb', count: 1, mig: '1g.18gb' }),
    "'infrastructure.nodePools.2.gpu.mig' must be one of '1g.5gb', '1g.10gb'",
  ],
  [
    'a MIG profile of a product that cannot be cut',
    e => (e.infrastructure.nodePools[2].gpu.mig = '1g.10gb'),
    "'infrastructure.nodePools.2.gpu.mig' must be left out: 'nvidia-l4' cannot be cut, got '1g.10gb'",
  ],
  [
    'MPS on instances',
    e =>
      (e.infrastructure.nodePools[2].gpu = {
        ...{ type: 'nvidia-h100-80gb', count: 1, mig: '1g.10gb' },
        sharing: { strategy: 'mps', clients: 2 },
      }),
    "'infrastructure.nodePools.2.gpu.sharing.strategy' must be 'timeSlicing' beside 'mig', got 'mps'",
  ],
  [
    'sharing of a device of another vendor',
    e =>
      (e.infrastructure.nodePools[2].gpu = {
        ...{ type: 'mi300x', count: 8, resource: 'amd.com/gpu' },
        sharing: { strategy: 'mps', clients: 2 },
      }),
    "'infrastructure.nodePools.2.gpu.sharing' must be left out: it is for NVIDIA's products, got type 'mi300x'",
  ],
  [
    'fewer nodes than the bounds of scaling allow',
    e => (e.infrastructure.nodePools[2].scaling = { min: 3, max: 8 }),
    "'infrastructure.nodePools.2.scaling' must have 'nodes' (2) between its bounds, got 3 to 8",
  ],
  [
    "NVIDIA's plugin without a device of NVIDIA",
    e => {
      e.infrastructure.devicePlugin = true;
      delete e.infrastructure.nodePools[2].gpu;
    },
    "'infrastructure.devicePlugin' must be left out: no node pool has accelerators of NVIDIA, got true",
  ],
  [
    'the GPU operator without a device of NVIDIA',
    e => {
      e.infrastructure.gpuOperator = { driver: 'nodes' };
      delete e.infrastructure.nodePools[2].gpu;
    },
    `'infrastructure.gpuOperator' must be left out: no node pool has accelerators of NVIDIA, got {"driver":"nodes"}`,
  ],
  [
    'two of what runs the device plugin',
    e => {
      e.infrastructure.devicePlugin = true;
      e.infrastructure.gpuOperator = {};
    },
    "'infrastructure.devicePlugin' must be left out beside 'infrastructure.gpuOperator', which runs a device plugin itself, got true",
  ],
  [
    'a driver for a pool without devices of NVIDIA',
    e => (e.infrastructure.gpuOperator = { drivers: { system: {} } }),
    "'infrastructure.gpuOperator.drivers' must name node pools with accelerators of NVIDIA, got 'system'",
  ],
  [
    'drivers for nodes that have theirs',
    e => (e.infrastructure.gpuOperator = { driver: 'nodes', drivers: {} }),
    "'infrastructure.gpuOperator.drivers' must be left out beside 'driver' 'nodes', got {}",
  ],
  [
    'tuning without a database',
    e => delete e.platform.database,
    "'platform.database' must be set for 'platform.katib', which keeps observations there, got none",
  ],
  [
    'gangs without the operator that has them',
    e => {
      e.platform.gangScheduling = 'volcano';
      delete e.platform.trainingOperator;
    },
    "'platform.gangScheduling' needs 'platform.trainingOperator', got 'volcano' without",
  ],
  ['a missing field', e => delete e.tenants[0].owner, "'tenants.0' lacks the field 'owner'"],
  [
    'an owner without @',
    e => (e.tenants[0].owner = 'ada'),
    "'tenants.0.owner' must be an e-mail address such as 'ada@example.com', got \"ada\"",
  ],
  [
    'a name with capitals',
    e => (e.tenants[0].name = 'Vision'),
    "'tenants.0.name' must be a name of lower-case letters",
  ],
  [
    'a name that is too long',
    e => (e.tenants[0].name = 'a'.repeat(43)),
    "'tenants.0.name' must NOT have more than 42 characters",
  ],
  [
    'a reserved name',
    e => (e.tenants[0].name = 'kube-system'),
    "'tenants.0.name' must not be a namespace of the cluster or the platform",
  ],
  [
    'a namespace of our own workflow engine',
    e => (e.platform.workflows = { kind: 'argo', namespace: 'flows' }),
    "'platform.workflows.namespace' belongs to kind 'existing', got \"flows\" with kind 'argo'",
  ],
  [
    'retention of an existing workflow engine',
    e => (e.platform.workflows = { kind: 'existing', retention: { secondsAfterSuccess: 60 } }),
    "'platform.workflows.retention' belongs to kind 'argo', got {\"secondsAfterSuccess\":60} with kind 'existing'",
  ],
  [
    'workflows that are deleted before they end',
    e => (e.platform.workflows = { kind: 'argo', retention: { secondsAfterFailure: 0 } }),
    "'platform.workflows.retention.secondsAfterFailure' must be >= 1, got 0",
  ],
  [
    'two tenants of one name',
    e => (e.tenants[1].name = e.tenants[0].name),
    "'tenants' must name each once, got 'team-vision' twice",
  ],
  [
    'a person twice',
    e => (e.tenants[0].members = [{ user: 'ADA@example.com', role: 'edit' }]),
    "got 'ada@example.com' twice",
  ],
  [
    'a quantity with a wrong suffix',
    e => (e.tenants[0].quota.memory = '10GB'),
    "'tenants.0.quota.memory' must be a quantity such as '500m' or '64Gi', got \"10GB\"",
  ],
  [
    'accelerators of no pool',
    e => (e.tenants[0].quota.gpus = { a100: 1 }),
    "'tenants.0.quota.gpus' must name a node pool with 'gpu'",
  ],
  [
    'more accelerators than there are',
    e => (e.tenants[0].quota.gpus = { 'gpu-l4': 9 }),
    'must be at most the 8 of the pool, got 9',
  ],
  [
    'a guarantee without queues',
    e => (e.tenants[0].quota.guaranteedGpus = { 'gpu-l4': 1 }),
    "'tenants.0.quota.guaranteedGpus' needs 'platform.queues', got none",
  ],
  [
    'a guarantee of more than the quota',
    e => {
      e.platform.queues = { kind: 'kueue' };
      e.tenants[0].quota.guaranteedGpus = { 'gpu-l4': 5 };
    },
    "'tenants.0.quota.guaranteedGpus' must be at most the 4 that 'gpus' has of 'gpu-l4', got 5",
  ],
  [
    'guarantees of more than there is',
    e => {
      e.platform.queues = { kind: 'kueue' };
      e.tenants[0].quota.gpus = { 'gpu-l4': 6 };
      e.tenants[1].quota.gpus = { 'gpu-l4': 4 };
    },
    "tenants are guaranteed 10 accelerators of pool 'gpu-l4', which has 8; lower 'quota.guaranteedGpus' of some",
  ],
  [
    'a platform pool that is not there',
    e => (e.platform.nodePool = 'sys'),
    "'platform.nodePool' must be one of the node pools",
  ],
  [
    'a platform pool with accelerators',
    e => (e.platform.nodePool = 'gpu-l4'),
    "'platform.nodePool' must be a pool without accelerators",
  ],
  [
    'host bits in a range',
    e => (e.infrastructure.apiServer.callsFrom = ['10.1.2.3/8']),
    "must be a network, '10.0.0.0/8', got '10.1.2.3/8'",
  ],
  [
    'a port out of range',
    e => (e.infrastructure.apiServer.ports = [0]),
    "'infrastructure.apiServer.ports.0' must be >= 1, got 0",
  ],
  [
    'an unknown release',
    e => (e.platform.version = '26.10'),
    "'platform.version' must be one of '26.03.1', got \"26.10\"",
  ],
];

test.each(broken)('throws when there is %s', (_, change, message) => {
  expect(fixture(change)).toThrow(message);
});

test('all problems are told at once', () => {
  const both = fixture(({ tenants }) => {
    Object.assign(tenants[0]!, { name: 'default', quota: { ...tenants[0]!.quota, gpus: { none: 1 } } });
  });

  expect(both).toThrow(/tenants\.0\.name[\s\S]*tenants\.0\.quota\.gpus/);
});
