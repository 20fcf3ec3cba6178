import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { ReplicaSpec, RunPolicy } from '../job-schema';
import { type Replica, type ReplicaRules, renderReplica } from './replica';

/** Properties that all kinds of jobs share. */
export interface TrainingJobProps {
  /** Lower-case letters, digits and hyphens; pods and Services are named after it. */
  readonly name: string;

  /** @default - the chart's namespace */
  readonly namespace?: string;

  /** Labels of the job, such as `kueue.x-k8s.io/queue-name`. @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * How long the job may run, how often it is retried, what is left of it.
   *
   * @default - no limits, and all pods stay when it is over
   */
  readonly runPolicy?: RunPolicy;
}

/** A job of the training operator in a tenant's namespace. Add it to any chart. */
export abstract class TrainingJob extends Construct {
  public readonly name: string;
  public readonly namespace: string;

  /** The rendered object. */
  public abstract readonly object: ApiObject;

  private readonly labels?: Record<string, string>;
  private readonly minAvailable?: number;

  protected constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    this.name = props.name;
    this.namespace =
      props.namespace ?? Chart.of(this).namespace ?? this.fail("'namespace' must be given: the chart has none");
    this.labels = props.labels && { ...props.labels };
    this.minAvailable = props.runPolicy?.schedulingPolicy?.minAvailable;
    if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(props.name)) {
      this.fail(`'name' takes lower-case letters, digits and hyphens and begins with a letter, got '${props.name}'`);
    }
  }

  protected get metadata() {
    return { name: this.name, namespace: this.namespace, labels: this.labels };
  }

  /**
   * The replica specs of the job.
   *
   * @param prop     name of the property that holds `replicas`, for messages
   * @param replicas by their part in the job
   * @param rules    of a part
   */
  protected replicaSpecs(
    prop: string,
    replicas: { readonly [part: string]: Replica | undefined },
    rules: (part: string) => ReplicaRules,
  ): Record<string, ReplicaSpec> {
    const given = Object.entries(replicas).filter((entry): entry is [string, Replica] => entry[1] !== undefined);
    if (given.length === 0) this.fail(`'${prop}' must have at least one part, got none`);
    for (const [part, replica] of given) this.check(`${prop}.${part}`, part, replica);
    const pods = given.reduce((sum, [, replica]) => sum + (replica.replicas ?? 1), 0);
    if (this.minAvailable !== undefined && this.minAvailable > pods) {
      this.fail(
        `'runPolicy.schedulingPolicy.minAvailable' must be at most the ${pods} pods of the job, or none of them starts, ` +
          `got ${this.minAvailable}`,
      );
    }
    return Object.fromEntries(given.map(([part, replica]) => [part, renderReplica(this, replica, rules(part))]));
  }

  /** Throws with the job's path in front. */
  protected fail(message: string): never {
    throw new Error(`${this.node.path}: ${message}`);
  }

  private check(path: string, part: string, { replicas = 1, gpus, pool, env = {} }: Replica): void {
    if (!Number.isInteger(replicas) || replicas < 1) {
      this.fail(`'${path}.replicas' must be a whole number of at least 1, got ${replicas}`);
    }
    const last = `${this.name}-${part.toLowerCase()}-${replicas - 1}`;
    if (last.length > 63) {
      this.fail(`'name' must be ${last.length - 63} characters shorter: its pod '${last}' exceeds 63 characters`);
    }
    if (gpus !== undefined && !pool)
      this.fail(`'${path}.gpus' needs '${path}.pool', whose nodes have them, got ${gpus}`);
    for (const [name, value] of Object.entries(env)) {
      if (typeof value === 'object' && 'secret' in value && value.secret.namespace !== this.namespace) {
        this.fail(
          `'${path}.env.${name}' must name a Secret of the job's namespace '${this.namespace}', ` +
            `got '${value.secret.namespace}/${value.secret.name}'`,
        );
      }
    }
  }
}
