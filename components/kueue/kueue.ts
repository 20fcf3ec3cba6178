import { Lazy } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  gpuCapacity,
  gpuResource,
  httpProbe,
  Namespace,
  type NodePool,
  type Override,
  placeOn,
  poolTaints,
  Service,
  ServiceAccount,
} from '../../constructs';
import type { Certificates, Cluster, QueueShare, Queues, ServiceMesh, ServingCertificate } from '../roles';
import { configOf, ports, probePort } from './config';
import { type FrameworkFacts, type JobFramework, jobFrameworks } from './frameworks';
import { grantController, renderTenantRoles } from './rbac';
import { release } from './release';
import { ClusterQueue, Cohort, kinds, LocalQueue, ResourceFlavor } from './resources';
import { renderWebhooks } from './webhooks';

/** Properties of `Kueue`. */
export interface KueueProps extends ComponentProps<Kueue> {
  /** Where the API server is, and where it calls the webhooks from. */
  readonly cluster: Cluster;
  readonly certificates: Certificates;

  /** Stays out of it: nobody calls the controller but the API server. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Node pools of the cluster: those with accelerators are told apart, the others are one. */
  readonly pools: readonly NodePool[];

  /** Kinds of jobs that wait in queues. @default - Jobs */
  readonly frameworks?: readonly JobFramework[];

  /**
   * Whether a queue gets back at once what it is guaranteed, by stopping jobs of others that took it while it was idle.
   * Otherwise it waits until they are done.
   *
   * @default true
   */
  readonly reclaims?: boolean;

  /** Runs two controllers, of which one leads. @default false */
  readonly highlyAvailable?: boolean;

  /** Last word over the rendered workload. @default - it stays as rendered */
  readonly overrides?: { readonly controller?: Override<k8s.DeploymentSpec> };
}

const name = 'kueue-controller-manager';
const configFile = 'controller_manager_config.yaml';
const labels = { 'app.kubernetes.io/name': 'kueue', 'control-plane': 'controller-manager' };
const selector = { 'control-plane': 'controller-manager' };

/** Group of all queues: what one leaves idle, others may take. */
const cohort = 'tenants';

/** Flavor of what does not depend on the node. */
const anyNode = 'any-node';

/** Name of the queue that jobs of a namespace go to unasked. */
const localQueue = 'default';

/**
 * Kueue: jobs of tenants wait, suspended, until all of their pods have room within the quota of their namespace, and then
 * start together. What a tenant does not use of the accelerators that it is guaranteed, others may borrow.
 *
 * @example
 * const queues = new Kueue(app, 'kueue', { cluster, certificates, pools, frameworks: ['batch/job'] });
 * queues.addNamespace(tenant, 'Queue', { namespace: 'team-vision', share: { cpu: '16', memory: '64Gi' } });
 */
export class Kueue extends Component implements Queues {
  private readonly pools: ReadonlyMap<string, NodePool>;
  private readonly shares = new Map<string, QueueShare>();
  private readonly reclaims: boolean;

  constructor(scope: Construct, id: string, props: KueueProps) {
    super(scope, id, props, 'kueue-system');
    this.needs(props.certificates, props.mesh);
    this.reclaims = props.reclaims ?? true;
    this.pools = new Map(props.pools.filter(({ gpu }) => gpu).map(pool => [pool.name, pool]));
    new Namespace(this, 'Namespace', { name: this.namespace });
    for (const kind of kinds) kind.define(this, `${kind.props.kind}Crd`, { labels });
    renderTenantRoles(this);
    this.renderController(props);
    this.renderFlavors();
    this.extend(props.extensions);
  }

  public addNamespace(
    scope: Construct,
    id: string,
    { namespace, share }: { readonly namespace: string; readonly share: QueueShare },
  ): void {
    if (this.shares.has(namespace)) this.fail(`namespace '${namespace}' has a queue already; add it once`);
    this.checkShare(namespace, share);
    this.shares.set(namespace, share);
    const own = new Construct(scope, id);
    ClusterQueue.create(own, 'ClusterQueue', {
      metadata: { name: namespace },
      spec: {
        cohortName: cohort,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        preemption: { withinClusterQueue: 'LowerPriority', reclaimWithinCohort: this.reclaims ? 'Any' : 'Never' },
        resourceGroups: [cpuAndMemory(share), ...this.accelerators(share)],
      },
    });
    LocalQueue.create(own, 'LocalQueue', {
      metadata: { name: localQueue, namespace },
      spec: { clusterQueue: namespace },
    });
  }

  private renderController(props: KueueProps): void {
    const { cluster, certificates, mesh, highlyAvailable, frameworks = ['batch/job'] } = props;
    const facts = frameworks.map(framework => jobFrameworks[framework]);
    const group = new Construct(this, 'Controller');
    const account = new ServiceAccount(group, 'Account', { name, labels });
    grantController(group, account, facts, labels);
    const settings = new ConfigMap(group, 'Config', {
      name: 'kueue-manager-config',
      labels,
      data: { [configFile]: configOf(frameworks) },
    });
    const certificate = this.renderCertificate(group, certificates);
    const deployment = new Deployment(group, 'Deployment', {
      name,
      selector,
      labels: { ...labels, 'app.kubernetes.io/component': 'controller', ...mesh?.optOutLabels },
      podAnnotations: { 'kubectl.kubernetes.io/default-container': 'manager' },
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
          ports: { ...ports, health: probePort },
          resources: { cpu: '500m', memory: '512Mi', memoryLimit: '512Mi' },
          liveness: httpProbe('/healthz', 'health', { initialDelaySeconds: 15, periodSeconds: 20 }),
          readiness: httpProbe('/readyz', 'health', { initialDelaySeconds: 5, periodSeconds: 10 }),
          mounts: {
            [`/${configFile}`]: { ...settings.volume({ name: 'manager-config' }), subPath: configFile },
            '/tmp/k8s-webhook-server/serving-certs': certificate.volume('cert'),
            '/etc/kueue/metrics/certs': certificate.volume('cert'),
          },
        },
      ],
      override: this.overrideOf('controller'),
    })
      .allowFrom(cluster.apiServerPeers, [ports['webhook-server']])
      .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
    this.renderServices(group, deployment, facts, certificate);
  }

  private renderCertificate(scope: Construct, certificates: Certificates): ServingCertificate {
    const services = ['kueue-webhook-service', `${name}-metrics-service`].map(each => `${each}.${this.namespace}.svc`);
    return certificates.issue(scope, 'Certificate', {
      name: 'kueue-serving-cert',
      secretName: 'kueue-webhook-server-cert',
      namespace: this.namespace,
      dnsNames: services.flatMap(each => [each, `${each}.cluster.local`]),
    });
  }

  private renderServices(
    scope: Construct,
    workload: Deployment,
    frameworks: readonly FrameworkFacts[],
    certificate: ServingCertificate,
  ): void {
    new Service(scope, 'MetricsService', {
      name: `${name}-metrics-service`,
      labels: { ...labels, 'app.kubernetes.io/component': 'metrics-service' },
      workload,
      ports: { https: { port: 8443, target: ports.metrics } },
    });
    const service = new Service(scope, 'WebhookService', {
      name: 'kueue-webhook-service',
      labels: { ...labels, 'app.kubernetes.io/component': 'webhook-service' },
      workload,
      ports: { webhook: { port: 443, target: ports['webhook-server'] } },
    });
    renderWebhooks(scope, { service, certificate, labels, frameworks });
  }

  /** Nodes without accelerators are all the same to jobs; pools with some are told apart as workloads do. */
  private renderFlavors(): void {
    const group = new Construct(this, 'Flavors');
    ResourceFlavor.create(group, anyNode, { metadata: { name: anyNode }, spec: {} });
    for (const pool of this.pools.values()) {
      const { nodeSelector, tolerations = [] } = placeOn(pool);
      ResourceFlavor.create(group, pool.name, {
        metadata: { name: pool.name },
        spec: {
          nodeLabels: nodeSelector,
          nodeTaints: poolTaints(pool).map(({ key, value, effect }) => ({ key, value, effect })),
          tolerations: tolerations.map(({ key, operator, value, effect }) => ({ key, operator, value, effect })),
        },
      });
    }
    const resourceGroups = Lazy.any({ produce: () => this.unassigned() }) as unknown as undefined;
    Cohort.create(this, 'Cohort', { metadata: { name: cohort }, spec: { resourceGroups } });
  }

  private checkShare(namespace: string, { gpus = {} }: QueueShare): void {
    for (const [pool, { max, guaranteed = max }] of Object.entries(gpus)) {
      if (!this.pools.has(pool)) {
        const known = [...this.pools.keys()].map(each => `'${each}'`).join(', ') || 'none';
        this.fail(
          `'gpus' of namespace '${namespace}' must name a pool with accelerators among ${known}, got '${pool}'`,
        );
      }
      if (guaranteed > max) {
        this.fail(`'gpus.${pool}.guaranteed' of namespace '${namespace}' must be at most ${max}, got ${guaranteed}`);
      }
    }
  }

  /** Accelerators in groups of one resource, each with a flavor for every pool that the queue has a share of. */
  private accelerators({ gpus = {} }: QueueShare) {
    return this.byResource(pool => {
      const share = gpus[pool.name];
      if (!share) return undefined;
      const { max, guaranteed = max } = share;
      return { nominalQuota: guaranteed, borrowingLimit: max - guaranteed };
    });
  }

  /** What nobody is guaranteed of a pool is everybody's to borrow. */
  private unassigned() {
    return this.byResource(pool => {
      const given = [...this.shares.values()].flatMap(({ gpus = {} }) => {
        const share = gpus[pool.name];
        return share ? [share.guaranteed ?? share.max] : [];
      });
      const free = gpuCapacity(pool) - given.reduce((sum, each) => sum + each, 0);
      return { nominalQuota: Math.max(0, free) };
    });
  }

  private byResource(quotaOf: (pool: NodePool) => { nominalQuota: number; borrowingLimit?: number } | undefined) {
    const resources = [...new Set([...this.pools.values()].map(pool => gpuResource(pool)!))];
    return resources.flatMap(resource => {
      const flavors = [...this.pools.values()].flatMap(pool => {
        const quota = gpuResource(pool) === resource ? quotaOf(pool) : undefined;
        return quota ? [{ name: pool.name, resources: [{ name: resource, ...quota }] }] : [];
      });
      return flavors.length > 0 ? [{ coveredResources: [resource], flavors }] : [];
    });
  }
}

function cpuAndMemory({ cpu, memory }: QueueShare) {
  const resources = [
    { name: 'cpu', nominalQuota: cpu, borrowingLimit: 0 },
    { name: 'memory', nominalQuota: memory, borrowingLimit: 0 },
  ];
  return { coveredResources: ['cpu', 'memory'], flavors: [{ name: anyNode, resources }] };
}
