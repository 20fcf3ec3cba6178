import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  addresses,
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  imageReference,
  KubeObject,
  type Override,
  override,
  quantity,
  ServiceAccount,
} from '../../constructs';
import type { ArtifactRepository, Cluster, WorkflowEngine } from '../roles';
import { repositorySettings } from './artifacts';
import { ExistingArgoWorkflows, type ExistingArgoWorkflowsProps } from './existing';
import { grantController, renderAggregateRoles, renderTenantRoles } from './rbac';
import { release } from './release';
import { workflowKinds } from './resources';
import {
  type ControllerSettings,
  defaultSettings,
  type Retention,
  settingsData,
  type TemplateReferencing,
} from './settings';
import { WorkflowNamespace } from './workflow-namespace';

/** Properties of `ArgoWorkflows`. */
export interface ArgoWorkflowsProps extends ComponentProps<ArgoWorkflows> {
  /** Tells where the API server is reached. */
  readonly cluster: Cluster;

  /** How long finished workflows and their pods are kept. A workflow may say otherwise. @default - days, see `Retention` */
  readonly retention?: Retention;

  /** Account of workflows that name none, in their own namespace. @default 'default-editor' */
  readonly serviceAccount?: string;

  /** Restricts workflows to templates that somebody else has written. Pipelines need them unrestricted. @default - none */
  readonly templateReferencing?: TemplateReferencing;

  /** Workflows at once, in all namespaces. @default - no limit */
  readonly parallelism?: number;

  /** Workflows at once in each namespace. @default - no limit */
  readonly namespaceParallelism?: number;

  /** For namespaces without a repository of their own; the Secret with its key must be in each. @default - none */
  readonly artifactRepository?: ArtifactRepository;

  /**
   * Address ranges of image registries, reached on port 443. The controller asks there for the command of an image when
   * a container names none.
   *
   * @default - none: each container of a workflow names its `command`
   */
  readonly registries?: readonly string[];

  /** Two controllers of which one works. @default false */
  readonly highlyAvailable?: boolean;

  /** Last word over the controller's workload, and over its settings. @default - they stay as rendered */
  readonly overrides?: {
    readonly controller?: Override<k8s.DeploymentSpec>;
    readonly settings?: Override<ControllerSettings>;
  };
}

const name = 'workflow-controller';
const configMapName = 'workflow-controller-configmap';
const ports = { metrics: 9090, health: 6060 };

/**
 * Argo Workflows: the controller, without its server, whose users would act with rights that are not their own.
 *
 * @example
 * const workflows = new ArgoWorkflows(app, 'argo-workflows', { cluster, retention: { secondsAfterSuccess: 86400 } });
 */
export class ArgoWorkflows extends Component implements WorkflowEngine {
  private readonly cluster: Cluster;

  constructor(scope: Construct, id: string, props: ArgoWorkflowsProps) {
    super(scope, id, props, 'kubeflow');
    this.cluster = props.cluster;
    this.needs(props.artifactRepository?.store);
    this.checkCounts(props);
    for (const kind of workflowKinds) kind.define(this, `${kind.props.kind}Crd`);
    renderAggregateRoles(this);
    renderTenantRoles(this);
    this.renderController(props);
    this.extend(props.extensions);
  }

  /** An Argo Workflows that the cluster has: its kinds, not its controller, are counted on. */
  public static fromExisting(
    scope: Construct,
    id: string,
    props: ExistingArgoWorkflowsProps,
  ): WorkflowEngine & Component {
    return new ExistingArgoWorkflows(scope, id, props);
  }

  public addNamespace(
    scope: Construct,
    id: string,
    props: { readonly account: ServiceAccount; readonly artifacts?: ArtifactRepository },
  ): void {
    new WorkflowNamespace(scope, id, { ...props, cluster: this.cluster });
  }

  private renderController(props: ArgoWorkflowsProps): void {
    const account = new ServiceAccount(this, 'Account', { name: 'argo' });
    grantController(this, account);
    // The controller watches it: a change needs no new pod.
    new ConfigMap(this, 'Settings', { name: configMapName, data: settingsData(this.settings(props)) });
    new KubeObject(this, 'Priority', k8s.KubePriorityClass, { metadata: { name }, value: 1_000_000 });
    const deployment = new Deployment(this, 'Controller', {
      name,
      selector: { app: name },
      replicas: props.highlyAvailable ? 2 : 1,
      account,
      usesApi: true,
      priorityClassName: name,
      containers: [
        {
          name,
          image: release.images.controller,
          command: [name],
          args: [
            ...['--configmap', configMapName],
            ...['--executor-image', imageReference(this, release.images.executor)],
          ],
          env: { LEADER_ELECTION_IDENTITY: { field: 'metadata.name' } },
          ports,
          resources: { cpu: '100m', memory: '500Mi', memoryLimit: '2Gi' },
          // Three failures, so that a passing fault of the API server does not restart it.
          liveness: health({ failureThreshold: 3, initialDelaySeconds: 90, periodSeconds: 60, timeoutSeconds: 30 }),
          readiness: health({ initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 5 }),
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        },
      ],
      override: this.overrideOf('controller'),
    }).allowTo(props.cluster.apiServer.peers, props.cluster.apiServer.ports);
    const registries = (props.registries ?? []).map(cidr => addresses(cidr));
    if (registries.length > 0) deployment.allowTo(registries, [443]);
  }

  private settings(props: ArgoWorkflowsProps): ControllerSettings {
    const { parallelism, namespaceParallelism, templateReferencing, artifactRepository } = props;
    return override<ControllerSettings>(
      {
        ...defaultSettings({
          account: props.serviceAccount ?? 'default-editor',
          retention: props.retention ?? {},
          executorResources: {
            requests: { cpu: quantity('10m'), memory: quantity('64Mi') },
            limits: { memory: quantity('512Mi') },
          },
        }),
        parallelism,
        namespaceParallelism,
        workflowRestrictions: templateReferencing && { templateReferencing },
        artifactRepository: artifactRepository && repositorySettings(artifactRepository),
      },
      this.overrideOf('settings'),
    );
  }

  private checkCounts({ parallelism, namespaceParallelism, retention = {} }: ArgoWorkflowsProps): void {
    const { secondsAfterSuccess, secondsAfterFailure, podDelaySeconds } = retention;
    const counts = {
      parallelism,
      namespaceParallelism,
      'retention.secondsAfterSuccess': secondsAfterSuccess,
      'retention.secondsAfterFailure': secondsAfterFailure,
      'retention.podDelaySeconds': podDelaySeconds,
    };
    for (const [prop, count] of Object.entries(counts)) {
      const least = prop === 'retention.podDelaySeconds' ? 0 : 1;
      if (count !== undefined && (!Number.isInteger(count) || count < least)) {
        this.fail(`'${prop}' must be a whole number of at least ${least}, got ${count}`);
      }
    }
  }
}

function health(times: Omit<k8s.Probe, 'httpGet'>): k8s.Probe {
  return { httpGet: { path: '/healthz', port: k8s.IntOrString.fromNumber(ports.health) }, ...times };
}
