import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  type EnvValue,
  gpuLimits,
  type Image,
  imageReference,
  type NodePool,
  placeOn,
  type Resources,
  type SecretKey,
} from '../../constructs';
import { envVar, resources } from '../../constructs/pod';
import { tryLongName } from './names';
import { TrainJobKind, type TrainJobSpec } from './resources';
import type { Runtime } from './runtimes';

/** What is fetched before the training starts, on runtimes that have a step for it. */
export interface Initializer {
  /** Such as `hf://tatsu-lab/alpaca` or `s3://bucket/prefix`. */
  readonly storageUri: string;

  /** @default - none */
  readonly env?: Readonly<Record<string, EnvValue>>;

  /** Secret of the job's namespace, whose keys become variables. @default - none */
  readonly secret?: Pick<SecretKey, 'namespace' | 'name'>;
}

/** Properties of `TrainJob`. */
export interface TrainJobProps {
  /**
   * Lower-case letters, digits and hyphens; pods are named after it and the Jobs of `runtime`, which leaves 48 characters
   * on `torch-distributed`, 44 on those with a launcher, and 33 on those that fetch a dataset first.
   */
  readonly name: string;

  /** @default - the chart's namespace */
  readonly namespace?: string;

  /** Labels of the job, such as `kueue.x-k8s.io/queue-name`. @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  /** What it runs on: one of `trainer.runtimes`, or what `trainer.addRuntime()` gave. */
  readonly runtime: Runtime;

  /** @default - the runtime's */
  readonly image?: Image;

  /** @default - the runtime's */
  readonly command?: string[];

  /** @default - the runtime's */
  readonly args?: string[];

  /** Variables of the training container. @default - none but the runtime's */
  readonly env?: Readonly<Record<string, EnvValue>>;

  /** @default - the runtime's */
  readonly numNodes?: number;

  /** @default - the runtime's, or one for each accelerator */
  readonly numProcPerNode?: number;

  /** CPU and memory of a node; accelerators come from `pool` and `gpus`. */
  readonly resourcesPerNode: Omit<Resources, 'extended'>;

  /** Nodes that the training runs on: their label as selector, their taints tolerated. @default - the runtime's */
  readonly pool?: NodePool;

  /** Accelerators of `pool` for each node. @default - none */
  readonly gpus?: number;

  /** @default - the runtime's */
  readonly dataset?: Initializer;

  /** @default - the runtime's */
  readonly model?: Initializer;

  /** Seconds after which it counts as failed. @default - none */
  readonly activeDeadlineSeconds?: number;
}

/** What this construct is called among those who change a runtime for one job. */
const manager = 'flowyard.dev/train-job';

/**
 * One training in a tenant's namespace. Add it to any chart.
 *
 * @example
 * new TrainJob(chart, 'Training', {
 *   name: 'mnist',
 *   runtime: trainer.runtimes['torch-distributed'],
 *   command: ['torchrun', 'train.py'],
 *   numNodes: 2,
 *   resourcesPerNode: { cpu: '4', memory: '16Gi' },
 *   pool,
 *   gpus: 1,
 * });
 */
export class TrainJob extends Construct {
  public readonly name: string;
  public readonly namespace: string;

  /** The rendered object. */
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: TrainJobProps) {
    super(scope, id);
    const { name, labels, runtime, activeDeadlineSeconds } = props;
    this.name = name;
    this.namespace =
      props.namespace ?? Chart.of(this).namespace ?? this.fail("'namespace' must be given: the chart has none");
    this.check(props);
    this.object = TrainJobKind.create(this, 'Job', {
      metadata: { name, namespace: this.namespace, labels: labels && { ...labels } },
      spec: {
        runtimeRef: { kind: runtime.kind, name: runtime.name },
        activeDeadlineSeconds,
        initializer: this.initializers(props),
        trainer: this.trainer(props),
        runtimePatches: props.pool && placement(runtime, props.pool),
      },
    });
  }

  private trainer(props: TrainJobProps): TrainJobSpec['trainer'] {
    const { image, command, args, env, numNodes, numProcPerNode, resourcesPerNode, pool, gpus } = props;
    const extended = gpus === undefined ? undefined : gpuLimits(pool!, gpus);
    return {
      image: image && imageReference(this, image),
      command,
      args,
      env: env && variables(env),
      numNodes,
      numProcPerNode,
      // Quantities are written as text where they are rendered.
      resourcesPerNode: resources({ ...resourcesPerNode, extended }) as never,
    };
  }

  private initializers({ dataset, model }: TrainJobProps): TrainJobSpec['initializer'] {
    if (!dataset && !model) return undefined;
    return { dataset: dataset && initializer(dataset), model: model && initializer(model) };
  }

  private check(props: TrainJobProps): void {
    const { name, numNodes, numProcPerNode, gpus, pool } = props;
    if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > 63) {
      this.fail(
        `'name' takes at most 63 lower-case letters, digits and hyphens and begins with a letter, got '${name}'`,
      );
    }
    const { trainingJobs = ['node'], jobs = trainingJobs } = props.runtime;
    // A launcher is one pod, however many nodes it starts ranks on.
    const equal = trainingJobs.filter(job => job !== 'launcher');
    const pods = (job: string) => (equal.includes(job) ? (numNodes ?? 1) : 1);
    const long = tryLongName(
      name,
      jobs.map(job => ({ job, pods: pods(job) })),
    );
    if (long) {
      this.fail(`'name' must be ${long.excess} characters shorter: its pod '${long.pod}' exceeds 63 characters`);
    }
    for (const [prop, value] of Object.entries({ numNodes, numProcPerNode })) {
      if (value !== undefined && (!Number.isInteger(value) || value < 1)) {
        this.fail(`'${prop}' must be a whole number of at least 1, got ${value}`);
      }
    }
    if (gpus !== undefined && !pool) this.fail(`'gpus' needs 'pool', whose nodes have them, got ${gpus}`);
    this.checkSecrets('env', props.env);
    for (const prop of ['dataset', 'model'] as const) {
      this.checkSecrets(`${prop}.env`, props[prop]?.env);
      const secret = props[prop]?.secret;
      if (secret) this.checkSecret(`${prop}.secret`, secret);
    }
  }

  private checkSecrets(path: string, env: Readonly<Record<string, EnvValue>> = {}): void {
    for (const [name, value] of Object.entries(env)) {
      if (typeof value === 'object' && 'secret' in value) this.checkSecret(`${path}.${name}`, value.secret);
    }
  }

  private checkSecret(path: string, { namespace, name }: Pick<SecretKey, 'namespace' | 'name'>): void {
    if (namespace === this.namespace) return;
    this.fail(`'${path}' must name a Secret of the job's namespace '${this.namespace}', got '${namespace}/${name}'`);
  }

  private fail(message: string): never {
    throw new Error(`${this.node.path}: ${message}`);
  }
}

function initializer({ storageUri, env, secret }: Initializer) {
  return { storageUri, env: env && variables(env), secretRef: secret && { name: secret.name } };
}

function variables(env: Readonly<Record<string, EnvValue>>) {
  return Object.entries(env).map(([name, value]) => envVar(name, value)) as NonNullable<
    NonNullable<TrainJobSpec['trainer']>['env']
  >;
}

/** Sends the training, not what is fetched for it, to the pool. */
function placement({ trainingJobs = ['node'] }: Runtime, pool: NodePool): TrainJobSpec['runtimePatches'] {
  const spec = { template: { spec: placeOn(pool) } };
  const replicatedJobs = trainingJobs.map(name => ({ name, template: { spec } }));
  return [{ manager, trainingRuntimeSpec: { template: { spec: { replicatedJobs } } } }];
}
