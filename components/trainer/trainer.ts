import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  httpProbe,
  KubeObject,
  type Override,
  Service,
  ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Cluster, JobSets, ServiceMesh } from '../roles';
import { group } from './fields';
import { grantController, renderPublicRoles, renderTenantRoles } from './rbac';
import { release } from './release';
import { ClusterTrainingRuntimeKind, TrainingRuntimeKind, TrainJobKind } from './resources';
import { builtinRuntimes, type ClusterRuntimeProps, type Runtime, type RuntimeName, renderRuntime } from './runtimes';
import { renderWebhooks, webhookNames } from './webhooks';

/** Properties of `Trainer`. */
export interface TrainerProps extends ComponentProps<Trainer> {
  /** Where the API server is, and where it calls the webhooks from. */
  readonly cluster: Cluster;

  /** Stays out of it: nobody calls the controller but the API server. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Runs the Jobs of a TrainJob. */
  readonly jobSets: JobSets;

  /**
   * Runs two controllers, of which one leads.
   *
   * @default false
   */
  readonly highlyAvailable?: boolean;

  /**
   * Last word over rendered workloads, by child id.
   *
   * @default - workloads stay as rendered
   */
  readonly overrides?: { readonly controller?: Override<k8s.DeploymentSpec> };
}

const name = 'kubeflow-trainer-controller-manager';
const secretName = 'kubeflow-trainer-webhook-cert';
const publicName = 'kubeflow-trainer-public';
const leaseName = group;
const configFile = 'controller_manager_config.yaml';
const selector = {
  'app.kubernetes.io/component': 'manager',
  'app.kubernetes.io/name': 'trainer',
  'app.kubernetes.io/part-of': 'kubeflow',
};
const ports = { health: 8081, metrics: 8443, webhook: 9443, 'status-server': 10443 };

/** The controller makes and renews the certificate of its webhooks itself. It has no defaults of its own for a lease. */
const config = `apiVersion: config.trainer.kubeflow.org/v1alpha1
kind: Configuration
certManagement:
  enable: true
  webhookServiceName: ${name}
  webhookSecretName: ${secretName}
clientConnection:
  qps: 50
  burst: 100
controller:
  groupKindConcurrency:
    TrainJob.${group}: 5
    TrainingRuntime.${group}: 1
    ClusterTrainingRuntime.${group}: 1
health:
  healthProbeBindAddress: :${ports.health}
  readinessEndpointName: readyz
  livenessEndpointName: healthz
leaderElection:
  leaderElect: true
  resourceName: ${leaseName}
  leaseDuration: 15s
  renewDeadline: 10s
  retryPeriod: 2s
metrics:
  bindAddress: :${ports.metrics}
  secureServing: true
statusServer:
  port: ${ports['status-server']}
webhook:
  port: ${ports.webhook}
`;

/**
 * Kubeflow Trainer v2: training as TrainJobs, each on a runtime that says how its nodes find each other.
 *
 * @example
 * const trainer = new Trainer(app, 'trainer', { cluster, jobSets: new JobSet(app, 'jobset', { cluster }) });
 * new TrainJob(chart, 'Training', { name: 'mnist', runtime: trainer.runtimes['torch-distributed'], numNodes: 2 });
 */
export class Trainer extends Component {
  /** Upstream's runtimes by name. */
  public readonly runtimes: Readonly<Record<RuntimeName, Runtime>>;

  private readonly runtimeScope: Construct;

  constructor(scope: Construct, id: string, props: TrainerProps) {
    super(scope, id, props, 'kubeflow-system');
    this.needs(props.jobSets);
    for (const kind of [TrainJobKind, TrainingRuntimeKind, ClusterTrainingRuntimeKind]) {
      kind.define(this, `${kind.props.kind}Crd`);
    }
    renderTenantRoles(this);
    new ConfigMap(this, 'Public', { name: publicName, data: { kubeflow_trainer_version: release.version } });
    renderPublicRoles(this, publicName);
    const service = new Service(this, 'Service', {
      name,
      workload: this.renderController(props),
      ports: {
        'monitoring-port': { port: ports.metrics, target: 'metrics' },
        'webhook-server': { port: 443, target: 'webhook' },
        'status-server': { port: ports['status-server'], target: 'status-server' },
      },
    });
    renderWebhooks(this, service, 'webhook-server');

    this.runtimeScope = new Construct(this, 'Runtimes');
    const builtin = Object.entries(builtinRuntimes(this));
    this.runtimes = Object.fromEntries(
      builtin.map(([runtime, definition]) => [runtime, this.addRuntime({ name: runtime, ...definition })]),
    ) as Record<RuntimeName, Runtime>;
    this.extend(props.extensions);
  }

  /** Adds a runtime that TrainJobs of all namespaces can name. */
  public addRuntime(props: ClusterRuntimeProps): Runtime {
    return renderRuntime(this.runtimeScope, props);
  }

  private renderController({ cluster, mesh, highlyAvailable }: TrainerProps): Deployment {
    const account = new ServiceAccount(this, 'Account', { name });
    grantController(this, account, {
      secret: secretName,
      webhooks: Object.values(webhookNames),
      lease: leaseName,
    });
    // The controller writes its certificate into it, so nothing is rendered but the name.
    new KubeObject(this, 'Certificate', k8s.KubeSecret, { metadata: { name: secretName }, type: 'Opaque' });
    const certificate: Volume = {
      name: 'cert',
      source: { secret: { secretName, defaultMode: 0o644 } },
      readOnly: true,
    };
    const settings = new ConfigMap(this, 'Config', { name: 'kubeflow-trainer-config', data: { [configFile]: config } });
    return new Deployment(this, 'Controller', {
      name,
      selector,
      labels: mesh?.optOutLabels,
      podAnnotations: {
        // The API server, which calls the webhooks, has no part in the mesh.
        'traffic.sidecar.istio.io/excludeInboundPorts': String(ports.webhook),
      },
      replicas: highlyAvailable ? 2 : 1,
      account,
      usesApi: true,
      containers: [
        {
          name: 'manager',
          image: release.images.controller,
          args: [`--config=/${configFile}`, '--zap-log-level=2'],
          ports,
          resources: { cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' },
          liveness: httpProbe('/healthz', 'health', { initialDelaySeconds: 15, periodSeconds: 20, timeoutSeconds: 3 }),
          readiness: httpProbe('/readyz', 'health', { initialDelaySeconds: 10, periodSeconds: 15, timeoutSeconds: 3 }),
          mounts: {
            [`/${configFile}`]: { ...settings.volume({ name: 'kubeflow-trainer-config' }), subPath: configFile },
            '/tmp/k8s-webhook-server/serving-certs': certificate,
          },
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        },
      ],
      override: this.overrideOf('controller'),
    })
      .allowFrom(cluster.apiServerPeers, [ports.webhook])
      .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  }
}
