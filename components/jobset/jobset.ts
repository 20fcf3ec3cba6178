import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  KubeObject,
  type Override,
  Service,
  ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Cluster, JobSets, ServiceMesh } from '../roles';
import { grantController } from './rbac';
import { release } from './release';
import { JobSetKind } from './resources';
import { renderWebhooks, webhookNames } from './webhooks';

/** Properties of `JobSet`. */
export interface JobSetProps extends ComponentProps<JobSet> {
  /** Where the API server is, and where it calls the webhooks from. */
  readonly cluster: Cluster;

  /** Stays out of it: nobody calls the controller but the API server. @default - no mesh */
  readonly mesh?: ServiceMesh;

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

const name = 'jobset-controller-manager';
const secretName = 'jobset-webhook-server-cert';
const configFile = 'controller_manager_config.yaml';
const labels = { 'app.kubernetes.io/instance': 'jobset', 'app.kubernetes.io/name': 'jobset' };
const selector = { ...labels, 'control-plane': 'controller-manager' };
const ports = { metrics: 8443, 'webhook-server': 9443 };

/** All else is the controller's default, the certificate of its webhooks included, which it makes and renews itself. */
const config = `apiVersion: config.jobset.x-k8s.io/v1alpha1
kind: Configuration
leaderElection:
  leaderElect: true
internalCertManagement:
  enable: true
`;

/**
 * JobSet: groups of Jobs that start, succeed and fail as one.
 *
 * @example
 * const jobSets = new JobSet(app, 'jobset', { cluster });
 * new Trainer(app, 'trainer', { cluster, jobSets });
 */
export class JobSet extends Component implements JobSets {
  constructor(scope: Construct, id: string, props: JobSetProps) {
    super(scope, id, props, 'kubeflow-system');
    JobSetKind.define(this, 'JobSetCrd', { labels });
    const controller = this.renderController(props);
    new Service(this, 'MetricsService', {
      name: `${name}-metrics-service`,
      labels,
      workload: controller,
      ports: { https: { port: 8443, target: ports.metrics } },
    });
    const webhookService = new Service(this, 'WebhookService', {
      name: 'jobset-webhook-service',
      labels,
      workload: controller,
      ports: { 'webhook-server': { port: 443, target: ports['webhook-server'] } },
    });
    renderWebhooks(this, webhookService, 'webhook-server', labels);
    this.extend(props.extensions);
  }

  private renderController({ cluster, mesh, highlyAvailable }: JobSetProps): Deployment {
    const account = new ServiceAccount(this, 'Account', { name, labels });
    grantController(this, account, { secret: secretName, webhooks: Object.values(webhookNames), labels });
    // The controller writes its certificate into it, so nothing is rendered but the name.
    new KubeObject(this, 'Certificate', k8s.KubeSecret, { metadata: { name: secretName, labels } });
    const certificate: Volume = {
      name: 'cert',
      source: { secret: { secretName, defaultMode: 0o644 } },
      readOnly: true,
    };
    const settings = new ConfigMap(this, 'Config', {
      name: 'jobset-manager-config',
      labels,
      data: { [configFile]: config },
    });
    return new Deployment(this, 'Controller', {
      name,
      selector,
      labels: mesh?.optOutLabels,
      podAnnotations: {
        'kubectl.kubernetes.io/default-container': 'manager',
        // The API server, which calls the webhooks, has no part in the mesh.
        'traffic.sidecar.istio.io/excludeInboundPorts': String(ports['webhook-server']),
      },
      replicas: highlyAvailable ? 2 : 1,
      account,
      usesApi: true,
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'manager',
          image: release.images.controller,
          command: ['/manager'],
          args: [`--config=/${configFile}`, '--zap-log-level=2'],
          ports,
          resources: { cpu: '500m', memory: '128Mi', memoryLimit: '4Gi' },
          liveness: probe('/healthz', { initialDelaySeconds: 15, periodSeconds: 20 }),
          readiness: probe('/readyz', { initialDelaySeconds: 5, periodSeconds: 10 }),
          mounts: {
            [`/${configFile}`]: { ...settings.volume({ name: 'manager-config' }), subPath: configFile },
            '/tmp/k8s-webhook-server/serving-certs': certificate,
          },
        },
      ],
      override: this.overrideOf('controller'),
    })
      .allowFrom(cluster.apiServerPeers, [ports['webhook-server']])
      .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  }
}

/** The probe port is open to the kubelet only, so it has no name among the container's ports. */
function probe(path: string, times: Pick<k8s.Probe, 'initialDelaySeconds' | 'periodSeconds'>): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromNumber(8081) }, ...times };
}
