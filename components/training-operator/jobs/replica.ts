import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  type ContainerProps,
  gpuLimits,
  type NodePool,
  type PodProps,
  placeOn,
  type Resources,
  type ServiceAccount,
} from '../../../constructs';
import { podSpec } from '../../../constructs/pod';
import type { ReplicaSpec, RestartPolicy } from '../job-schema';

/** Equal pods of a job: what each runs, how many there are, where they run. */
export interface Replica extends Pick<ContainerProps, 'image' | 'command' | 'args' | 'env' | 'mounts'> {
  /** Pods of this kind. @default 1 */
  readonly replicas?: number;

  /** @default - 'OnFailure' for PyTorchJob and PaddleJob, 'Never' for the others, as the operator's */
  readonly restartPolicy?: RestartPolicy;

  /** @default 'IfNotPresent' */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';

  /** CPU and memory; accelerators come from `pool` and `gpus`. */
  readonly resources: Omit<Resources, 'extended'>;

  /** Nodes that the pods run on: their label as selector, their taints tolerated. @default - the app's placement */
  readonly pool?: NodePool;

  /** Accelerators of `pool` for each pod. @default - none */
  readonly gpus?: number;

  /** Paths that get scratch space, since the root file system is read-only. @default ['/tmp'] */
  readonly writable?: string[];

  /** Numeric user and group, for images that run as root or name their user. @default - the image's */
  readonly runAs?: PodProps['runAs'];

  /** Identity of the pods. Its token is not mounted. @default - the namespace's default account */
  readonly account?: Pick<ServiceAccount, 'name'>;

  /** Further labels of the pods. @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  /** Fields over the hardened ones. @default - none */
  readonly securityContext?: k8s.SecurityContext;
}

/** The one pod of its part in a job. */
export interface SingleReplica extends Replica {
  readonly replicas?: 1;
}

/** What a kind of job says about all of its replicas. */
export interface ReplicaRules {
  /** Name under which the operator looks for the training container. */
  readonly container: string;
  readonly restartPolicy: RestartPolicy;
  readonly usesApi?: boolean;
}

/** The replica spec for `replica`, below `scope`. */
export function renderReplica(scope: Construct, replica: Replica, rules: ReplicaRules): ReplicaSpec {
  const { image, command, args, env, mounts, securityContext, resources, pool, gpus } = replica;
  const extended = gpus === undefined ? undefined : gpuLimits(pool!, gpus);
  const { serviceAccountName, containers, ...pod } = podSpec(scope, {
    account: replica.account ?? { name: 'default' },
    usesApi: rules.usesApi,
    runAs: replica.runAs,
    placement: pool && placeOn(pool),
    containers: [
      {
        name: rules.container,
        image,
        command,
        args,
        env,
        mounts,
        securityContext,
        resources: { ...resources, extended },
        writable: replica.writable ?? ['/tmp'],
      },
    ],
  });
  return {
    replicas: replica.replicas ?? 1,
    restartPolicy: replica.restartPolicy ?? rules.restartPolicy,
    template: {
      // A mesh sidecar outlives the training process, so that the job would never end.
      metadata: { annotations: { 'sidecar.istio.io/inject': 'false' }, labels: replica.labels },
      spec: {
        ...(replica.account && { serviceAccountName }),
        ...pod,
        containers: containers.map(container => ({
          ...container,
          imagePullPolicy: replica.imagePullPolicy ?? 'IfNotPresent',
        })),
      },
    },
  };
}
