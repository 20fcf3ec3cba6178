import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { JAXJobKind } from '../resources';
import type { Replica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** Properties of `JAXJob`. */
export interface JAXJobProps extends TrainingJobProps {
  readonly jaxReplicaSpecs: { readonly Worker: Replica };
}

/**
 * JAX training; worker 0 coordinates.
 *
 * @example
 * new JAXJob(chart, 'Training', { name: 'gpt', jaxReplicaSpecs: { Worker: { ...trainer, replicas: 4 } } });
 */
export class JAXJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: JAXJobProps) {
    super(scope, id, props);
    this.object = JAXJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy: props.runPolicy,
        jaxReplicaSpecs: this.replicaSpecs('jaxReplicaSpecs', props.jaxReplicaSpecs, () => ({
          container: 'jax',
          restartPolicy: 'Never',
        })),
      },
    });
  }
}
