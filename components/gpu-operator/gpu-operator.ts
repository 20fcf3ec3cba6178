import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  addresses,
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  Endpoint,
  imageReference,
  isNvidia,
  Namespace,
  type NetworkPeer,
  NetworkRules,
  type NodePool,
  type Override,
  override,
  ServiceAccount,
} from '../../constructs';
import { type Cluster, devicePluginSettings } from '../roles';
import { clusterPolicy, type Installer } from './cluster-policy';
import { driverProblems, type PoolDriver, renderDrivers } from './drivers';
import { FeatureDiscovery } from './feature-discovery';
import { migConfig } from './mig';
import { grantOperator } from './rbac';
import { release } from './release';
import { ClusterPolicy, gpuOperatorKinds } from './resources';
import type { ClusterPolicySpec } from './schema/cluster-policy';

/** Properties of `GpuOperator`. */
export interface GpuOperatorProps extends ComponentProps<GpuOperator> {
  /** Where the API server is: the operator and what it runs speak to it. */
  readonly cluster: Cluster;

  /** The cluster's pools; those with accelerators of NVIDIA are served. At least one must have some. */
  readonly pools: readonly NodePool[];

  /** Who installs NVIDIA's driver: `nodes` where their image has it, as NVIDIA's DGX OS. @default 'operator' */
  readonly driver?: Installer;

  /** Who installs NVIDIA's container toolkit. @default 'operator' */
  readonly toolkit?: Installer;

  /** Drivers by pool, where not all get the same. @default - the release's on all nodes */
  readonly drivers?: Readonly<Record<string, PoolDriver>>;

  /** Who reads the metrics of devices and of the operator. @default - nobody */
  readonly scrapers?: readonly NetworkPeer[];

  /**
   * Where drivers are built on the nodes, their containers fetch the kernel's headers: from here, on ports 80 and 443.
   *
   * @default - anywhere, unless the nodes have their driver
   */
  readonly packageSources?: readonly NetworkPeer[];

  /**
   * Last word over rendered workloads and over the policy, by child id.
   *
   * @default - they stay as rendered
   */
  readonly overrides?: {
    readonly operator?: Override<k8s.DeploymentSpec>;
    readonly featureMaster?: Override<k8s.DeploymentSpec>;
    readonly featureGc?: Override<k8s.DeploymentSpec>;
    readonly featureWorker?: Override<k8s.DaemonSetSpec>;
    readonly clusterPolicy?: Override<ClusterPolicySpec>;
  };
}

const name = 'gpu-operator';
const labels = { 'app.kubernetes.io/component': name, app: name };
const ports = { metrics: 8080 };
const migSettings = 'mig-parted-config';
const exporter = { name: 'nvidia-dcgm-exporter', port: 9400 };

/** Parts that the operator runs and that speak to the API server, by the label `app` of their pods. */
const callers = [
  ...['gpu-feature-discovery', 'nvidia-container-toolkit-daemonset', 'nvidia-device-plugin-daemonset'],
  ...['nvidia-device-plugin-mps-control-daemon', 'nvidia-mig-manager', 'nvidia-operator-validator'],
];

/**
 * NVIDIA's GPU operator with node feature discovery: puts driver, container toolkit, device plugin, MIG manager and
 * DCGM exporter on nodes with accelerators, with the settings of their pools. In place of `NvidiaDevicePlugin`, for
 * nodes that come without; GKE and the accelerated images of EKS bring their own.
 *
 * @example
 * new GpuOperator(app, 'gpu-operator', { cluster, pools, scrapers: [podsIn('monitoring')] });
 */
export class GpuOperator extends Component {
  /** Metrics of devices: the Service that the operator makes for DCGM exporter. */
  public readonly metrics: Endpoint;

  private readonly cluster: Cluster;
  private readonly pools: readonly NodePool[];

  constructor(scope: Construct, id: string, props: GpuOperatorProps) {
    super(scope, id, props, name);
    this.cluster = props.cluster;
    this.pools = props.pools.filter(isNvidia);
    this.checkProps(props);
    new Namespace(this, 'Namespace', { name: this.namespace, podSecurity: 'privileged' });
    for (const kind of gpuOperatorKinds) kind.define(this, `${kind.props.kind}Crd`);
    this.renderOperator(props);
    new FeatureDiscovery(this, 'Features', {
      cluster: props.cluster,
      pools: this.pools,
      overrides: {
        master: this.overrideOf('featureMaster'),
        gc: this.overrideOf('featureGc'),
        worker: this.overrideOf('featureWorker'),
      },
    });
    this.renderPolicy(props);
    if (props.drivers) renderDrivers(this, this.pools, props.drivers);
    this.renderNetwork(props);
    this.metrics = new Endpoint(exporter.name, this.namespace, exporter.port);
    this.extend(props.extensions);
  }

  private renderOperator({ drivers, scrapers = [] }: GpuOperatorProps): void {
    const account = new ServiceAccount(this, 'Account', { name, labels });
    grantOperator(this, account, labels, drivers !== undefined);
    const { operator, driverManager } = release.images;
    const deployment = new Deployment(this, 'Operator', {
      name,
      selector: labels,
      // A node gets another driver when its pods are gone; the operator, which sees to it, stays.
      labels: { 'nvidia.com/gpu-driver-upgrade-drain.skip': 'true' },
      account,
      usesApi: true,
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name,
          image: operator,
          command: [name],
          args: ['--leader-elect', '--zap-time-encoding=epoch', '--zap-log-level=info'],
          env: {
            WATCH_NAMESPACE: '',
            OPERATOR_NAMESPACE: { field: 'metadata.namespace' },
            DRIVER_MANAGER_IMAGE: imageReference(this, driverManager),
            VALIDATOR_IMAGE: imageReference(this, operator),
          },
          ports,
          resources: { cpu: '200m', memory: '100Mi', cpuLimit: '500m', memoryLimit: '350Mi' },
          liveness: probe('/healthz', { initialDelaySeconds: 15, periodSeconds: 20 }),
          readiness: probe('/readyz', { initialDelaySeconds: 5, periodSeconds: 10 }),
        },
      ],
      override: this.overrideOf('operator'),
    }).allowTo(this.cluster.apiServer.peers, this.cluster.apiServer.ports);
    if (scrapers.length > 0) deployment.allowFrom([...scrapers], [ports.metrics]);
  }

  private renderPolicy({ driver = 'operator', toolkit = 'operator', drivers }: GpuOperatorProps): void {
    const settings = new ConfigMap(this, 'DevicePluginSettings', {
      name: 'device-plugin-config',
      data: devicePluginSettings(this.pools),
    });
    const cuts = migConfig(this.pools);
    if (cuts !== undefined) new ConfigMap(this, 'MigSettings', { name: migSettings, data: { 'config.yaml': cuts } });
    ClusterPolicy.create(this, 'ClusterPolicy', {
      metadata: { name: 'cluster-policy' },
      spec: override(
        clusterPolicy(this, {
          pools: this.pools,
          driver,
          toolkit,
          driverPerPool: drivers !== undefined,
          devicePluginConfig: settings.name,
          migConfig: cuts && migSettings,
        }),
        this.overrideOf('clusterPolicy'),
      ),
    });
  }

  /** The pods that the operator makes: each may reach what it needs, and only scrapers reach one of them. */
  private renderNetwork({ driver = 'operator', drivers = {}, scrapers = [], packageSources }: GpuOperatorProps): void {
    const { peers, ports: apiPorts } = this.cluster.apiServer;
    for (const app of callers) this.rulesOf(app, { app }).addEgress(peers, apiPorts);
    if (scrapers.length > 0)
      this.rulesOf(exporter.name, { app: exporter.name }).addIngress([...scrapers], [exporter.port]);
    if (driver === 'nodes') return;
    const rules = this.rulesOf('nvidia-driver', { 'app.kubernetes.io/component': 'nvidia-driver' });
    rules.addEgress(peers, apiPorts);
    const built = this.pools.some(pool => !drivers[pool.name]?.precompiled);
    if (built) rules.addEgress([...(packageSources ?? [addresses('0.0.0.0/0')])], [80, 443]);
  }

  private rulesOf(part: string, pods: Record<string, string>): NetworkRules {
    return new NetworkRules(this, `Network-${part}`, { name: part, namespace: this.namespace, pods });
  }

  private checkProps({ pools, driver, drivers }: GpuOperatorProps): void {
    if (this.pools.length === 0) {
      const names = pools.map(pool => `'${pool.name}'`).join(', ') || 'none';
      this.fail(`'pools' must have accelerators of NVIDIA in one at least, got ${names}`);
    }
    if (driver === 'nodes' && drivers) {
      this.fail(
        `'drivers' must be left out where the nodes have their driver, got '${Object.keys(drivers).join("', '")}'`,
      );
    }
    const [problem] = driverProblems(this.pools, drivers ?? {});
    if (problem) this.fail(problem);
  }
}

/** The probe port is open to the kubelet only, so it has no name among the container's ports. */
function probe(path: string, times: Pick<k8s.Probe, 'initialDelaySeconds' | 'periodSeconds'>): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromNumber(8081) }, ...times };
}
