import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { type PaddleElasticPolicy, tryElasticProblem } from '../elastic-policy';
import { PaddleJobKind } from '../resources';
import type { Replica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** Properties of `PaddleJob`. */
export interface PaddleJobProps extends TrainingJobProps {
  readonly paddleReplicaSpecs: { readonly Master?: Replica; readonly Worker?: Replica };

  /** Lets the number of workers change while the job runs; needs `Worker`. @default - it does not change */
  readonly elasticPolicy?: PaddleElasticPolicy;
}

/**
 * PaddlePaddle training.
 *
 * @example
 * new PaddleJob(chart, 'Training', { name: 'ocr', paddleReplicaSpecs: { Worker: { ...trainer, replicas: 2 } } });
 */
export class PaddleJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: PaddleJobProps) {
    super(scope, id, props);
    const { paddleReplicaSpecs, runPolicy, elasticPolicy } = props;
    // The operator reads the number of workers without asking whether there are any, and crashes.
    if (elasticPolicy && !paddleReplicaSpecs.Worker) {
      this.fail("'elasticPolicy' needs 'paddleReplicaSpecs.Worker', whose number it changes, got none");
    }
    const problem = elasticPolicy && tryElasticProblem(elasticPolicy);
    if (problem) this.fail(problem);
    this.object = PaddleJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy,
        elasticPolicy,
        paddleReplicaSpecs: this.replicaSpecs('paddleReplicaSpecs', paddleReplicaSpecs, () => ({
          container: 'paddle',
          restartPolicy: 'OnFailure',
        })),
      },
    });
  }
}
