import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { NetworkRules, type PodProps } from '../../../constructs';
import type { Cluster } from '../../roles';
import { MPIJobKind } from '../resources';
import type { Replica, SingleReplica } from './replica';
import { TrainingJob, type TrainingJobProps } from './training-job';

/** The pod that starts the ranks. The operator gives it an account of its own, which may run commands in the workers. */
export interface Launcher extends Omit<SingleReplica, 'account' | 'runAs'> {
  /** Needed: the image that brings `kubectl` into the pod runs as root otherwise. */
  readonly runAs: NonNullable<PodProps['runAs']>;
}

/** Properties of `MPIJob`. */
export interface MPIJobProps extends TrainingJobProps {
  readonly mpiReplicaSpecs: { readonly Launcher: Launcher; readonly Worker?: Replica };

  /** Tells where the launcher reaches the API server, through which it runs commands in the workers. */
  readonly cluster: Cluster;

  /** Ranks on each worker. @default - 1, set by the operator */
  readonly slotsPerWorker?: number;
}

/**
 * MPI training. The operator adds an init container without a security context to the launcher, so the namespace must
 * hold its pods to `baseline`, not `restricted`.
 *
 * @example
 * new MPIJob(chart, 'Training', {
 *   name: 'resnet',
 *   cluster,
 *   slotsPerWorker: 2,
 *   mpiReplicaSpecs: { Launcher: { ...trainer, command: ['mpirun', 'train'], runAs: { user: 1000, group: 1000 } }, Worker: trainer },
 * });
 */
export class MPIJob extends TrainingJob {
  public readonly object: ApiObject;

  constructor(scope: Construct, id: string, props: MPIJobProps) {
    super(scope, id, props);
    this.object = MPIJobKind.create(this, 'Job', {
      metadata: this.metadata,
      spec: {
        runPolicy: props.runPolicy,
        slotsPerWorker: props.slotsPerWorker,
        mainContainer: 'mpi',
        mpiReplicaSpecs: this.replicaSpecs('mpiReplicaSpecs', props.mpiReplicaSpecs, part => ({
          container: 'mpi',
          restartPolicy: 'Never',
          usesApi: part === 'Launcher',
        })),
      },
    });
    const { peers, ports } = props.cluster.apiServer;
    new NetworkRules(this, 'Network', {
      name: `${this.name}-launcher`,
      namespace: this.namespace,
      pods: { 'training.kubeflow.org/job-name': this.name, 'training.kubeflow.org/replica-type': 'launcher' },
    }).addEgress(peers, ports);
  }
}
