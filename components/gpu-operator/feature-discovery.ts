import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Component,
  ConfigMap,
  Deployment,
  httpProbe,
  KubeObject,
  NetworkRules,
  type NodePool,
  type Override,
  override,
  podSpec,
  poolLabel,
  ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Cluster } from '../roles';
import { poolTolerations } from './cluster-policy';
import { type FeatureAccounts, grantFeatureDiscovery } from './rbac';
import { release } from './release';

/** Properties of `FeatureDiscovery`. */
export interface FeatureDiscoveryProps {
  readonly cluster: Cluster;

  /** Pools whose nodes are looked at. */
  readonly pools: readonly NodePool[];
  readonly overrides: {
    readonly master?: Override<k8s.DeploymentSpec>;
    readonly gc?: Override<k8s.DeploymentSpec>;
    readonly worker?: Override<k8s.DaemonSetSpec>;
  };
}

const name = 'gpu-operator-node-feature-discovery';
const configPath = '/etc/kubernetes/node-feature-discovery';
const labels = {
  'app.kubernetes.io/name': 'node-feature-discovery',
  'app.kubernetes.io/instance': 'gpu-operator',
};
const image = release.images.nodeFeatureDiscovery;
const ports = { http: 8080 };
/** As upstream says it, beside what the pod says. */
const securityContext = { runAsNonRoot: true };
const nodeName = { NODE_NAME: { field: 'spec.nodeName' } };

/** Network and display devices, by their vendor: the operator knows nodes with devices of NVIDIA by that. */
const workerSettings = [
  ...['sources:', '  pci:', '    deviceClassWhitelist:'],
  ...['02', '0200', '0207', '0300', '0302'].map(deviceClass => `    - "${deviceClass}"`),
  ...['    deviceLabelFields:', '    - vendor'],
].join('\n');

/** What workers see of their node, read-only. */
const seen: Readonly<Record<string, Volume>> = {
  '/host-boot': hostPath('host-boot', '/boot'),
  '/host-etc/os-release': hostPath('host-os-release', '/etc/os-release'),
  '/host-sys': hostPath('host-sys', '/sys'),
  '/host-usr/lib': hostPath('host-usr-lib', '/usr/lib'),
  '/host-lib': hostPath('host-lib', '/lib'),
  '/host-proc/swaps': hostPath('host-proc-swaps', '/proc/swaps'),
  '/etc/kubernetes/node-feature-discovery/features.d/': hostPath(
    'features-d',
    '/etc/kubernetes/node-feature-discovery/features.d/',
  ),
};

/** Node feature discovery: labels nodes with what workers find on them. */
export class FeatureDiscovery extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: FeatureDiscoveryProps,
  ) {
    super(scope, id);
    const account = (part: string) =>
      new ServiceAccount(this, `${part || 'master'}Account`, { name: `node-feature-discovery${part}`, labels });
    const accounts = { master: account(''), worker: account('-worker'), gc: account('-gc') };
    grantFeatureDiscovery(this, name, accounts, labels);
    this.renderMaster(accounts);
    this.renderGc(accounts);
    this.renderWorker(accounts);
  }

  private renderMaster({ master }: FeatureAccounts): void {
    const settings = this.settings('MasterSettings', 'master', 'extraLabelNs:\n- nvidia.com');
    new Deployment(this, 'Master', {
      name: `${name}-master`,
      selector: { ...labels, role: 'master' },
      account: master,
      usesApi: true,
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name: 'master',
          image,
          securityContext,
          command: ['nfd-master'],
          args: [`-port=${ports.http}`],
          env: nodeName,
          ports,
          resources: { cpu: '100m', memory: '128Mi', memoryLimit: '4Gi' },
          liveness: httpProbe('/healthz', 'http'),
          readiness: httpProbe('/healthz', 'http', { failureThreshold: 10 }),
          startup: httpProbe('/healthz', 'http', { failureThreshold: 30 }),
          mounts: { [configPath]: settings.volume({ name: 'nfd-master-conf' }) },
        },
      ],
      override: this.props.overrides.master,
    }).allowTo(this.apiServer.peers, this.apiServer.ports);
  }

  /** Deletes what is known of nodes that are gone. */
  private renderGc({ gc }: FeatureAccounts): void {
    new Deployment(this, 'Gc', {
      name: `${name}-gc`,
      selector: { ...labels, role: 'gc' },
      account: gc,
      usesApi: true,
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name: 'gc',
          image,
          securityContext,
          command: ['nfd-gc'],
          args: ['-gc-interval=1h'],
          env: nodeName,
          ports,
          resources: { cpu: '10m', memory: '128Mi', memoryLimit: '1Gi' },
          liveness: httpProbe('/healthz', 'http', { initialDelaySeconds: 10 }),
          readiness: httpProbe('/healthz', 'http', { initialDelaySeconds: 5 }),
        },
      ],
      override: this.props.overrides.gc,
    }).allowTo(this.apiServer.peers, this.apiServer.ports);
  }

  /** On the nodes of these pools and no others, past their taints. */
  private renderWorker({ worker }: FeatureAccounts): void {
    const selector = { ...labels, role: 'worker' };
    const settings = this.settings('WorkerSettings', 'worker', workerSettings);
    const pod = podSpec(this, {
      account: worker,
      usesApi: true,
      priorityClassName: 'system-node-critical',
      placement: { nodeSelector: {}, tolerations: poolTolerations(this.props.pools) },
      containers: [
        {
          name: 'worker',
          image,
          securityContext,
          command: ['nfd-worker'],
          args: ['-owner-refs=pod,ds', `-port=${ports.http}`],
          env: { ...nodeName, POD_NAME: { field: 'metadata.name' }, POD_UID: { field: 'metadata.uid' } },
          ports,
          resources: { cpu: '5m', memory: '64Mi', memoryLimit: '512Mi' },
          liveness: httpProbe('/healthz', 'http', { initialDelaySeconds: 10 }),
          readiness: httpProbe('/healthz', 'http', { initialDelaySeconds: 5, failureThreshold: 10 }),
          mounts: { ...seen, [configPath]: settings.volume({ name: 'nfd-worker-conf' }) },
        },
      ],
    });
    const values = this.props.pools.map(pool => pool.name);
    const matchExpressions = [{ key: poolLabel, operator: 'In', values }];
    const spec: k8s.DaemonSetSpec = {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: selector, annotations: { 'flowyard.dev/hash-settings': settings.contentHash } },
        spec: {
          ...pod,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
            },
          },
        },
      },
    };
    const { namespace } = Component.of(this);
    new KubeObject(this, 'Worker', k8s.KubeDaemonSet, {
      metadata: { name: `${name}-worker`, namespace, labels: selector },
      spec: override(spec, this.props.overrides.worker),
    });
    new NetworkRules(this, 'WorkerNetwork', { name: `${name}-worker`, namespace, pods: selector }).addEgress(
      this.apiServer.peers,
      this.apiServer.ports,
    );
  }

  private settings(id: string, part: string, text: string): ConfigMap {
    return new ConfigMap(this, id, { name: `${name}-${part}-conf`, labels, data: { [`nfd-${part}.conf`]: text } });
  }

  private get apiServer(): Cluster['apiServer'] {
    return this.props.cluster.apiServer;
  }
}

function hostPath(volume: string, path: string): Volume {
  return { name: volume, source: { hostPath: { path } }, readOnly: true };
}
