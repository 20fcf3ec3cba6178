import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  type ConfigMap,
  Deployment,
  type Endpoint,
  httpProbe,
  type Override,
  Service,
  ServiceAccount,
} from '../../constructs';
import type { Cluster, ServiceMesh, ServingCertificate, SqlAccount } from '../roles';
import { grantUi } from './rbac';
import { release } from './release';

const componentLabel = 'katib.kubeflow.org/component';

/** Ports of the controller's pods. */
export const controllerPorts = { webhook: 8443, metrics: 8080, healthz: 18080 };

/** Port of the database manager. */
export const dbManagerPort = 6789;

const uiPort = 8080;

// Upstream's images name no user; these numbers are what it runs them as.
const runAs = { user: 1000, group: 1000 };

interface PartProps {
  readonly replicas: number;
  readonly override?: Override<k8s.DeploymentSpec>;
}

/** The controller. It stays out of the mesh: the API server calls it, and what it calls stays out too. */
export function renderController(
  scope: Construct,
  props: PartProps & {
    readonly cluster: Cluster;
    readonly mesh?: ServiceMesh;
    readonly account: ServiceAccount;
    readonly config: ConfigMap;
    readonly certificate: ServingCertificate;
  },
): { readonly deployment: Deployment; readonly service: Service } {
  const name = 'katib-controller';
  const selector = { [componentLabel]: 'controller' };
  const { cluster, mesh, account, config, certificate, replicas, override } = props;
  const deployment = new Deployment(scope, 'Deployment', {
    name,
    selector,
    labels: mesh?.optOutLabels,
    podAnnotations: { 'prometheus.io/port': String(controllerPorts.metrics), 'prometheus.io/scrape': 'true' },
    replicas,
    account,
    usesApi: true,
    runAs,
    containers: [
      {
        name,
        image: release.images.controller,
        command: ['./katib-controller'],
        args: ['--katib-config=/katib-config.yaml'],
        env: { KATIB_CORE_NAMESPACE: { field: 'metadata.namespace' } },
        ports: controllerPorts,
        resources: { cpu: '100m', memory: '128Mi', memoryLimit: '1Gi' },
        liveness: httpProbe('/healthz', 'healthz'),
        readiness: httpProbe('/readyz', 'healthz'),
        mounts: {
          '/tmp/cert': certificate.volume('cert'),
          '/katib-config.yaml': { ...config.volume({ name: 'katib-config' }), subPath: 'katib-config.yaml' },
        },
        securityContext: hardened,
      },
    ],
    override,
  })
    .allowFrom(cluster.apiServerPeers, [controllerPorts.webhook])
    .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  const service = new Service(scope, 'Service', {
    name,
    labels: selector,
    annotations: {
      'prometheus.io/port': String(controllerPorts.metrics),
      'prometheus.io/scheme': 'http',
      'prometheus.io/scrape': 'true',
    },
    workload: deployment,
    ports: {
      webhook: { port: 443, target: controllerPorts.webhook },
      metrics: { port: controllerPorts.metrics, target: controllerPorts.metrics },
      healthz: { port: controllerPorts.healthz, target: controllerPorts.healthz },
    },
  });
  return { deployment, service };
}

/** The server that keeps observations, in a database of its own. */
export function renderDbManager(
  scope: Construct,
  props: PartProps & {
    readonly database: { readonly endpoint: Endpoint; readonly name: string; readonly account: SqlAccount };
  },
): { readonly deployment: Deployment; readonly service: Service } {
  const name = 'katib-db-manager';
  const selector = { [componentLabel]: 'db-manager' };
  const { database, replicas, override } = props;
  const { endpoint, account } = database;
  const deployment = new Deployment(scope, 'Deployment', {
    name,
    selector,
    replicas,
    account: new ServiceAccount(scope, 'Account', { name }),
    runAs,
    containers: [
      {
        name,
        image: release.images.dbManager,
        command: ['./katib-db-manager'],
        env: {
          DB_NAME: 'mysql',
          DB_USER: { secret: account.username },
          DB_PASSWORD: { secret: account.password },
          KATIB_MYSQL_DB_HOST: endpoint.host,
          KATIB_MYSQL_DB_PORT: String(endpoint.port),
          KATIB_MYSQL_DB_DATABASE: database.name,
        },
        ports: { api: dbManagerPort },
        resources: { cpu: '50m', memory: '64Mi', memoryLimit: '512Mi' },
        // Both ask the database too.
        liveness: { grpc: { port: dbManagerPort }, initialDelaySeconds: 10, periodSeconds: 60, failureThreshold: 5 },
        readiness: { grpc: { port: dbManagerPort }, periodSeconds: 10 },
        securityContext: hardened,
      },
    ],
    override,
  }).allowTo([{ namespaceSelector: namespace(endpoint.namespace) }], [endpoint.port]);
  const service = new Service(scope, 'Service', {
    name,
    labels: selector,
    workload: deployment,
    ports: { api: { port: dbManagerPort, target: dbManagerPort } },
  });
  return { deployment, service };
}

/** The web UI. What it does for a user, it first asks the API server whether the user may. */
export function renderUi(
  scope: Construct,
  props: PartProps & { readonly cluster: Cluster },
): { readonly deployment: Deployment; readonly service: Service } {
  const name = 'katib-ui';
  const selector = { [componentLabel]: 'ui' };
  const { cluster, replicas, override } = props;
  const account = new ServiceAccount(scope, 'Account', { name });
  grantUi(scope, account);
  const deployment = new Deployment(scope, 'Deployment', {
    name,
    selector,
    replicas,
    account,
    usesApi: true,
    runAs,
    containers: [
      {
        name,
        image: release.images.ui,
        command: ['./katib-ui'],
        args: [`--port=${uiPort}`],
        env: {
          KATIB_CORE_NAMESPACE: { field: 'metadata.namespace' },
          // Without it, everybody who reaches the UI may do everything.
          APP_DISABLE_AUTH: 'false',
        },
        ports: { ui: uiPort },
        resources: { cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' },
        liveness: httpProbe('/katib/', 'ui', { periodSeconds: 30 }),
        readiness: httpProbe('/katib/', 'ui'),
        securityContext: hardened,
      },
    ],
    override,
  }).allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  const service = new Service(scope, 'Service', {
    name,
    labels: selector,
    workload: deployment,
    ports: { ui: { port: 80, target: uiPort } },
  });
  return { deployment, service };
}

/** What upstream says of each container, beside what all pods have. */
const hardened: k8s.SecurityContext = {
  runAsNonRoot: true,
  runAsUser: runAs.user,
  seccompProfile: { type: 'RuntimeDefault' },
};

function namespace(name: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}
