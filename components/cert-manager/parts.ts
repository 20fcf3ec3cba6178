import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  type Component,
  type ContainerProps,
  Deployment,
  httpProbe,
  imageReference,
  type Override,
  Service,
  ServiceAccount,
  tcpProbe,
  Webhooks,
} from '../../constructs';
import type { Cluster } from '../roles';
import { grantCainjector, grantController, grantWebhook, leaseNamespace } from './access';
import { acmeGroup, group } from './fields';
import { release } from './release';

/** What one of the three programs is given. */
export interface PartProps {
  readonly cluster: Cluster;
  readonly replicas: number;
  readonly override?: Override<k8s.DeploymentSpec>;
}

const metricsPort = 9402;

/** Follows certificates, requests and issuers, and writes the Secrets. */
export class Controller extends Construct {
  public readonly workload: Deployment;

  constructor(component: Component, props: PartProps) {
    super(component, 'Controller');
    const labels = labelsOf('cert-manager', 'controller');
    const account = new ServiceAccount(this, 'ServiceAccount', { name: 'cert-manager', labels });
    grantController(this, account, labels);
    this.workload = deploy(this, account, props, labels, {
      name: 'cert-manager-controller',
      image: release.images.controller,
      args: [
        '--v=2',
        '--cluster-resource-namespace=$(POD_NAMESPACE)',
        `--leader-election-namespace=${leaseNamespace}`,
        `--acme-http01-solver-image=${imageReference(this, release.images.acmesolver)}`,
        '--max-concurrent-challenges=60',
      ],
      ports: { 'http-metrics': metricsPort, 'http-healthz': 9403 },
      resources: { cpu: '25m', memory: '128Mi', memoryLimit: '512Mi' },
      liveness: httpProbe('/livez', 'http-healthz', {
        scheme: 'HTTP',
        initialDelaySeconds: 10,
        periodSeconds: 10,
        timeoutSeconds: 15,
        failureThreshold: 8,
      }),
      readiness: httpProbe('/livez', 'http-healthz', { scheme: 'HTTP', periodSeconds: 5 }),
    });
    new Service(this, 'Service', {
      name: 'cert-manager',
      workload: this.workload,
      labels,
      ports: { 'tcp-prometheus-servicemonitor': { port: metricsPort, target: 'http-metrics' } },
    });
  }
}

/** Writes certificate authorities into webhook configurations, CRDs and API services. */
export class Cainjector extends Construct {
  constructor(component: Component, props: PartProps) {
    super(component, 'Cainjector');
    const labels = labelsOf('cainjector', 'cainjector');
    const account = new ServiceAccount(this, 'ServiceAccount', { name: 'cert-manager-cainjector', labels });
    grantCainjector(this, account, labels);
    const workload = deploy(this, account, props, labels, {
      name: 'cert-manager-cainjector',
      image: release.images.cainjector,
      args: ['--v=2', `--leader-election-namespace=${leaseNamespace}`],
      ports: { 'http-metrics': metricsPort },
      resources: { cpu: '25m', memory: '128Mi', memoryLimit: '512Mi' },
      // It has no health endpoint; its metrics answer as soon as it runs, leader or not.
      liveness: tcpProbe('http-metrics', { initialDelaySeconds: 20 }),
      readiness: tcpProbe('http-metrics', { periodSeconds: 5 }),
    });
    new Service(this, 'Service', {
      name: 'cert-manager-cainjector',
      workload,
      labels,
      ports: { 'http-metrics': { port: metricsPort, target: metricsPort } },
    });
  }
}

/** Checks what users ask for, and says who asked. */
export class Webhook extends Construct {
  constructor(component: Component, props: PartProps) {
    super(component, 'Webhook');
    const labels = labelsOf('webhook', 'webhook');
    const name = 'cert-manager-webhook';
    const caSecret = `${name}-ca`;
    const account = new ServiceAccount(this, 'ServiceAccount', { name, labels });
    grantWebhook(this, account, labels, caSecret);
    const health = { scheme: 'HTTP', timeoutSeconds: 1, failureThreshold: 3 };
    const workload = deploy(this, account, props, labels, {
      name,
      image: release.images.webhook,
      args: [
        '--v=2',
        '--secure-port=10250',
        '--dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)',
        `--dynamic-serving-ca-secret-name=${caSecret}`,
        `--dynamic-serving-dns-names=${name}`,
        `--dynamic-serving-dns-names=${name}.$(POD_NAMESPACE)`,
        `--dynamic-serving-dns-names=${name}.$(POD_NAMESPACE).svc`,
      ],
      ports: { https: 10250, healthcheck: 6080, 'http-metrics': metricsPort },
      resources: { cpu: '10m', memory: '64Mi', memoryLimit: '128Mi' },
      liveness: httpProbe('/livez', 'healthcheck', { ...health, initialDelaySeconds: 60, periodSeconds: 10 }),
      readiness: httpProbe('/healthz', 'healthcheck', { ...health, initialDelaySeconds: 5, periodSeconds: 5 }),
    }).allowFrom(props.cluster.apiServerPeers, ['https']);
    const service = new Service(this, 'Service', {
      name,
      workload,
      labels,
      ports: { https: { port: 443, target: 'https' }, metrics: { port: metricsPort, target: 'http-metrics' } },
    });
    component.expectExisting({
      group: '',
      kind: 'Secret',
      namespace: component.namespace,
      name: caSecret,
      reason: 'the webhook makes its certificate authority when it starts',
    });
    const caInjection = { 'cert-manager.io/inject-ca-from-secret': `${component.namespace}/${caSecret}` };
    const shared = { name, service, port: 'https', caInjection, labels };
    new Webhooks(this, 'Mutating', { ...shared, kind: 'mutating', calls: [mutate] });
    new Webhooks(this, 'Validating', { ...shared, kind: 'validating', calls: [validate] });
  }
}

const mutate = {
  name: 'webhook.cert-manager.io',
  path: '/mutate',
  rules: [{ apiGroups: [group], apiVersions: ['v1'], operations: ['CREATE'], resources: ['certificaterequests'] }],
  timeoutSeconds: 30,
};

const validate = {
  name: 'webhook.cert-manager.io',
  path: '/validate',
  rules: [{ apiGroups: [group, acmeGroup], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['*/*'] }],
  namespaceSelector: {
    matchExpressions: [{ key: 'cert-manager.io/disable-validation', operator: 'NotIn', values: ['true'] }],
  },
  timeoutSeconds: 30,
};

/** Labels of the objects of one part. */
export function labelsOf(name: string, part: string): Record<string, string> {
  return {
    app: name,
    'app.kubernetes.io/component': part,
    'app.kubernetes.io/instance': 'cert-manager',
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/version': release.version,
  };
}

function deploy(
  scope: Construct,
  account: ServiceAccount,
  { cluster, replicas, override }: PartProps,
  labels: Record<string, string>,
  container: ContainerProps,
): Deployment {
  const { app, 'app.kubernetes.io/version': version, ...selector } = labels;
  return new Deployment(scope, 'Deployment', {
    name: account.name,
    selector,
    labels,
    podAnnotations: {
      'prometheus.io/path': '/metrics',
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': `${metricsPort}`,
    },
    replicas,
    account,
    usesApi: true,
    containers: [{ ...container, env: { POD_NAMESPACE: { field: 'metadata.namespace' } } }],
    override,
  }).allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
}
