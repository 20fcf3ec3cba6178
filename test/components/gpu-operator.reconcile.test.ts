import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Manifest } from '../../constructs';
import { prepareBinaries } from '../../engine/control-plane';
import { toolsDirectory } from '../../engine/control-plane/binaries';
import { eventually, freePort, RealController } from '../support/controller';
import { gpuEnvironment } from '../support/gpu-environment';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(240_000);

const namespace = 'gpu-operator';
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const policyPath = '/apis/nvidia.com/v1/clusterpolicies/cluster-policy';
const driverPath = '/apis/nvidia.com/v1alpha1/nvidiadrivers/gpu-l4';
const gpuNodes = '/api/v1/nodes?labelSelector=flowyard.dev/pool%3Dgpu-l4';

/** What node feature discovery says of a node with a device of NVIDIA. */
const found = {
  'feature.node.kubernetes.io/pci-10de.present': 'true',
  'feature.node.kubernetes.io/kernel-version.full': '6.8.0-60-generic',
  'feature.node.kubernetes.io/system-os_release.ID': 'ubuntu',
  'feature.node.kubernetes.io/system-os_release.VERSION_ID': '24.04',
};

let directory: string;
let platform: DeployedPlatform;
let controller: RealController;

/** The operator reads its templates from a fixed folder: it gets one of its own, with those of its module. */
function wrapper(binary: string): string {
  const { stdout } = spawnSync('go', ['mod', 'download', '-json', 'github.com/NVIDIA/gpu-operator'], {
    cwd: path.join(toolsDirectory(), 'gpu-operator'),
    encoding: 'utf8',
  });
  const module = JSON.parse(stdout).Dir;
  const steps = [
    'mount -t tmpfs none /opt',
    `cp -r ${module}/assets /opt/gpu-operator`,
    `cp -r ${module}/manifests /opt/gpu-operator/manifests`,
    `exec ${binary} "$@"`,
  ];
  const own = `exec unshare --mount -- sh -c '${steps.join(' && ')}' gpu-operator "$@"`;
  const script = path.join(directory, 'gpu-operator.sh');
  fs.writeFileSync(script, `#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\n${own}\n`, { mode: 0o700 });
  return script;
}

async function start(gpuOperator: Parameters<typeof gpuEnvironment>[1]): Promise<void> {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-gpu-'));
  platform = await DeployedPlatform.up(gpuEnvironment('gpu-reconcile', gpuOperator));
  await label(found);
  const binaries = await prepareBinaries({ names: ['gpu-operator'] });
  const { spec } = (await platform.client.get(`${apps}/deployments/gpu-operator`))!;
  const [container] = spec.template.spec.containers;
  const literal = container.env.filter(({ value }: { value?: string }) => value !== undefined);
  const addresses = { metrics: '0', probes: `127.0.0.1:${await freePort()}` };
  controller = await RealController.start(platform.client, {
    binary: wrapper(binaries['gpu-operator']),
    args: [
      // Outside of a cluster it cannot tell the namespace of its lease; there is one of it anyway.
      ...container.args.filter((arg: string) => arg !== '--leader-elect'),
      `--metrics-bind-address=${addresses.metrics}`,
      `--health-probe-bind-address=${addresses.probes}`,
    ],
    env: {
      ...Object.fromEntries(literal.map(({ name, value }: Record<string, string>) => [name, value])),
      OPERATOR_NAMESPACE: namespace,
    },
    account: { namespace, name: spec.template.spec.serviceAccountName },
    withheldPorts: [],
  });
}

async function label(labels: Record<string, string | null>): Promise<void> {
  for (const { metadata } of (await platform.client.list(gpuNodes)).items) {
    await platform.client.apply(`/api/v1/nodes/${metadata.name}`, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: metadata.name, labels: labels as Record<string, string> },
    });
  }
}

async function stop(): Promise<void> {
  await controller?.stop();
  await label({});
  await platform?.down();
  fs.rmSync(directory, { recursive: true, force: true });
}

const daemonSet = (name: string) =>
  eventually(`DaemonSet '${name}' is there`, 25, () => platform.client.get(`${apps}/daemonsets/${name}`));

/** What was refused for want of rights. */
const forbidden = () => controller.requests().filter(({ code }) => code === 403);

// This version reads the system's release of its node when it makes a driver for all: there is no node here.
describe('nodes that have their driver', () => {
  beforeAll(() => start({ driver: 'nodes' }));
  afterAll(stop);

  test('a policy is reconciled: its first parts are there', async () => {
    await eventually('the policy has a state', 25, async () => (await platform.client.get(policyPath))?.status?.state);
    // Later parts were not seen within half a minute here, where nodes are simulated.
    const first = ['nvidia-container-toolkit-daemonset', 'nvidia-operator-validator', 'nvidia-device-plugin-daemonset'];

    for (const name of first) expect(await daemonSet(name)).toMatchObject({ metadata: { name } });
  });

  test("the device plugin reads the pools' settings, past the pools' taints", async () => {
    const { spec } = (await daemonSet('nvidia-device-plugin-daemonset')).spec.template;

    expect(spec.volumes.map(({ configMap }: Manifest) => configMap?.name)).toContain('device-plugin-config');
    expect(spec.tolerations).toContainEqual({ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' });
  });

  test('metrics have the address that the component says', async () => {
    const service = await eventually('the Service is there', 25, () =>
      platform.client.get(`/api/v1/namespaces/${namespace}/services/nvidia-dcgm-exporter`),
    );

    expect(service.spec.ports).toMatchObject([{ port: 9400 }]);
    expect(service.spec.selector).toEqual({ app: 'nvidia-dcgm-exporter' });
  });

  test('nothing was forbidden', () => {
    expect(controller.requests().length).toBeGreaterThan(50);
    expect(forbidden()).toEqual([]);
  });
});

describe('a driver per pool', () => {
  beforeAll(() => start({ drivers: { 'gpu-l4': { version: '580.105.08' } } }));
  afterAll(stop);

  test("the pool's driver is the one that it was given", async () => {
    const driver = await eventually('the driver has its DaemonSet', 25, async () => {
      const { items } = await platform.client.list(`${apps}/daemonsets`);
      return items.find(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'nvidia-driver');
    });
    await eventually('the driver has a state', 25, async () => (await platform.client.get(driverPath))?.status?.state);

    const [{ image }] = driver.spec.template.spec.containers;
    expect(image).toBe('nvcr.io/nvidia/driver:580.105.08-ubuntu24.04');
    expect(driver.spec.template.spec.nodeSelector).toMatchObject({ 'flowyard.dev/pool': 'gpu-l4' });
  });

  test('nothing was forbidden', () => {
    expect(forbidden()).toEqual([]);
  });
});
