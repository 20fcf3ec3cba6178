import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  ClusterRole,
  Component,
  type ComponentProps,
  ConfigMap,
  core,
  imageReference,
  isNvidia,
  KubeObject,
  Namespace,
  NetworkRules,
  type NodePool,
  type Override,
  override,
  poolLabel,
  poolTaints,
  quantity,
  read,
  rule,
  ServiceAccount,
} from '../../constructs';
import { type Cluster, devicePluginSettings } from '../roles';
import { release } from './release';

/** Properties of `NvidiaDevicePlugin`. */
export interface NvidiaDevicePluginProps extends ComponentProps<NvidiaDevicePlugin> {
  /** Where the API server is: pods learn there what their node's pool is like. */
  readonly cluster: Cluster;

  /** The cluster's pools; it runs on those with accelerators of NVIDIA. At least one must have some. */
  readonly pools: readonly NodePool[];

  /**
   * Last word over rendered workloads, by child id.
   *
   * @default - workloads stay as rendered
   */
  readonly overrides?: {
    readonly plugin?: Override<k8s.DaemonSetSpec>;
    readonly mpsDaemon?: Override<k8s.DaemonSetSpec>;
  };
}

const name = 'nvidia-device-plugin';
const selector = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name };
const labels = { ...selector, 'app.kubernetes.io/version': release.version };
const mpsRoot = '/run/nvidia/mps';
const device = { NVIDIA_VISIBLE_DEVICES: 'all', NVIDIA_DRIVER_CAPABILITIES: 'compute,utility' };

/**
 * NVIDIA's device plugin: tells kubelets of the accelerators of their nodes, whole, cut (MIG) or shared, as the node
 * pool says. For nodes that have NVIDIA's driver and container toolkit; GKE and the accelerated images of EKS bring a
 * plugin of their own.
 *
 * @example
 * new NvidiaDevicePlugin(app, 'nvidia-device-plugin', { cluster, pools });
 */
export class NvidiaDevicePlugin extends Component {
  private readonly pools: readonly NodePool[];
  private readonly account: ServiceAccount;
  private readonly settings: ConfigMap;

  constructor(scope: Construct, id: string, props: NvidiaDevicePluginProps) {
    super(scope, id, props, name);
    this.pools = props.pools.filter(isNvidia);
    if (this.pools.length === 0) {
      const names = props.pools.map(pool => `'${pool.name}'`).join(', ') || 'none';
      throw new Error(`'pools' must have accelerators of NVIDIA in one at least, got ${names}`);
    }
    new Namespace(this, 'Namespace', { name: this.namespace, podSecurity: 'privileged' });
    this.account = new ServiceAccount(this, 'Account', { name: `${name}-service-account`, labels });
    new ClusterRole(this, 'Role', { name: `${name}-role`, labels, rules: [rule(core, ['nodes'], read)] }).bindTo(
      this.account,
      `${name}-role-binding`,
    );
    this.settings = new ConfigMap(this, 'Settings', {
      name: `${name}-configs`,
      labels,
      data: devicePluginSettings(this.pools),
    });
    new NetworkRules(this, 'Network', { name, namespace: this.namespace, pods: selector }).addEgress(
      props.cluster.apiServer.peers,
      props.cluster.apiServer.ports,
    );
    this.renderPlugin(this.overrideOf('plugin'));
    const shared = this.pools.filter(({ gpu }) => gpu?.sharing?.strategy === 'mps');
    if (shared.length > 0) this.renderMpsDaemon(shared, this.overrideOf('mpsDaemon'));
    this.extend(props.extensions);
  }

  private renderPlugin(last?: Override<k8s.DaemonSetSpec>): void {
    this.renderDaemonSet('Plugin', name, last, {
      ...this.podSpec(this.pools),
      initContainers: [this.settingsContainer(`${name}-init`)],
      containers: [
        {
          name: `${name}-ctr`,
          image: this.image,
          imagePullPolicy: 'IfNotPresent',
          command: [name],
          env: environment({ MPS_ROOT: mpsRoot, CONFIG_FILE: '/config/config.yaml', ...this.mig(), ...device }),
          resources,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [
            { name: 'kubelet-device-plugins-dir', mountPath: '/var/lib/kubelet/device-plugins' },
            { name: 'mps-shm', mountPath: '/dev/shm' },
            { name: 'mps-root', mountPath: '/mps' },
            { name: 'cdi-root', mountPath: '/var/run/cdi' },
            { name: 'config', mountPath: '/config', readOnly: true },
          ],
        },
      ],
      volumes: [
        {
          name: 'kubelet-device-plugins-dir',
          hostPath: { path: '/var/lib/kubelet/device-plugins', type: 'Directory' },
        },
        { name: 'cdi-root', hostPath: { path: '/var/run/cdi', type: 'DirectoryOrCreate' } },
        ...this.volumes,
      ],
    });
  }

  /** Shares devices between the pods of a node; one on each node of pools that are shared so. */
  private renderMpsDaemon(shared: readonly NodePool[], last?: Override<k8s.DaemonSetSpec>): void {
    this.renderDaemonSet('MpsDaemon', `${name}-mps-control-daemon`, last, {
      ...this.podSpec(shared),
      hostPID: true,
      initContainers: [
        {
          name: 'mps-control-daemon-mounts',
          image: this.image,
          command: ['mps-control-daemon', 'mount-shm'],
          resources,
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'mps-root', mountPath: '/mps', mountPropagation: 'Bidirectional' }],
        },
        this.settingsContainer('mps-control-daemon-init'),
      ],
      containers: [
        {
          name: 'mps-control-daemon-ctr',
          image: this.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['mps-control-daemon'],
          env: [nodeName, ...environment({ CONFIG_FILE: '/config/config.yaml', ...device })],
          resources,
          securityContext: { privileged: true },
          volumeMounts: [
            { name: 'mps-shm', mountPath: '/dev/shm' },
            { name: 'mps-root', mountPath: '/mps' },
            { name: 'config', mountPath: '/config', readOnly: true },
          ],
        },
      ],
      volumes: this.volumes,
    });
  }

  private renderDaemonSet(
    id: string,
    setName: string,
    last: Override<k8s.DaemonSetSpec> | undefined,
    pod: k8s.PodSpec,
  ): void {
    const spec: k8s.DaemonSetSpec = {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: selector, annotations: { 'flowyard.dev/hash-settings': this.settings.contentHash } },
        spec: pod,
      },
    };
    new KubeObject(this, id, k8s.KubeDaemonSet, {
      metadata: { name: setName, namespace: this.namespace, labels },
      spec: override(spec, last),
    });
  }

  /** On the nodes of these pools and no others, whatever keeps other pods away. */
  private podSpec(pools: readonly NodePool[]): Omit<k8s.PodSpec, 'containers'> {
    const taints = new Map(pools.flatMap(poolTaints).map(({ key, effect }) => [key, { key, effect }]));
    const expression = { key: poolLabel, operator: 'In', values: pools.map(pool => pool.name) };
    return {
      serviceAccountName: this.account.name,
      automountServiceAccountToken: true,
      priorityClassName: 'system-node-critical',
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] },
        },
      },
      tolerations: [
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        ...[...taints.values()].map(taint => ({ ...taint, operator: 'Exists' })),
      ],
    };
  }

  /** Puts the settings of the node's pool in place, by the node's label. A pool's settings never change under way. */
  private settingsContainer(container: string): k8s.Container {
    return {
      name: container,
      image: this.image,
      command: ['config-manager'],
      env: [
        nodeName,
        ...environment({
          ONESHOT: 'true',
          KUBECONFIG: '',
          NODE_LABEL: poolLabel,
          CONFIG_FILE_SRCDIR: '/available-configs',
          CONFIG_FILE_DST: '/config/config.yaml',
          DEFAULT_CONFIG: '',
          FALLBACK_STRATEGIES: 'named,single',
          SEND_SIGNAL: 'false',
          SIGNAL: '',
          PROCESS_TO_SIGNAL: '',
        }),
      ],
      resources,
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [
        { name: 'available-configs', mountPath: '/available-configs', readOnly: true },
        { name: 'config', mountPath: '/config' },
      ],
    };
  }

  private get image(): string {
    return imageReference(this, release.images.plugin);
  }

  private mig(): Record<string, string> {
    return this.pools.some(({ gpu }) => gpu?.mig !== undefined) ? { NVIDIA_MIG_MONITOR_DEVICES: 'all' } : {};
  }

  private get volumes(): k8s.Volume[] {
    return [
      { name: 'mps-root', hostPath: { path: mpsRoot, type: 'DirectoryOrCreate' } },
      { name: 'mps-shm', hostPath: { path: `${mpsRoot}/shm` } },
      { name: 'available-configs', configMap: { name: this.settings.name } },
      { name: 'config', emptyDir: {} },
    ];
  }
}

const nodeName: k8s.EnvVar = { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
const resources: k8s.ResourceRequirements = {
  requests: { cpu: quantity('50m'), memory: quantity('64Mi') },
  limits: { memory: quantity('256Mi') },
};

function environment(values: Readonly<Record<string, string>>): k8s.EnvVar[] {
  return Object.entries(values).map(([key, value]) => ({ name: key, value }));
}
