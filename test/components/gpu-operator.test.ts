import { Chart, Testing } from 'cdk8s';
import { parse } from 'yaml';
import { ClusterPolicy, GpuOperator, type GpuOperatorProps, NvidiaDriver } from '../../components/gpu-operator';
import { addresses, type Gpu, type Manifest, type NodePool, podsIn, poolLabels, setDefaults } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

const poolOf = (name: string, gpu?: Gpu): NodePool => ({ name, nodes: 1, cpu: 8, memory: '32Gi', gpu });
const pools = {
  cpu: poolOf('cpu'),
  whole: poolOf('whole', { type: 'nvidia-l4', count: 4 }),
  cut: poolOf('cut', { type: 'nvidia-a100-80gb', count: 8, mig: '1g.10gb' }),
  sliced: poolOf('sliced', { type: 'nvidia-l4', count: 1, sharing: { strategy: 'timeSlicing', clients: 8 } }),
  mps: poolOf('mps', { type: 'nvidia-t4', count: 1, sharing: { strategy: 'mps', clients: 4 } }),
  amd: poolOf('amd', { type: 'mi300x', count: 8, resource: 'amd.com/gpu' }),
};

function fixture(props: Partial<GpuOperatorProps> = {}, app = Testing.app()): Manifest[] {
  return new GpuOperator(app, 'gpu-operator', { cluster, pools: [pools.cpu, pools.whole], ...props }).toJson();
}

const find = (objects: Manifest[], kind: string, name?: string) =>
  objects.find(object => object.kind === kind && (name === undefined || object.metadata.name === name))!;
const policyOf = (props: Partial<GpuOperatorProps> = {}) => find(fixture(props), 'ClusterPolicy').spec;
const rulesOf = (objects: Manifest[], name: string) => find(objects, 'NetworkPolicy', name)?.spec;

test('renders as before with a pool of each kind', () => {
  const objects = fixture({ pools: Object.values(pools) });

  expect(objects.filter(({ kind }) => kind !== 'CustomResourceDefinition')).toMatchSnapshot();
});

describe('settings of the pools', () => {
  test('a node has a label for each ConfigMap, and finds its settings by it', () => {
    const objects = fixture({ pools: Object.values(pools) });
    const labels = poolLabels(pools.cut);
    const spec = find(objects, 'ClusterPolicy').spec;

    const plugin = find(objects, 'ConfigMap', spec.devicePlugin.config.name).data;
    const cuts = parse(find(objects, 'ConfigMap', spec.migManager.config.name).data['config.yaml'])['mig-configs'];

    expect(Object.keys(plugin).sort()).toEqual(['cut', 'mps', 'sliced', 'whole']);
    expect(plugin[labels['nvidia.com/device-plugin.config']!]).toContain('migStrategy: single');
    expect(cuts[labels['nvidia.com/mig.config']!]).toEqual([
      { devices: 'all', 'mig-enabled': true, 'mig-devices': { '1g.10gb': 7 } },
    ]);
    expect(cuts['all-disabled']).toEqual([{ devices: 'all', 'mig-enabled': false }]);
  });

  test('where no pool is cut, the MIG manager has its own settings', () => {
    expect(policyOf().migManager.config).toEqual({ default: 'all-disabled' });
  });

  test('devices are shared as the pools say', () => {
    const { data } = find(fixture({ pools: Object.values(pools) }), 'ConfigMap', 'device-plugin-config');

    expect(parse(data.sliced).sharing.timeSlicing.resources).toEqual([{ name: 'nvidia.com/gpu', replicas: 8 }]);
    expect(parse(data.mps).sharing.mps.resources).toEqual([{ name: 'nvidia.com/gpu', replicas: 4 }]);
  });

  test('what looks at nodes and what runs on them goes past the taints of these pools, and looks at no others', () => {
    const objects = fixture({ pools: [pools.cpu, pools.amd, { ...pools.whole, spot: true }] });

    const { affinity, tolerations } = find(objects, 'DaemonSet').spec.template.spec;
    const terms = affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(terms[0].matchExpressions[0].values).toEqual(['whole']);
    expect(tolerations).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'flowyard.dev/spot', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(find(objects, 'ClusterPolicy').spec.daemonsets.tolerations).toEqual(tolerations);
  });

  test('throws when no pool has devices of NVIDIA', () => {
    expect(() => fixture({ pools: [pools.cpu, pools.amd] })).toThrow(
      "'pools' must have accelerators of NVIDIA in one at least, got 'cpu', 'amd'",
    );
  });

  test('throws when one profile means two numbers of instances', () => {
    const small = poolOf('small', { type: 'nvidia-a100-40gb', count: 8, mig: '1g.10gb' });

    expect(() => fixture({ pools: [pools.cut, small] })).toThrow(
      "'pools' must have one number of instances of a MIG profile, got 7 of '1g.10gb' in 'cut' and 4 in 'small'",
    );
  });
});

describe('drivers', () => {
  test('nodes that have a driver and a toolkit keep theirs', () => {
    const { driver, toolkit } = policyOf({ driver: 'nodes', toolkit: 'nodes' });

    expect([driver.enabled, toolkit.enabled]).toEqual([false, false]);
    expect([policyOf().driver.enabled, policyOf().toolkit.enabled]).toEqual([true, true]);
  });

  test('a pool has a driver of its own, the others the one of the release', () => {
    const drivers = { cut: { version: '580.105.08', kernelModules: 'open' }, mps: { precompiled: true } } as const;
    const objects = fixture({ pools: Object.values(pools), drivers });

    const rendered = objects
      .filter(({ kind }) => kind === 'NVIDIADriver')
      .map(({ metadata: { name }, spec }) => [name, spec.version, spec.kernelModuleType, spec.usePrecompiled]);
    expect(rendered).toEqual([
      ['whole', '595.91.07', 'auto', false],
      ['cut', '580.105.08', 'open', false],
      ['sliced', '595.91.07', 'auto', false],
      ['mps', '595', 'auto', true],
    ]);
    expect(find(objects, 'NVIDIADriver', 'cut').spec.nodeSelector).toEqual({ 'flowyard.dev/pool': 'cut' });
    expect(find(objects, 'ClusterPolicy').spec.driver.useNvidiaDriverCRD).toBe(true);
    expect(policyOf().driver.useNvidiaDriverCRD).toBe(false);
  });

  test('roles are changed by name, but for those of drivers per pool, whose names depend on the nodes', () => {
    const changed = (objects: Manifest[]) =>
      find(objects, 'ClusterRole', 'gpu-operator').rules.find(
        ({ resources, verbs }: { resources: string[]; verbs: string[] }) =>
          resources.includes('clusterroles') && verbs.includes('update'),
      ).resourceNames;

    expect(changed(fixture())).toContain('nvidia-mig-manager');
    expect(changed(fixture({ drivers: {} }))).toBeUndefined();
  });

  test.each<[string, Partial<GpuOperatorProps>, string]>([
    [
      'drivers for nodes that have one',
      { driver: 'nodes', drivers: { whole: {} } },
      "'drivers' must be left out where the nodes have their driver, got 'whole'",
    ],
    [
      'a driver for a pool that there is not',
      { drivers: { cpu: {} } },
      "'drivers' must name pools with accelerators of NVIDIA, 'whole', got 'cpu'",
    ],
    [
      'a precompiled driver by its full version',
      { drivers: { whole: { precompiled: true, version: '580.105.08' } } },
      "'drivers.whole.version' must be a branch such as '580' beside 'precompiled', got '580.105.08'",
    ],
  ])('throws when given %s', (_, props, message) => {
    expect(() => fixture(props)).toThrow(message);
  });
});

describe('network', () => {
  const anywhere = { to: [addresses('0.0.0.0/0')], ports: [80, 443].map(port => ({ port, protocol: 'TCP' })) };

  test('the metrics are read by scrapers, and by nobody unless told', () => {
    const scrapers = [podsIn('monitoring')];
    const app = Testing.app();
    const component = new GpuOperator(app, 'gpu-operator', { cluster, pools: [pools.whole], scrapers });
    const objects: Manifest[] = component.toJson();

    const { ingress } = rulesOf(objects, 'nvidia-dcgm-exporter');
    expect(ingress).toEqual([{ from: scrapers, ports: [{ port: component.metrics.port, protocol: 'TCP' }] }]);
    expect(component.metrics.url()).toBe('http://nvidia-dcgm-exporter.gpu-operator.svc.cluster.local:9400');
    expect(rulesOf(objects, 'gpu-operator').ingress[0].from).toEqual(scrapers);
    expect(rulesOf(fixture(), 'nvidia-dcgm-exporter')).toBeUndefined();
    expect(rulesOf(fixture(), 'gpu-operator').ingress).toBeUndefined();
  });

  test('drivers that are built on nodes fetch packages, those that are there do not', () => {
    expect(rulesOf(fixture(), 'nvidia-driver').egress).toContainEqual(anywhere);
    expect(rulesOf(fixture({ drivers: { whole: { precompiled: true } } }), 'nvidia-driver').egress).toHaveLength(1);
    expect(rulesOf(fixture({ driver: 'nodes' }), 'nvidia-driver')).toBeUndefined();
  });

  test('packages come from where the site has them', () => {
    const packageSources = [addresses('192.0.2.0/28')];

    const { egress } = rulesOf(fixture({ packageSources }), 'nvidia-driver');
    expect(egress[1].to).toEqual(packageSources);
  });
});

test('one token on a GPU node changes no node', () => {
  const objects = fixture();
  const worker = find(objects, 'DaemonSet').spec.template.spec.serviceAccountName;

  const bound = objects.filter(({ subjects }) => subjects?.some(({ name }: { name: string }) => name === worker));
  expect(bound.map(({ kind, roleRef }) => [kind, roleRef.kind])).toEqual([['RoleBinding', 'Role']]);
});

test('images come from the mirror, those that the operator pulls as well', () => {
  const app = Testing.app();
  setDefaults(app, { imageRegistry: 'registry.example.com/mirror' });
  const objects = fixture({ drivers: {} }, app);

  const { driver, dcgmExporter } = find(objects, 'ClusterPolicy').spec;
  expect(driver.repository).toBe('registry.example.com/mirror/nvidia');
  expect(dcgmExporter).toMatchObject({
    repository: 'registry.example.com/mirror/nvidia/k8s',
    image: 'dcgm-exporter',
    version: '4.6.0-4.8.3-distroless',
  });
  expect(find(objects, 'NVIDIADriver').spec.manager.repository).toBe('registry.example.com/mirror/nvidia/cloud-native');
});

test('an override has the last word over each workload and over the policy', () => {
  const objects = fixture({
    overrides: {
      operator: { replicas: 2 },
      featureMaster: { replicas: 3 },
      featureGc: { replicas: 4 },
      featureWorker: { minReadySeconds: 5 },
      clusterPolicy: { dcgmExporter: { serviceMonitor: { interval: '60s' } } },
    },
  });

  const replicas = objects.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.replicas);
  expect(replicas.sort()).toEqual([2, 3, 4]);
  expect(find(objects, 'DaemonSet').spec.minReadySeconds).toBe(5);
  expect(find(objects, 'ClusterPolicy').spec.dcgmExporter.serviceMonitor.interval).toBe('60s');
});

test('extensions are bound', () => {
  const bind = jest.fn();

  fixture({ extensions: [{ bind }] });

  expect(bind).toHaveBeenCalledTimes(1);
});

describe('custom resources', () => {
  const chart = () => new Chart(Testing.app(), 'chart');

  test('throws when a ClusterPolicy says what the API server would refuse', () => {
    const spec = { ...policyOf(), mig: { strategy: 'double' } };

    expect(() => ClusterPolicy.create(chart(), 'Policy', { metadata: { name: 'policy' }, spec })).toThrow(
      "'spec.mig.strategy' must be one of 'none', 'single', 'mixed', got \"double\"",
    );
  });

  test('throws when a driver has a field that there is not', () => {
    const { spec } = find(fixture({ drivers: {} }), 'NVIDIADriver');

    expect(() =>
      NvidiaDriver.create(chart(), 'Driver', { metadata: { name: 'driver' }, spec: { ...spec, pool: 'whole' } }),
    ).toThrow("'spec' has no field 'pool'");
  });
});
