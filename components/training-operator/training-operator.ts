import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  imageReference,
  KubeObject,
  type Override,
  Service,
  ServiceAccount,
  type Volume,
  Webhooks,
} from '../../constructs';
import type { Cluster, ServiceMesh } from '../roles';
import { initContainer, initContainerFile } from './init-container';
import { grantOperator, renderTenantRoles } from './rbac';
import { release } from './release';
import { jobKinds } from './resources';

/**
 * Who places the pods of a job all at once. Its `PodGroup` CRD must be in the cluster: the operator stops without it.
 * Pods ask for the scheduler by this name, so one of the scheduler-plugins must be called `scheduler-plugins`.
 */
export type GangScheduler = 'none' | 'volcano' | 'scheduler-plugins';

/** Properties of `TrainingOperator`. */
export interface TrainingOperatorProps extends ComponentProps<TrainingOperator> {
  /** Tells where the API server calls webhooks from, and where it is reached. */
  readonly cluster: Cluster;

  /** Stays out of it: nobody calls the operator but the API server. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /**
   * Scheduler that starts the pods of a job together or not at all.
   *
   * @default 'none'
   */
  readonly gangScheduling?: GangScheduler;

  /**
   * Last word over rendered workloads, by child id.
   *
   * @default - workloads stay as rendered
   */
  readonly overrides?: { readonly operator?: Override<k8s.DeploymentSpec> };
}

const name = 'training-operator';
const labels = { app: name };
const selector = { 'control-plane': 'kubeflow-training-operator' };
const webhooksName = 'validator.training-operator.kubeflow.org';
const secretName = 'training-operator-webhook-cert';
const ports = { metrics: 8080, 'webhook-server': 9443 };

/** Kinds that the operator checks before they are stored; it has no check for MPIJob. */
const checkedKinds = ['JAXJob', 'PaddleJob', 'PyTorchJob', 'TFJob', 'XGBoostJob'].map(kind => kind.toLowerCase());

/**
 * Training Operator v1: distributed training as TFJob, PyTorchJob, MPIJob, XGBoostJob, PaddleJob and JAXJob. Upstream
 * develops Trainer v2 in its place; it is for workloads that still use these kinds.
 *
 * @example
 * new TrainingOperator(app, 'training-operator', { cluster });
 */
export class TrainingOperator extends Component {
  constructor(scope: Construct, id: string, props: TrainingOperatorProps) {
    super(scope, id, props, 'kubeflow');
    for (const kind of jobKinds) kind.define(this, `${kind.props.kind}Crd`);
    renderTenantRoles(this);
    const operator = this.renderOperator(props);
    const service = new Service(this, 'Service', {
      name,
      labels,
      annotations: {
        'prometheus.io/path': '/metrics',
        'prometheus.io/port': String(ports.metrics),
        'prometheus.io/scrape': 'true',
      },
      workload: operator,
      ports: {
        'monitoring-port': { port: 8080, target: ports.metrics },
        'webhook-server': { port: 443, target: ports['webhook-server'] },
      },
    });
    new Webhooks(this, 'Webhooks', {
      name: webhooksName,
      kind: 'validating',
      labels: selector,
      service,
      port: 'webhook-server',
      calls: checkedKinds.map(kind => ({
        name: `validator.${kind}.training-operator.kubeflow.org`,
        path: `/validate-kubeflow-org-v1-${kind}`,
        rules: [
          {
            apiGroups: ['kubeflow.org'],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: [`${kind}s`],
          },
        ],
      })),
    });
    this.extend(props.extensions);
  }

  private renderOperator({ cluster, mesh, gangScheduling = 'none' }: TrainingOperatorProps): Deployment {
    const account = new ServiceAccount(this, 'Account', { name, labels });
    grantOperator(this, account, { secret: secretName, webhooks: webhooksName });
    // The operator writes its certificate into it, so nothing is rendered but the name.
    new KubeObject(this, 'Certificate', k8s.KubeSecret, { metadata: { name: secretName }, type: 'Opaque' });
    const certificate: Volume = {
      name: 'cert',
      source: { secret: { secretName, defaultMode: 0o644 } },
      readOnly: true,
    };
    const config = new ConfigMap(this, 'Config', {
      name: 'training-operator-config',
      data: { [initContainerFile]: initContainer },
    });
    return new Deployment(this, 'Operator', {
      name,
      selector,
      labels: mesh?.optOutLabels,
      account,
      usesApi: true,
      runAs: { user: 1000, group: 1000 },
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name,
          image: release.images.operator,
          command: ['/manager'],
          args: [
            `--mpi-kubectl-delivery-image=${imageReference(this, release.images.kubectlDelivery)}`,
            `--pytorch-init-container-image=${imageReference(this, release.images.initPyTorch)}`,
            ...(gangScheduling === 'none' ? [] : [`--gang-scheduler-name=${gangScheduling}`]),
          ],
          env: {
            MY_POD_NAMESPACE: { field: 'metadata.namespace' },
            MY_POD_NAME: { field: 'metadata.name' },
          },
          ports,
          resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
          liveness: probe('/healthz', { initialDelaySeconds: 15, periodSeconds: 20 }),
          readiness: probe('/readyz', { initialDelaySeconds: 10, periodSeconds: 15 }),
          mounts: {
            '/tmp/k8s-webhook-server/serving-certs': certificate,
            '/etc/config': config.volume({ name: 'config' }),
          },
          securityContext: { runAsNonRoot: true, runAsUser: 1000 },
        },
      ],
      override: this.overrideOf('operator'),
    })
      .allowFrom(cluster.apiServerPeers, [ports['webhook-server']])
      .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  }
}

/** The probe port is open to the kubelet only, so it has no name among the container's ports. */
function probe(path: string, times: Pick<k8s.Probe, 'initialDelaySeconds' | 'periodSeconds'>): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromNumber(8081) }, timeoutSeconds: 3, ...times };
}
