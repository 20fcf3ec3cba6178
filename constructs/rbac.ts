import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import { KubeObject } from './kube-object';

/** What RBAC can allow on a resource. `approve` and `sign` are cert-manager's and the certificates API's. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'impersonate'
  | 'bind'
  | 'escalate'
  | 'use'
  | 'approve'
  | 'sign';

/** Reads, and is told of changes. */
export const read = ['get', 'list', 'watch'] as const satisfies Verb[];

/** Changes single objects. */
export const write = ['create', 'update', 'patch', 'delete'] as const satisfies Verb[];

/** The group of namespaces, pods, secrets and the other first kinds. */
export const core = '';

/**
 * One line of a role.
 *
 * @param group     API group, `core` for the first
 * @param resources plurals, with `/subresource` where meant; `*` is refused
 * @param verbs     what is allowed
 * @param names     objects it is limited to; all when left out
 */
export function rule(group: string, resources: string[], verbs: readonly Verb[], names?: string[]): k8s.PolicyRule {
  for (const word of [group, ...resources, ...verbs]) {
    if (word === '*') throw new Error(`'rule' names each group, resource and verb, got '*' for group '${group}'`);
  }
  return { apiGroups: [group], resources, verbs: [...verbs], ...(names && { resourceNames: names }) };
}

/** Properties of `ServiceAccount`. */
export interface ServiceAccountProps {
  readonly name: string;
  /** @default - the component's namespace */
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;

  /** Mounts its token into pods that do not say whether they want it: for those that controllers make. @default false */
  readonly mountsToken?: boolean;
}

/** An identity for pods. Its token is mounted where a workload says `usesApi`, and nowhere else by default. */
export class ServiceAccount extends Construct {
  public readonly name: string;
  public readonly namespace: string;
  public readonly mountsToken: boolean;
  private readonly object: KubeObject;

  constructor(scope: Construct, id: string, props: ServiceAccountProps) {
    super(scope, id);
    this.name = props.name;
    this.namespace = props.namespace ?? Component.of(this).namespace;
    this.mountsToken = props.mountsToken ?? false;
    this.object = new KubeObject(this, 'ServiceAccount', k8s.KubeServiceAccount, {
      metadata: { name: this.name, namespace: this.namespace, labels: props.labels, annotations: props.annotations },
      automountServiceAccountToken: this.mountsToken,
    });
  }

  /** Adds an annotation, such as the cloud's account that its pods act as. */
  public annotate(key: string, value: string): void {
    this.object.metadata.addAnnotation(key, value);
  }

  /** This account as the subject of a binding. */
  public get subject(): k8s.Subject {
    return { kind: 'ServiceAccount', name: this.name, namespace: this.namespace };
  }
}

/** Properties of `Role` and `ClusterRole`. */
export interface RoleProps {
  readonly name: string;
  readonly rules: k8s.PolicyRule[];
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

/** Rights in one namespace. */
export class Role extends Construct {
  public readonly name: string;
  public readonly namespace: string;
  private readonly labels?: Record<string, string>;

  constructor(scope: Construct, id: string, props: RoleProps & { readonly namespace?: string }) {
    super(scope, id);
    this.name = props.name;
    this.labels = props.labels;
    this.namespace = props.namespace ?? Component.of(this).namespace;
    new KubeObject(this, 'Role', k8s.KubeRole, {
      metadata: { name: this.name, namespace: this.namespace, labels: props.labels, annotations: props.annotations },
      rules: props.rules,
    });
  }

  /** Gives the role to an account. The binding carries the role's name unless told otherwise. */
  public bindTo(account: ServiceAccount, bindingName = this.name): this {
    new KubeObject(this, `Binding-${account.name}`, k8s.KubeRoleBinding, {
      metadata: { name: bindingName, namespace: this.namespace, labels: this.labels },
      roleRef: { apiGroup: rbacGroup, kind: 'Role', name: this.name },
      subjects: [account.subject],
    });
    return this;
  }
}

/** Rights in the whole cluster, or a set of rules that namespaces bind. */
export class ClusterRole extends Construct {
  public readonly name: string;
  private readonly labels?: Record<string, string>;

  constructor(
    scope: Construct,
    id: string,
    props: Omit<RoleProps, 'rules'> & {
      /** @default - none: an aggregated role */
      readonly rules?: k8s.PolicyRule[];
      /** Roles with these labels are added up into this one. */
      readonly aggregates?: Record<string, string>[];
    },
  ) {
    super(scope, id);
    this.name = props.name;
    this.labels = props.labels;
    new KubeObject(this, 'ClusterRole', k8s.KubeClusterRole, {
      metadata: { name: this.name, labels: props.labels, annotations: props.annotations },
      // The API server fills the rules of an aggregated role: rendering any would be fought over.
      rules: props.aggregates ? undefined : (props.rules ?? []),
      aggregationRule: props.aggregates && {
        clusterRoleSelectors: props.aggregates.map(matchLabels => ({ matchLabels })),
      },
    });
  }

  /** Gives the role to an account everywhere. The binding carries the role's name unless told otherwise. */
  public bindTo(account: ServiceAccount, bindingName = this.name): this {
    new KubeObject(this, `Binding-${account.name}`, k8s.KubeClusterRoleBinding, {
      metadata: { name: bindingName, labels: this.labels },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: this.name },
      subjects: [account.subject],
    });
    return this;
  }
}

/** API group of roles and bindings. */
export const rbacGroup = 'rbac.authorization.k8s.io';
