import type { Static } from '@sinclair/typebox';
import { schema as s } from '../../../constructs';
import {
  dcgm,
  dcgmExporter,
  driverManager,
  driverPart,
  env,
  image,
  named,
  operand,
  probe,
  rdma,
  serviceMonitor,
  upgradePolicy,
} from './operand';
import { daemonSets } from './pods';

const driver = () =>
  operand({
    certConfig: named(),
    kernelModuleConfig: named(),
    kernelModuleType: s.oneOf(['auto', 'open', 'proprietary'], { default: 'auto' }),
    licensingConfig: s.allOptional({ configMapName: s.text(), nlsEnabled: s.bool(), secretName: s.text() }),
    livenessProbe: probe(),
    manager: driverManager(),
    rdma: rdma(),
    readinessProbe: probe(),
    repoConfig: s.allOptional({ configMapName: s.text() }),
    secretEnv: s.text(),
    startupProbe: probe(),
    upgradePolicy: upgradePolicy(false),
    useNvidiaDriverCRD: s.bool(),
    useOpenKernelModules: s.bool(),
    usePrecompiled: s.bool(),
    virtualTopology: s.allOptional({ config: s.text() }),
  });

const kataManager = () =>
  operand({
    config: s.allOptional({
      artifactsDir: s.text({ default: '/opt/nvidia-gpu-operator/artifacts/runtimeclasses' }),
      runtimeClasses: s.list(
        s.object({
          artifacts: s.object({ pullSecret: s.optional(s.text()), url: s.text() }),
          name: s.text(),
          nodeSelector: s.optional(s.map(s.text())),
        }),
      ),
    }),
  });

const migManager = () =>
  operand({
    config: s.allOptional({ default: s.oneOf(['all-disabled', ''], { default: 'all-disabled' }), name: s.text() }),
    gpuClientsConfig: named(),
  });

const operator = () =>
  s.allOptional({
    annotations: s.map(s.text()),
    defaultRuntime: s.text(),
    initContainer: s.allOptional(image()),
    labels: s.map(s.text()),
    metrics: s.allOptional({ serviceMonitor: serviceMonitor() }),
    runtimeClass: s.text({ default: 'nvidia' }),
    use_ocp_driver_toolkit: s.bool(),
  });

const withEnv = () => s.allOptional({ env: env() });

const validator = () =>
  s.allOptional({
    ...{ args: s.list(s.text()), env: env(), hostNetwork: s.bool() },
    ...image(),
    resources: s.allOptional({ limits: s.map(s.amount()), requests: s.map(s.amount()) }),
    ...{ cuda: withEnv(), driver: withEnv(), plugin: withEnv(), toolkit: withEnv(), vfioPCI: withEnv() },
    ...{ vgpuDevices: withEnv(), vgpuManager: withEnv() },
  });

const specSchema = () =>
  s.object({
    ccManager: s.optional(operand({ defaultMode: s.oneOf(['on', 'off', 'devtools']) })),
    cdi: s.optional(
      s.allOptional({
        default: s.bool({ default: false }),
        enabled: s.bool({ default: true }),
        nriPluginEnabled: s.bool({ default: false }),
      }),
    ),
    daemonsets: daemonSets(),
    dcgm: dcgm(),
    dcgmExporter: dcgmExporter(),
    devicePlugin: operand({
      config: s.allOptional({ default: s.text(), name: s.text() }),
      mps: s.allOptional({ root: s.text({ default: '/run/nvidia/mps' }) }),
    }),
    driver: driver(),
    gdrcopy: s.optional(driverPart()),
    gds: s.optional(driverPart()),
    gfd: operand({}),
    hostPaths: s.optional(
      s.allOptional({
        driverInstallDir: s.text(),
        kubeletRootDir: s.text({ default: '/var/lib/kubelet' }),
        rootFS: s.text(),
      }),
    ),
    kataManager: s.optional(kataManager()),
    kataSandboxDevicePlugin: s.optional(operand({})),
    mig: s.optional(s.allOptional({ strategy: s.oneOf(['none', 'single', 'mixed']) })),
    migManager: s.optional(migManager()),
    nodeStatusExporter: operand({}),
    operator: operator(),
    psa: s.optional(s.allOptional({ enabled: s.bool() })),
    psp: s.optional(s.allOptional({ enabled: s.bool() })),
    sandboxDevicePlugin: s.optional(operand({})),
    sandboxWorkloads: s.optional(
      s.allOptional({
        defaultWorkload: s.oneOf(['container', 'vm-passthrough', 'vm-vgpu'], { default: 'container' }),
        enabled: s.bool(),
        mode: s.oneOf(['kubevirt', 'kata'], { default: 'kubevirt' }),
      }),
    ),
    toolkit: operand({ installDir: s.text({ default: '/usr/local/nvidia' }) }),
    validator: s.optional(validator()),
    vfioManager: s.optional(operand({ driverManager: driverManager() })),
    vgpuDeviceManager: s.optional(
      operand({ config: s.allOptional({ default: s.text({ default: 'default' }), name: s.text() }) }),
    ),
    vgpuManager: s.optional(operand({ driverManager: driverManager(), kernelModuleConfig: named() })),
  });

/** What the operator runs on nodes with accelerators. */
export interface ClusterPolicySpec extends Static<ReturnType<typeof specSchema>> {}

/** What the operator runs on nodes with accelerators. */
export const clusterPolicySpec = () => s.named<ClusterPolicySpec>(specSchema());
