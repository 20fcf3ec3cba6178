import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type ContainerProps, gpuLimits, type NodePool, placeOn, type Resources } from '../../../constructs';
import { podSpec } from '../../../constructs/pod';

/** The object that each trial makes: without name and namespace, which each trial has of its own. */
export interface TrialObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

/** A trial that is a Job of one container. */
export interface TrialJobProps extends Pick<ContainerProps, 'image' | 'command' | 'args' | 'env' | 'mounts'> {
  /** CPU and memory; accelerators come from `pool` and `gpus`. */
  readonly resources: Omit<Resources, 'extended'>;

  /** Name of the container. @default 'training-container' */
  readonly container?: string;

  /** Nodes that the pods run on: their label as selector, their taints tolerated. @default - the app's placement */
  readonly pool?: NodePool;

  /** Accelerators of `pool`. @default - none */
  readonly gpus?: number;

  /** Account of the pod. Its token is not mounted. @default 'default' */
  readonly account?: string;

  /** Numeric user and group; the metrics collector runs as the same. @default { user: 1000, group: 1000 } */
  readonly runAs?: { readonly user: number; readonly group: number };

  /** Paths that get scratch space, since the root file system is read-only. @default ['/tmp'] */
  readonly writable?: string[];
}

/**
 * A Job for a trial, hardened so that namespaces held to Pod Security `restricted` admit it, its metrics collector
 * included: that one gets the container's security context, and its image names no user.
 */
export function trialJob(scope: Construct, props: TrialJobProps): TrialObject {
  const { container = 'training-container', pool, gpus, account, runAs = { user: 1000, group: 1000 } } = props;
  const { image, command, args, env, mounts, resources, writable = ['/tmp'] } = props;
  if (gpus !== undefined && !pool) {
    throw new Error(`${scope.node.path}: 'gpus' needs 'pool', whose nodes have them, got ${gpus}`);
  }
  const extended = gpus === undefined ? undefined : gpuLimits(pool!, gpus);
  const pod = podSpec(
    scope,
    {
      account: { name: account ?? 'default' },
      runAs,
      placement: pool && placeOn(pool),
      containers: [
        {
          ...{ name: container, image, command, args, env, mounts, writable },
          resources: { ...resources, extended },
          securityContext: { runAsNonRoot: true, runAsUser: runAs.user, seccompProfile: { type: 'RuntimeDefault' } },
        },
      ],
    },
    'Never',
  );
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    // A trial that fails is a result: trying it again would count it once and cost it twice.
    spec: { backoffLimit: 0, template: { metadata: { annotations: noSidecar }, spec: pod } },
  };
}

const injection = 'sidecar.istio.io/inject';
const noSidecar = { [injection]: 'false' };

/** The pod templates in a trial's object, however its kind nests them. */
export function podTemplates(object: unknown): { metadata?: k8s.ObjectMeta; spec: k8s.PodSpec }[] {
  if (Array.isArray(object)) return object.flatMap(podTemplates);
  if (typeof object !== 'object' || object === null) return [];
  const spec = (object as { spec?: { containers?: unknown } }).spec;
  if (Array.isArray(spec?.containers)) return [object as { metadata?: k8s.ObjectMeta; spec: k8s.PodSpec }];
  return Object.values(object).flatMap(podTemplates);
}

/**
 * The object, with the mesh's sidecar left out of pods that do not say whether they want it: a classic one outlives the
 * training process, so that the trial would never end.
 */
export function withoutSidecars<T>(object: T): T {
  const copy = structuredClone(object);
  for (const template of podTemplates(copy)) {
    const { labels = {}, annotations = {} } = template.metadata ?? {};
    if (injection in labels || injection in annotations) continue;
    Object.assign(template, { metadata: { ...template.metadata, annotations: { ...annotations, ...noSidecar } } });
  }
  return copy;
}
