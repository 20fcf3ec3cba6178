import type { Construct } from 'constructs';
import { type Image, imageReference, type NodePool, poolTaints } from '../../constructs';
import { release } from './release';
import type { ClusterPolicySpec } from './schema/cluster-policy';

/** Who puts something on the nodes: the operator, or whoever makes them. */
export type Installer = 'operator' | 'nodes';

/** What a ClusterPolicy is made from. */
export interface ClusterPolicyProps {
  /** Pools with accelerators of NVIDIA. */
  readonly pools: readonly NodePool[];
  readonly driver: Installer;
  readonly toolkit: Installer;

  /** Whether pools have drivers of their own. */
  readonly driverPerPool: boolean;

  /** ConfigMap with the settings of the device plugin and of GPU feature discovery. */
  readonly devicePluginConfig: string;

  /** ConfigMap that says how devices are cut. @default - the operator's own */
  readonly migConfig?: string;
}

/** A reference in three parts, as the operator takes it; from the mirror where there is one. */
export function splitImage(scope: Construct, image: Image) {
  const reference = imageReference(scope, { repository: image.repository, tag: image.tag }).replace(/:[^:/]*$/, '');
  const slash = reference.lastIndexOf('/');
  return {
    repository: reference.slice(0, slash),
    image: reference.slice(slash + 1),
    version: image.digest ?? image.tag,
    imagePullPolicy: 'IfNotPresent',
  };
}

/** Past the taints of these pools, each once. */
export function poolTolerations(pools: readonly NodePool[]) {
  const taints = new Map(pools.flatMap(poolTaints).map(({ key, effect }) => [key, { key, effect }]));
  return [...taints.values()].map(taint => ({ ...taint, operator: 'Exists' }));
}

/** Upstream's choices, with the settings of the pools. What is for virtual machines is left out. */
export function clusterPolicy(scope: Construct, props: ClusterPolicyProps): ClusterPolicySpec {
  const { operator, toolkit, devicePlugin, migManager, dcgm, dcgmExporter, gds, gdrcopy } = release.images;
  const image = (of: Image) => splitImage(scope, of);
  return {
    hostPaths: { rootFS: '/', driverInstallDir: '/run/nvidia/driver' },
    operator: { runtimeClass: 'nvidia' },
    daemonsets: {
      labels: { 'app.kubernetes.io/managed-by': 'gpu-operator' },
      tolerations: poolTolerations(props.pools),
      priorityClassName: 'system-node-critical',
      updateStrategy: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '1' },
    },
    validator: image(operator),
    mig: { strategy: 'single' },
    psa: { enabled: false },
    cdi: { enabled: true },
    driver: driver(scope, props),
    toolkit: { enabled: props.toolkit === 'operator', ...image(toolkit), installDir: '/usr/local/nvidia' },
    devicePlugin: { enabled: true, ...image(devicePlugin), config: { name: props.devicePluginConfig } },
    gfd: { enabled: true, ...image(devicePlugin) },
    migManager: {
      enabled: true,
      ...image(migManager),
      config: { default: 'all-disabled', ...(props.migConfig && { name: props.migConfig }) },
      gpuClientsConfig: { name: '' },
    },
    dcgm: { enabled: false, ...image(dcgm) },
    dcgmExporter: {
      enabled: true,
      ...image(dcgmExporter),
      service: { internalTrafficPolicy: 'Cluster' },
      serviceMonitor: { enabled: true, honorLabels: false, interval: '15s', scrapeTimeout: '10s' },
    },
    // Off, and ready to be turned on by an override: storage and network straight into the memory of devices.
    gds: { enabled: false, ...image(gds) },
    gdrcopy: { enabled: false, ...image(gdrcopy) },
    nodeStatusExporter: { enabled: false, ...image(operator) },
    sandboxWorkloads: { enabled: false, defaultWorkload: 'container', mode: 'kubevirt' },
  };
}

/** How a driver starts and is changed, the same for all pools. */
export const driverDefaults = {
  kernelModuleType: 'auto',
  usePrecompiled: false,
  rdma: { enabled: false, useHostMofed: false },
  startupProbe: { failureThreshold: 120, initialDelaySeconds: 60, periodSeconds: 10, timeoutSeconds: 60 },
  upgradePolicy: {
    autoUpgrade: true,
    maxParallelUpgrades: 1,
    maxUnavailable: '25%',
    waitForCompletion: { timeoutSeconds: 0 },
    podDeletion: { force: false, timeoutSeconds: 300, deleteEmptyDir: false },
    drain: { enable: false, force: false, timeoutSeconds: 300, deleteEmptyDir: false },
  },
} as const;

function driver(scope: Construct, props: ClusterPolicyProps): ClusterPolicySpec['driver'] {
  return {
    ...driverDefaults,
    enabled: props.driver === 'operator',
    useNvidiaDriverCRD: props.driverPerPool,
    ...splitImage(scope, release.images.driver),
    manager: splitImage(scope, release.images.driverManager),
    ...noDriverFiles,
  };
}

/** Names of nothing, as upstream has them: repositories, certificates, parameters and licences of one's own. */
const noDriverFiles = {
  repoConfig: { configMapName: '' },
  certConfig: { name: '' },
  kernelModuleConfig: { name: '' },
  virtualTopology: { config: '' },
  licensingConfig: { nlsEnabled: true, secretName: '' },
};
