/**
 * Fields that Kubernetes gained after 1.27, the release behind the types of cdk8s-plus-27. The declarations below add
 * them to those types; `newerFields` tells `KubeObject` to let them pass. Nothing else may be unknown to the types.
 */
declare module 'cdk8s-plus-27/lib/imports/k8s' {
  interface Volume {
    /** Fields of the pod as files. Not newer: the types spell it `downwardApi`, and what is put in is rendered as it is. */
    readonly downwardAPI?: DownwardApiVolumeSource;
  }

  interface PodSpec {
    /** Lets the pod see the processes of its node. Not newer: the types spell it `hostPid`. */
    readonly hostPID?: boolean;
  }

  interface ServiceSpec {
    /** `None` for a headless Service. Not newer: the types spell it `clusterIp`. */
    readonly clusterIP?: string;
  }

  interface Container {
    /** `Always` turns an init container into a native sidecar (Kubernetes 1.29, on by default). */
    readonly restartPolicy?: 'Always';
  }

  interface SecurityContext {
    /** AppArmor profile of this container (Kubernetes 1.30). */
    readonly appArmorProfile?: {
      readonly type: 'RuntimeDefault' | 'Localhost' | 'Unconfined';
      readonly localhostProfile?: string;
    };
  }

  interface PodSecurityContext {
    /** AppArmor profile of all containers (Kubernetes 1.30). */
    readonly appArmorProfile?: {
      readonly type: 'RuntimeDefault' | 'Localhost' | 'Unconfined';
      readonly localhostProfile?: string;
    };
  }
}

/** One field that may be lost by the types' own serialiser, and is put through all the same. */
export interface NewerField {
  /** Where the field stands, list positions written as `[]`. */
  readonly path: RegExp;

  /** Kubernetes release in which the field is on by default. */
  readonly since: string;
}

/** Every exception there is. Each has a test that the serialiser of cdk8s-plus-27 still loses it. */
export const newerFields: Readonly<Record<string, NewerField>> = {
  nativeSidecar: { path: /\.initContainers\[\]\.restartPolicy$/, since: '1.29' },
  clusterIp: { path: /^spec\.clusterIP$/, since: '1.0' },
  containerAppArmor: { path: /ontainers\[\]\.securityContext\.appArmorProfile$/, since: '1.30' },
  downwardApi: { path: /\.volumes\[\]\.downwardAPI$/, since: '1.0' },
  hostPid: { path: /(^|\.)spec\.hostPID$/, since: '1.0' },
  podAppArmor: { path: /(^|\.)spec\.securityContext\.appArmorProfile$/, since: '1.30' },
};
