import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import type { SecretKey } from './generated-secret';
import { rollsWithAnnotation } from './generated-secret';
import { KubeObject } from './kube-object';
import { type NetworkPeer, type NetworkPort, NetworkRules } from './network-policy';
import { type Override, override } from './override';
import { contentHashes, type PodProps, podSpec } from './pod';
import { quantity } from './volume';

/** What every workload has. */
export interface WorkloadProps extends PodProps {
  readonly name: string;

  /** Labels that select the pods; they must never change once deployed. */
  readonly selector: Readonly<Record<string, string>>;

  /** @default - the component's namespace */
  readonly namespace?: string;

  /** Further labels of the workload and its pods. @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  /** @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;

  /** Random keys, not copies of them, whose change makes the pods anew: for what reads them once. @default - none */
  readonly rollsWith?: readonly SecretKey[];
}

/** Properties of `StatefulSet`. */
export interface StatefulSetProps extends WorkloadProps {
  readonly replicas: number;

  /** Headless Service that names the pods. */
  readonly serviceName: string;

  /** Volumes that every pod has of its own, by name; `mounts` of the containers say where. */
  readonly claims: Readonly<Record<string, { readonly size: string; readonly storageClass?: string }>>;

  /** @default - as rendered */
  readonly override?: Override<k8s.StatefulSetSpec>;
}

/** Properties of `Deployment`. */
export interface DeploymentProps extends WorkloadProps {
  /** With more than one, a budget lets at most one be evicted at a time, and they spread over nodes. @default 1 */
  readonly replicas?: number;

  /**
   * Adds pods up to this number while those there are use more than 80 % of the CPU that they ask for. `replicas` is
   * then the least number.
   *
   * @default - the number stays
   */
  readonly maxReplicas?: number;

  /** `Recreate` where two pods must not run at once. @default 'RollingUpdate' */
  readonly strategy?: 'RollingUpdate' | 'Recreate';

  /** @default - as rendered */
  readonly override?: Override<k8s.DeploymentSpec>;
}

/** Pods with an identity, a name and network rules of their own. */
abstract class Workload extends Construct {
  public readonly name: string;
  public readonly namespace: string;

  /** Selects the pods: for Services, network rules and budgets. */
  public readonly selector: Readonly<Record<string, string>>;

  private rules?: NetworkRules;

  constructor(scope: Construct, id: string, props: Pick<WorkloadProps, 'name' | 'namespace' | 'selector'>) {
    super(scope, id);
    this.name = props.name;
    this.selector = props.selector;
    this.namespace = props.namespace ?? Component.of(this).namespace;
  }

  /** Lets `peers` reach these pods on `ports`, by name or number. */
  public allowFrom(peers: NetworkPeer[], ports: NetworkPort[]): this {
    this.networkRules.addIngress(peers, ports);
    return this;
  }

  /** Lets these pods reach `peers` on `ports`. */
  public allowTo(peers: NetworkPeer[], ports: NetworkPort[]): this {
    this.networkRules.addEgress(peers, ports);
    return this;
  }

  private get networkRules(): NetworkRules {
    this.rules ??= new NetworkRules(this, 'NetworkPolicy', {
      name: this.name,
      namespace: this.namespace,
      pods: this.selector,
    });
    return this.rules;
  }

  protected template(props: WorkloadProps, restartPolicy?: string): k8s.PodTemplateSpec {
    const spec = podSpec(this, props, restartPolicy);
    return {
      metadata: {
        labels: { ...props.labels, ...props.selector },
        annotations: { ...props.podAnnotations, ...contentHashes(props), ...rollsWith(props) },
      },
      spec,
    };
  }

  protected metadata(props: WorkloadProps) {
    return { name: props.name, namespace: this.namespace, labels: { ...props.labels, ...props.selector } };
  }
}

/** Interchangeable pods. */
export class Deployment extends Workload {
  constructor(scope: Construct, id: string, props: DeploymentProps) {
    super(scope, id, props);
    const replicas = props.replicas ?? 1;
    const template = this.template(props);
    const spec: k8s.DeploymentSpec = {
      // Two writers would undo each other.
      replicas: props.maxReplicas === undefined ? replicas : undefined,
      selector: { matchLabels: { ...props.selector } },
      strategy: { type: props.strategy ?? 'RollingUpdate' },
      template: replicas > 1 ? spread(template, props.selector) : template,
    };
    new KubeObject(this, 'Deployment', k8s.KubeDeployment, {
      metadata: this.metadata(props),
      spec: override(spec, props.override),
    });
    if (props.maxReplicas !== undefined) this.scale(replicas, props.maxReplicas);
    if (replicas > 1) {
      new KubeObject(this, 'Budget', k8s.KubePodDisruptionBudget, {
        metadata: { name: props.name, namespace: this.namespace },
        spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: { ...props.selector } } },
      });
    }
  }

  private scale(minReplicas: number, maxReplicas: number): void {
    const target = { type: 'Utilization', averageUtilization: 80 };
    new KubeObject(this, 'Autoscaler', k8s.KubeHorizontalPodAutoscalerV2, {
      metadata: { name: this.name, namespace: this.namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.name },
        minReplicas,
        maxReplicas,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
      },
    });
  }
}

/** Pods with a name and a volume each. They start together, and at most one is evicted at a time. */
export class StatefulSet extends Workload {
  constructor(scope: Construct, id: string, props: StatefulSetProps) {
    super(scope, id, props);
    const template = spread(this.template(props), props.selector);
    const claims = Object.entries(props.claims).map(([name, { size, storageClass }]) => ({
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: storageClass,
        resources: { requests: { storage: quantity(size) } },
      },
    }));
    const names = new Set(Object.keys(props.claims));
    const volumes = template.spec!.volumes?.filter(({ name }) => !names.has(name));
    const spec: k8s.StatefulSetSpec = {
      replicas: props.replicas,
      serviceName: props.serviceName,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: { ...props.selector } },
      updateStrategy: { type: 'RollingUpdate' },
      template: { ...template, spec: { ...template.spec!, volumes: volumes?.length ? volumes : undefined } },
      volumeClaimTemplates: claims,
    };
    new KubeObject(this, 'StatefulSet', k8s.KubeStatefulSet, {
      metadata: this.metadata(props),
      spec: override(spec, props.override),
    });
    new KubeObject(this, 'Budget', k8s.KubePodDisruptionBudget, {
      metadata: { name: props.name, namespace: this.namespace },
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: { ...props.selector } } },
    });
  }
}

/** Properties of `CronJob`. */
export interface CronJobProps extends JobProps {
  /** Five fields, in UTC. */
  readonly schedule: string;
}

/** Pods that run to completion again and again, one at a time. */
export class CronJob extends Workload {
  constructor(scope: Construct, id: string, props: CronJobProps) {
    super(scope, id, props);
    const jobSpec: k8s.JobSpec = {
      activeDeadlineSeconds: props.activeDeadlineSeconds,
      backoffLimit: props.backoffLimit ?? 6,
      template: this.template(props, 'OnFailure'),
    };
    new KubeObject(this, 'CronJob', k8s.KubeCronJob, {
      metadata: this.metadata(props),
      spec: {
        schedule: props.schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: { spec: override(jobSpec, props.override) },
      },
    });
  }
}

/** Properties of `Job`. */
export interface JobProps extends WorkloadProps {
  /** Seconds after which the job counts as failed, its retries included. */
  readonly activeDeadlineSeconds: number;

  /** Retries before the job counts as failed. @default 6 */
  readonly backoffLimit?: number;

  /** @default - as rendered */
  readonly override?: Override<k8s.JobSpec>;
}

/** Pods that run to completion. It is kept when done, so that a deployer can tell that it ran. */
export class Job extends Workload {
  constructor(scope: Construct, id: string, props: JobProps) {
    super(scope, id, props);
    const spec: k8s.JobSpec = {
      activeDeadlineSeconds: props.activeDeadlineSeconds,
      backoffLimit: props.backoffLimit ?? 6,
      template: this.template(props, 'OnFailure'),
    };
    new KubeObject(this, 'Job', k8s.KubeJob, { metadata: this.metadata(props), spec: override(spec, props.override) });
  }
}

function rollsWith({ rollsWith: keys = [] }: WorkloadProps): Record<string, string> {
  if (keys.length === 0) return {};
  const names = keys.map(({ namespace, name, key }) => `${namespace}/${name}/${key}`);
  return { [rollsWithAnnotation]: JSON.stringify(names) };
}

function spread(template: k8s.PodTemplateSpec, selector: Readonly<Record<string, string>>): k8s.PodTemplateSpec {
  const constraint = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { ...selector } },
  };
  return { ...template, spec: { ...template.spec!, topologySpreadConstraints: [constraint] } };
}
