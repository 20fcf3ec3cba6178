import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { type ElasticPolicy, tryElasticProblem } from '../elastic-policy';
import { PyTorchJobKind } from '../resources';
import type { Replica, SingleReplica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** Properties of `PyTorchJob`. */
export interface PyTorchJobProps extends TrainingJobProps {
  /** Workers wait for the master's name before they start. */
  readonly pytorchReplicaSpecs: { readonly Master?: SingleReplica; readonly Worker?: Replica };

  /** Processes on each node: a number, or `auto`, `cpu` or `gpu`. @default - 'auto', set by the operator */
  readonly nprocPerNode?: 'auto' | 'cpu' | 'gpu' | number;

  /** Lets the number of workers change while the job runs; needs `Worker`. @default - it does not change */
  readonly elasticPolicy?: Omit<ElasticPolicy, 'nProcPerNode'>;
}

/**
 * PyTorch training; the operator sets what `torchrun` reads in each pod.
 *
 * @example
 * new PyTorchJob(chart, 'Training', { name: 'mnist', pytorchReplicaSpecs: { Master: trainer, Worker: trainer } });
 */
export class PyTorchJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: PyTorchJobProps) {
    super(scope, id, props);
    const { pytorchReplicaSpecs, runPolicy, nprocPerNode, elasticPolicy } = props;
    if (elasticPolicy && !pytorchReplicaSpecs.Worker) {
      this.fail("'elasticPolicy' needs 'pytorchReplicaSpecs.Worker', whose number it changes, got none");
    }
    const problem = elasticPolicy && tryElasticProblem(elasticPolicy);
    if (problem) this.fail(problem);
    this.object = PyTorchJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy,
        elasticPolicy,
        nprocPerNode: nprocPerNode === undefined ? undefined : String(nprocPerNode),
        pytorchReplicaSpecs: this.replicaSpecs('pytorchReplicaSpecs', pytorchReplicaSpecs, () => ({
          container: 'pytorch',
          restartPolicy: 'OnFailure',
        })),
      },
    });
  }
}
