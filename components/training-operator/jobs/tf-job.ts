import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { TFJobKind } from '../resources';
import type { Replica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** Properties of `TFJob`. */
export interface TFJobProps extends TrainingJobProps {
  /** Parts of the TensorFlow cluster. `Master` is the old name of `Chief`: one of the two at most. */
  readonly tfReplicaSpecs: {
    readonly Chief?: Replica;
    readonly Master?: Replica;
    readonly PS?: Replica;
    readonly Worker?: Replica;
    readonly Evaluator?: Replica;
  };

  /**
   * `AllWorkers`: succeeds when all workers have.
   *
   * @default - succeeds when the chief has, or worker 0 without one
   */
  readonly successPolicy?: 'AllWorkers';

  /** Lets workers come and go while the job runs. @default false */
  readonly enableDynamicWorker?: boolean;
}

/**
 * TensorFlow training; the operator sets `TF_CONFIG` in each pod.
 *
 * @example
 * new TFJob(chart, 'Training', {
 *   name: 'recommender',
 *   tfReplicaSpecs: { Worker: { image: { repository: 'example/trainer', tag: '1' }, resources: { cpu: '2', memory: '4Gi' } } },
 * });
 */
export class TFJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: TFJobProps) {
    super(scope, id, props);
    const { tfReplicaSpecs, runPolicy, successPolicy, enableDynamicWorker } = props;
    if (tfReplicaSpecs.Chief && tfReplicaSpecs.Master) {
      this.fail("'tfReplicaSpecs' takes one of 'Chief' and 'Master', which mean the same, got both");
    }
    this.object = TFJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy,
        successPolicy,
        enableDynamicWorker,
        tfReplicaSpecs: this.replicaSpecs('tfReplicaSpecs', tfReplicaSpecs, () => ({
          container: 'tensorflow',
          restartPolicy: 'Never',
        })),
      },
    });
  }
}
