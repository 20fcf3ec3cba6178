import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  addresses,
  Component,
  type ComponentProps,
  KubeObject,
  Namespace,
  NetworkRules,
  type PodSecurity,
  podsWith,
  quantity,
  ServiceAccount,
} from '../../constructs';
import {
  type ObjectStore,
  type QueueShare,
  type Queues,
  type ServiceMesh,
  type StoreAccount,
  type StoreIdentity,
  type Tuning,
  tenantLabels,
  type WorkflowEngine,
} from '../roles';
import { bindingName, type Member, type TenantRole } from './members';
import { defaultLimits, type Quota, quotaOf } from './quota';
import { Profile } from './resources';

/** Properties of `Tenant`. */
export interface TenantProps extends ComponentProps<Tenant> {
  /** E-mail address under which the identity provider knows the owner. */
  readonly owner: string;

  /** People beside the owner. @default - none */
  readonly members?: readonly Member[];

  /** Ceilings for everything that runs in the namespace. */
  readonly quota: Quota;

  /** Level that pods are held to. @default 'restricted' */
  readonly podSecurity?: PodSecurity;

  /** Address ranges outside the cluster that pods may reach on port 443. @default - none */
  readonly egress?: readonly string[];

  /** Takes the namespace in; its pods may then call each other. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Where the tenant keeps data; gives it an identity for its own prefix. @default - no store */
  readonly objectStore?: ObjectStore;

  /** Bucket in which the tenant owns the prefix of its name. @default 'tenants' */
  readonly bucket?: string;

  /** Runs the tenant's workflows, as `default-editor`. @default - none */
  readonly workflows?: WorkflowEngine;

  /** Runs the tenant's experiments. @default - none */
  readonly tuning?: Tuning;

  /** Has the tenant's jobs wait for their share. @default - jobs start at once */
  readonly queue?: { readonly queues: Queues; readonly share: QueueShare };

  /** Labels of the namespace, such as a cost centre. @default - none but the platform's */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A team's place: namespace, Profile, bindings, quota, limits, network fences and an identity at the object store.
 * Namespaced objects carry the names that upstream's profile controller gives them, so that it adopts them.
 *
 * @example
 * new Tenant(app, 'tenant-vision', { owner: 'ada@example.com', quota: { cpu: '16', memory: '64Gi', storage: '200Gi' } });
 */
export class Tenant extends Component {
  /** Account of the tenant at the object store; absent without one. */
  public readonly store?: StoreIdentity;

  /** What the store knows pods of `default-editor` as; absent where it knows keys only. */
  public readonly storeAccount?: StoreAccount;

  constructor(scope: Construct, id: string, props: TenantProps & { readonly namespace: string }) {
    super(scope, id, props, props.namespace);
    this.needs(props.objectStore, props.mesh, props.workflows, props.tuning, props.queue?.queues);
    this.renderNamespace(props);
    // The pods of workflows are made by their controller, which leaves it to the account whether they get a token.
    const mountsToken = props.workflows !== undefined;
    const editor = new ServiceAccount(this, 'Editor', { name: 'default-editor', mountsToken });
    this.renderMembers(props, editor);
    this.renderQuota(props);
    this.renderNetwork(props);
    this.store = this.renderStore(props);
    this.storeAccount = this.renderStoreAccount(props, editor);
    this.renderWorkflows(props, editor);
    props.tuning?.addNamespace(this, 'Tuning', { namespace: this.namespace });
    props.queue?.queues.addNamespace(this, 'Queue', { namespace: this.namespace, share: props.queue.share });
    this.extend(props.extensions);
  }

  private renderNamespace({ owner, podSecurity, labels, quota, mesh }: TenantProps): void {
    new Namespace(this, 'Namespace', {
      name: this.namespace,
      podSecurity,
      labels: {
        ...tenantLabels,
        'flowyard.dev/tenant': this.namespace,
        ...mesh?.memberLabels,
        'katib.kubeflow.org/metrics-collector-injection': 'enabled',
        'pipelines.kubeflow.org/enabled': 'true',
        'serving.kubeflow.org/inferenceservice': 'enabled',
        ...labels,
      },
      // The profile controller adopts a namespace only when this names the profile's owner.
      annotations: { owner },
    });
    Profile.create(this, 'Profile', {
      metadata: { name: this.namespace },
      spec: { owner: { kind: 'User', name: owner }, resourceQuotaSpec: { hard: quotaOf(quota) } },
    });
  }

  private renderMembers({ owner, members = [] }: TenantProps, editor: ServiceAccount): void {
    const viewer = new ServiceAccount(this, 'Viewer', { name: 'default-viewer' });
    this.bind('default-editor', 'edit', editor.subject);
    this.bind('default-viewer', 'view', viewer.subject);
    this.bind('namespaceAdmin', 'admin', user(owner), { role: 'admin', user: owner });
    for (const { user: name, role } of members) {
      this.bind(bindingName(name, role), role, user(name), { role, user: name });
    }
  }

  private bind(
    name: string,
    role: TenantRole | 'admin',
    subject: k8s.Subject,
    annotations?: Record<string, string>,
  ): void {
    new KubeObject(this, `Binding-${name}`, k8s.KubeRoleBinding, {
      metadata: { name, annotations },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `kubeflow-${role}` },
      subjects: [subject],
    });
  }

  private renderQuota({ quota }: TenantProps): void {
    const hard = Object.entries(quotaOf(quota)).map(([key, value]) => [key, quantity(value)]);
    new KubeObject(this, 'Quota', k8s.KubeResourceQuota, {
      metadata: { name: 'kf-resource-quota' },
      spec: { hard: Object.fromEntries(hard) },
    });
    new KubeObject(this, 'Limits', k8s.KubeLimitRange, {
      metadata: { name: 'tenant-limits' },
      spec: { limits: defaultLimits() },
    });
  }

  private renderNetwork({ egress = [], objectStore, mesh }: TenantProps): void {
    const own = { namespace: this.namespace };
    mesh?.addMember(this, this.namespace);
    mesh?.allow(this, 'OwnCalls', { name: 'same-namespace', to: own, from: [own] });
    const rules = new NetworkRules(this, 'Network', { name: 'tenant', namespace: this.namespace, pods: {} });
    rules.addIngress([podsWith({})], []);
    rules.addEgress([podsWith({})], []);
    if (objectStore) rules.addEgress(objectStore.endpoint.peers, [objectStore.endpoint.port]);
    if (egress.length > 0)
      rules.addEgress(
        egress.map(cidr => addresses(cidr)),
        [443],
      );
  }

  private renderStore({ objectStore, bucket = defaultBucket }: TenantProps): StoreIdentity | undefined {
    objectStore?.addBucket({ name: bucket });
    return objectStore?.addIdentity(this, 'Store', {
      name: `tenant-${this.namespace}`,
      namespace: this.namespace,
      secretName: 'minioaccess',
      grants: [{ bucket, prefix: this.prefix, access: 'readWrite', exclusive: true }],
    });
  }

  /** Lets the pods of workflows and of notebooks in without a key, where the store knows accounts. */
  private renderStoreAccount(
    { objectStore, bucket = defaultBucket }: TenantProps,
    account: ServiceAccount,
  ): StoreAccount | undefined {
    return objectStore?.tryAddAccount?.(this, 'StoreAccount', {
      name: `tenant-${this.namespace}-account`,
      account,
      grants: [{ bucket, prefix: this.prefix, access: 'readWrite', exclusive: true }],
    });
  }

  private renderWorkflows(
    { workflows, objectStore: store, bucket = defaultBucket }: TenantProps,
    account: ServiceAccount,
  ): void {
    const { prefix, store: identity, storeAccount } = this;
    const artifacts = store && identity && { store, bucket, prefix, identity, account: storeAccount };
    workflows?.addNamespace(this, 'Workflows', { account, artifacts });
  }

  /** Where its keys at the object store begin. */
  private get prefix(): string {
    return `${this.namespace}/`;
  }
}

const defaultBucket = 'tenants';

function user(name: string): k8s.Subject {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name };
}
