import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { defaultsOf } from './defaults';
import type { SecretKey } from './generated-secret';
import { type Image, imageReference } from './image';
import type { Placement } from './node-pool';
import type { ServiceAccount } from './rbac';
import { emptyDir, quantity, type Volume } from './volume';

/** The value of an environment variable: text, a key of a Secret, a field of the pod, or a resource of the container. */
export type EnvValue =
  | string
  | { readonly secret: SecretKey }
  | { readonly field: string }
  /** Such as `limits.cpu`; without a limit, what the node has. */
  | { readonly resource: string };

/** What a container asks for. Memory is limited to what it requests unless a higher limit is given. */
export interface Resources {
  /** Such as `100m`. */
  readonly cpu: string;
  /** Such as `128Mi`. */
  readonly memory: string;
  /** @default - none: CPU may burst */
  readonly cpuLimit?: string;
  /** @default - `memory` */
  readonly memoryLimit?: string;
  /** Extended resources, as `gpuLimits()` gives them. */
  readonly extended?: Record<string, k8s.Quantity>;
}

/** A container, hardened unless told otherwise. */
export interface ContainerProps {
  readonly name: string;
  readonly image: Image;
  readonly command?: string[];
  readonly args?: string[];
  readonly env?: Readonly<Record<string, EnvValue>>;

  /** Port numbers by name; TCP. */
  readonly ports?: Readonly<Record<string, number>>;

  readonly resources: Resources;
  readonly liveness?: k8s.Probe;
  readonly readiness?: k8s.Probe;
  readonly startup?: k8s.Probe;

  /** Volumes by path. */
  readonly mounts?: Readonly<Record<string, Volume>>;

  /** Paths that get scratch space, since the root file system is read-only. */
  readonly writable?: string[];

  /** Fields over the hardened ones; each needs a reason beside it. */
  readonly securityContext?: k8s.SecurityContext;
}

/** A pod, hardened unless told otherwise: Pod Security Standard `restricted`, no API token. */
export interface PodProps {
  readonly account: Pick<ServiceAccount, 'name'>;

  /** Mounts the account's token. @default false */
  readonly usesApi?: boolean;

  readonly containers: ContainerProps[];

  /** @default - none */
  readonly initContainers?: (ContainerProps & { /** A native sidecar. */ readonly sidecar?: boolean })[];

  /** @default - the app's placement */
  readonly placement?: Placement;

  /** Numeric user and group, for images that name a user. @default - the image's */
  readonly runAs?: { readonly user: number; readonly group: number; readonly fsGroup?: number };

  /** @default - Kubernetes' default class */
  readonly priorityClassName?: string;

  readonly terminationGracePeriodSeconds?: number;
}

/** An HTTP probe. Times in seconds; Kubernetes' defaults otherwise. */
export function httpProbe(
  path: string,
  port: string,
  options: Omit<k8s.Probe, 'httpGet'> & { scheme?: string } = {},
): k8s.Probe {
  const { scheme, ...times } = options;
  return { httpGet: { path, port: k8s.IntOrString.fromString(port), scheme }, ...times };
}

/** A TCP probe. */
export function tcpProbe(port: string, options: Omit<k8s.Probe, 'tcpSocket'> = {}): k8s.Probe {
  return { tcpSocket: { port: k8s.IntOrString.fromString(port) }, ...options };
}

/** The pod spec for `props`. `scope` finds the app's mirror and placement. */
export function podSpec(scope: Construct, props: PodProps, restartPolicy?: string): k8s.PodSpec {
  const all = [...(props.initContainers ?? []), ...props.containers];
  const volumes = new Map<string, Volume>();
  for (const volume of all.flatMap(container => volumesOf(container).map(([, inner]) => inner))) {
    volumes.set(volume.name, volume);
  }
  const placement = props.placement ?? defaultsOf(scope).placement;
  return {
    serviceAccountName: props.account.name,
    automountServiceAccountToken: props.usesApi ?? false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: props.runAs?.user,
      runAsGroup: props.runAs?.group,
      fsGroup: props.runAs?.fsGroup,
      fsGroupChangePolicy: props.runAs?.fsGroup === undefined ? undefined : 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    nodeSelector: { 'kubernetes.io/os': 'linux', ...placement?.nodeSelector },
    tolerations: placement?.tolerations,
    priorityClassName: props.priorityClassName,
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
    restartPolicy,
    initContainers: props.initContainers?.map(({ sidecar, ...container }) => ({
      ...containerSpec(scope, container),
      ...(sidecar && { restartPolicy: 'Always' as const }),
    })),
    containers: props.containers.map(container => containerSpec(scope, container)),
    volumes: volumes.size === 0 ? undefined : [...volumes.values()].map(({ name, source }) => ({ name, ...source })),
  };
}

/** Changes when the content of a mounted ConfigMap does, so that pods roll. Undefined when nothing is mounted. */
export function contentHashes(props: PodProps): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const container of [...(props.initContainers ?? []), ...props.containers]) {
    for (const [, volume] of volumesOf(container)) {
      if (volume.contentHash) hashes[`flowyard.dev/hash-${volume.name}`] = volume.contentHash;
    }
  }
  return hashes;
}

function containerSpec(scope: Construct, props: ContainerProps): k8s.Container {
  const mounts = volumesOf(props).map(([mountPath, volume]) => ({
    name: volume.name,
    mountPath,
    subPath: volume.subPath,
    readOnly: volume.readOnly,
  }));
  return {
    name: props.name,
    image: imageReference(scope, props.image),
    imagePullPolicy: 'IfNotPresent',
    command: props.command,
    args: props.args,
    env: props.env && Object.entries(props.env).map(([name, value]) => envVar(name, value)),
    ports: props.ports && Object.entries(props.ports).map(([name, containerPort]) => ({ name, containerPort })),
    resources: resources(props.resources),
    livenessProbe: props.liveness,
    readinessProbe: props.readiness,
    startupProbe: props.startup,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      ...props.securityContext,
    },
    volumeMounts: mounts.length === 0 ? undefined : mounts,
  };
}

function volumesOf(props: ContainerProps): [path: string, Volume][] {
  const scratch = (props.writable ?? []).map(
    path => [path, emptyDir(`scratch${path.replaceAll(/[^a-z0-9]+/g, '-')}`)] as const,
  );
  return [...Object.entries(props.mounts ?? {}), ...scratch.map(([path, volume]): [string, Volume] => [path, volume])];
}

/** An environment variable. */
export function envVar(name: string, value: EnvValue): k8s.EnvVar {
  if (typeof value === 'string') return { name, value };
  if ('secret' in value)
    return { name, valueFrom: { secretKeyRef: { name: value.secret.name, key: value.secret.key } } };
  if ('resource' in value) return { name, valueFrom: { resourceFieldRef: { resource: value.resource } } };
  return { name, valueFrom: { fieldRef: { fieldPath: value.field } } };
}

/** Requests and limits. */
export function resources(props: Resources): k8s.ResourceRequirements {
  return {
    requests: { cpu: quantity(props.cpu), memory: quantity(props.memory) },
    limits: {
      ...(props.cpuLimit && { cpu: quantity(props.cpuLimit) }),
      memory: quantity(props.memoryLimit ?? props.memory),
      ...props.extended,
    },
  };
}
