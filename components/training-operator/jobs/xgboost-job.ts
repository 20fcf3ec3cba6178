import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { XGBoostJobKind } from '../resources';
import type { Replica, SingleReplica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** Properties of `XGBoostJob`. */
export interface XGBoostJobProps extends TrainingJobProps {
  readonly xgbReplicaSpecs: { readonly Master: SingleReplica; readonly Worker?: Replica };
}

/**
 * XGBoost or LightGBM training.
 *
 * @example
 * new XGBoostJob(chart, 'Training', { name: 'iris', xgbReplicaSpecs: { Master: trainer, Worker: trainer } });
 */
export class XGBoostJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: XGBoostJobProps) {
    super(scope, id, props);
    this.object = XGBoostJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy: props.runPolicy,
        xgbReplicaSpecs: this.replicaSpecs('xgbReplicaSpecs', props.xgbReplicaSpecs, () => ({
          container: 'xgboost',
          restartPolicy: 'Never',
        })),
      },
    });
  }
}
