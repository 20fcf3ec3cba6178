import { Testing } from 'cdk8s';
import { parse } from 'yaml';
import { NvidiaDevicePlugin, type NvidiaDevicePluginProps } from '../../components/nvidia-device-plugin';
import { addresses, type Gpu, type Manifest, type NodePool, placeOn } from '../../constructs';

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

function fixture(props: Partial<NvidiaDevicePluginProps> = {}): Manifest[] {
  const component = new NvidiaDevicePlugin(Testing.app(), 'nvidia-device-plugin', {
    ...{ cluster, pools: [pools.cpu, pools.whole] },
    ...props,
  });
  return component.toJson();
}

const named = (objects: Manifest[], kind: string, name = 'nvidia-device-plugin') =>
  objects.find(object => object.kind === kind && object.metadata.name === name)!;

/** The names of the pools on whose nodes a set of pods runs. */
const placed = (daemonSet: Manifest): string[] =>
  daemonSet.spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]
    .matchExpressions[0].values;

test('renders as before with a pool of each kind', () => {
  expect(fixture({ pools: Object.values(pools) })).toMatchSnapshot();
});

test('runs on pools with devices of NVIDIA alone, past their taints', () => {
  const plugin = named(
    fixture({ pools: [pools.cpu, pools.whole, pools.amd, { ...pools.cut, spot: true }] }),
    'DaemonSet',
  );

  expect(placed(plugin)).toEqual(['whole', 'cut']);
  const tolerated = plugin.spec.template.spec.tolerations.map(({ key }: { key: string }) => key);
  expect(tolerated).toEqual(['CriticalAddonsOnly', 'nvidia.com/gpu', 'flowyard.dev/spot']);
});

test('is told for each pool by its name how devices are cut and shared', () => {
  const { data } = named(
    fixture({ pools: Object.values(pools) }),
    'ConfigMap',
    'nvidia-device-plugin-configs',
  ) as Manifest;

  const settings = Object.fromEntries(Object.entries(data as object).map(([pool, text]) => [pool, parse(text)]));
  const resources = (replicas: number) => [{ name: 'nvidia.com/gpu', replicas }];
  expect(settings).toEqual({
    whole: { version: 'v1', flags: { migStrategy: 'none' } },
    cut: { version: 'v1', flags: { migStrategy: 'single' } },
    sliced: {
      ...{ version: 'v1', flags: { migStrategy: 'none' } },
      sharing: { timeSlicing: { failRequestsGreaterThanOne: true, resources: resources(8) } },
    },
    mps: { version: 'v1', flags: { migStrategy: 'none' }, sharing: { mps: { resources: resources(4) } } },
  });
});

test('a node finds the settings of its pool by the label that pods are placed by', () => {
  const { spec } = named(fixture(), 'DaemonSet').spec.template;

  const { value } = spec.initContainers[0].env.find(({ name }: { name: string }) => name === 'NODE_LABEL');
  expect(Object.keys(placeOn(pools.whole).nodeSelector)).toEqual([value]);
});

test('the service that shares devices runs where it is asked for, and nowhere else', () => {
  const daemon = 'nvidia-device-plugin-mps-control-daemon';

  expect(named(fixture(), 'DaemonSet', daemon)).toBeUndefined();
  expect(placed(named(fixture({ pools: Object.values(pools) }), 'DaemonSet', daemon))).toEqual(['mps']);
});

test('other settings are taken up by new pods', () => {
  const annotations = (settings: NodePool) =>
    named(fixture({ pools: [settings] }), 'DaemonSet').spec.template.metadata.annotations;

  expect(annotations(pools.whole)).not.toEqual(annotations({ ...pools.sliced, name: 'whole' }));
});

test('an override has the last word over both', () => {
  const overrides = { plugin: { minReadySeconds: 5 }, mpsDaemon: { minReadySeconds: 7 } };
  const sets = fixture({ pools: Object.values(pools), overrides }).filter(({ kind }) => kind === 'DaemonSet');

  expect(sets.map(({ spec }) => spec.minReadySeconds)).toEqual([5, 7]);
});

test('throws when no pool has devices of NVIDIA', () => {
  expect(() => fixture({ pools: [pools.cpu, pools.amd] })).toThrow(
    "'pools' must have accelerators of NVIDIA in one at least, got 'cpu', 'amd'",
  );
});
