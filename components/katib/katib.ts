import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  type Deployment,
  type Endpoint,
  type Override,
  override,
  podsWith,
  ServiceAccount,
} from '../../constructs';
import type { Certificates, Cluster, ServiceMesh, SqlDatabase, Tuning } from '../roles';
import { configData, type KatibConfig, katibConfig } from './config';
import { controllerPorts, dbManagerPort, renderController, renderDbManager, renderUi } from './parts';
import { grantController, renderTenantRoles } from './rbac';
import { katibKinds } from './resources';
import {
  type KnownTrialResource,
  type ResolvedTrialResource,
  resolveTrialResource,
  type TrialResource,
} from './trial-resources';
import { renderTrialTemplates } from './trial-templates';
import { suggestionPorts, TuningNamespace, tuningPods } from './tuning-namespace';
import { renderWebhooks } from './webhooks';

/** Properties of `Katib`. */
export interface KatibProps extends ComponentProps<Katib> {
  /** Tells where the API server calls webhooks from, and where it is reached. */
  readonly cluster: Cluster;

  /** Issues the certificate of the webhooks. */
  readonly certificates: Certificates;

  /** Keeps trial observations; Katib gets a user and a database of its own. */
  readonly database: SqlDatabase;

  /** Opens `/katib/` of the users' door to the web UI. @default - no mesh: forward the UI's port */
  readonly mesh?: ServiceMesh;

  /**
   * Kinds a trial may create, as `Kind.version.group`; with a plural those that are not known here. Upstream's are
   * those of `batch`, `trainer.kubeflow.org` and `kubeflow.org`.
   *
   * @default ['Job.v1.batch']
   */
  readonly trialResources?: readonly (KnownTrialResource | TrialResource)[];

  /** Two of each server, of which one controller works. @default false */
  readonly highlyAvailable?: boolean;

  /** Last word over rendered workloads, and over Katib's settings. @default - they stay as rendered */
  readonly overrides?: {
    readonly controller?: Override<k8s.DeploymentSpec>;
    readonly dbManager?: Override<k8s.DeploymentSpec>;
    readonly ui?: Override<k8s.DeploymentSpec>;
    readonly config?: Override<KatibConfig>;
  };
}

/** The controller's own name for the Lease by which two agree on one. */
const lease = '3fbc96e9.katib.kubeflow.org';

/** Name of the database and of its user. */
const databaseName = 'katib';

/**
 * Hyperparameter tuning: controller, database manager and web UI.
 *
 * @example
 * const katib = new Katib(app, 'katib', { cluster, certificates, database, mesh });
 * katib.addTrialResource('PyTorchJob.v1.kubeflow.org');
 */
export class Katib extends Component implements Tuning {
  /** The web UI, inside the cluster; users reach it through the mesh. */
  public readonly ui: Endpoint;

  /** Where trials report their observations. */
  public readonly dbManager: Endpoint;

  private readonly cluster: Cluster;
  private readonly controller: Deployment;
  private readonly dbManagerPods: Deployment;
  private readonly trials: ResolvedTrialResource[] = [];

  constructor(scope: Construct, id: string, props: KatibProps) {
    super(scope, id, props, 'kubeflow');
    this.cluster = props.cluster;
    this.needs(props.certificates, props.database, props.mesh);
    for (const resource of props.trialResources ?? ['Job.v1.batch']) this.addTrialResource(resource);

    for (const kind of katibKinds) kind.define(this, `${kind.props.kind}Crd`);
    renderTenantRoles(this);
    renderTrialTemplates(this);
    this.controller = this.renderController(props);
    const dbManager = this.renderDbManager(props);
    const ui = renderUi(new Construct(this, 'Ui'), {
      ...this.part(props, 'ui'),
      cluster: props.cluster,
    });

    this.dbManagerPods = dbManager.deployment;
    this.dbManager = dbManager.service.endpoint('api');
    this.ui = ui.service.endpoint('ui');
    this.connect(this.controller);
    this.connect(ui.deployment);
    this.controller.allowTo([tuningPods.suggestions], suggestionPorts);
    this.dbManagerPods.allowFrom([tuningPods.suggestions, tuningPods.trials], [dbManagerPort]);
    props.mesh?.expose(this, 'Route', {
      name: 'katib-ui',
      path: '/katib/',
      rewrite: '/katib/',
      to: this.ui,
      workload: ui.deployment,
      port: 8080,
    });
    this.extend(props.extensions);
  }

  /** Kinds a trial may create. A copy: grow it with `addTrialResource()`. */
  public get trialResources(): string[] {
    return this.trials.map(({ resource }) => resource);
  }

  /** Lets trials be of a kind, and the controller make and read its objects. Those there are stay as they are. */
  public addTrialResource(resource: KnownTrialResource | TrialResource): void {
    const resolved = resolveTrialResource(resource);
    if (typeof resolved === 'string') this.fail(resolved);
    if (!this.trialResources.includes(resolved.resource)) this.trials.push(resolved);
  }

  public addNamespace(scope: Construct, id: string, { namespace }: { readonly namespace: string }): void {
    new TuningNamespace(scope, id, {
      namespace,
      peers: { cluster: this.cluster, controller: this.controller, dbManager: this.dbManagerPods, dbManagerPort },
    });
  }

  private renderController(props: KatibProps): Deployment {
    const { certificates, cluster, mesh, highlyAvailable } = props;
    const group = new Construct(this, 'Controller');
    const account = new ServiceAccount(group, 'Account', { name: 'katib-controller' });
    grantController(group, account, () => this.trials, { lease: highlyAvailable ? lease : undefined });
    const adapt = this.overrideOf('config');
    const config = new ConfigMap(group, 'Config', {
      name: 'katib-config',
      data: () => configData(override<KatibConfig>(this.config(highlyAvailable), adapt)),
    });
    const certificate = certificates.issue(group, 'Certificate', {
      name: 'katib-webhook-cert',
      secretName: 'katib-webhook-cert',
      namespace: this.namespace,
      dnsNames: ['', '.cluster.local'].map(domain => `katib-controller.${this.namespace}.svc${domain}`),
    });
    const { deployment, service } = renderController(group, {
      ...this.part(props, 'controller'),
      ...{ cluster, mesh, account, config, certificate },
    });
    renderWebhooks(group, { service, certificate, account, trials: () => this.trials });
    return deployment;
  }

  private config(highlyAvailable = false): KatibConfig {
    const config = katibConfig(this, {
      webhookPort: controllerPorts.webhook,
      trialResources: this.trialResources,
    });
    if (!highlyAvailable) return config;
    return { ...config, init: { controller: { ...config.init.controller, enableLeaderElection: true } } };
  }

  private renderDbManager(props: KatibProps): ReturnType<typeof renderDbManager> {
    const { database, mesh } = props;
    const group = new Construct(this, 'DbManager');
    const account = database.addAccount(group, 'Database', {
      name: databaseName,
      databases: [databaseName],
      namespace: this.namespace,
      secretName: 'katib-mysql-secrets',
    });
    const rendered = renderDbManager(group, {
      ...this.part(props, 'dbManager'),
      database: { endpoint: database.endpoint, name: databaseName, account },
    });
    mesh?.allowPlaintext(group, 'Plaintext', {
      name: 'katib-db-manager',
      workload: rendered.deployment,
      ports: [dbManagerPort],
      reason: 'trials and suggestion services have no sidecar, and the controller stays out of the mesh',
      authentication: 'none: whoever network rules let in, which is pods of experiments, may report for any trial',
    });
    return rendered;
  }

  /** What the three workloads have in common. */
  private part({ highlyAvailable }: KatibProps, name: 'controller' | 'dbManager' | 'ui') {
    return { replicas: highlyAvailable ? 2 : 1, override: this.overrideOf(name) };
  }

  /** Lets a part of Katib call the database manager. */
  private connect(caller: Deployment): void {
    caller.allowTo([podsWith(this.dbManagerPods.selector)], [dbManagerPort]);
    this.dbManagerPods.allowFrom([podsWith(caller.selector)], [dbManagerPort]);
  }
}
