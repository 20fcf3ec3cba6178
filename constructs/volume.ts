import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import { KubeObject } from './kube-object';

/** A volume of a pod, ready to be mounted. */
export interface Volume {
  readonly name: string;
  readonly source: Omit<k8s.Volume, 'name'>;

  /** @default false */
  readonly readOnly?: boolean;

  /** Path inside the volume. */
  readonly subPath?: string;

  /** Changes when the content does; pods that mount the volume roll with it. */
  readonly contentHash?: string;
}

/** Scratch space that lives as long as the pod. `sizeLimit` as in `1Gi`. */
export function emptyDir(name: string, sizeLimit?: string): Volume {
  return { name, source: { emptyDir: sizeLimit ? { sizeLimit: quantity(sizeLimit) } : {} } };
}

/** A quantity in Kubernetes' notation: `500m`, `2Gi`. */
export function quantity(text: string): k8s.Quantity {
  if (!/^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.test(text)) {
    throw new Error(`a quantity is a number with a suffix such as '500m' or '2Gi', got '${text}'`);
  }
  return k8s.Quantity.fromString(text);
}

/** Properties of `PersistentVolumeClaim`. */
export interface PersistentVolumeClaimProps {
  readonly name: string;

  /** Such as `20Gi`. */
  readonly size: string;

  /**
   * Name of a StorageClass.
   *
   * @default - the cluster's default class
   */
  readonly storageClass?: string;

  /** @default ['ReadWriteOnce'] */
  readonly accessModes?: ('ReadWriteOnce' | 'ReadWriteMany' | 'ReadOnlyMany')[];

  readonly labels?: Record<string, string>;
}

/** Storage that outlives pods. It holds data: deployers keep it unless its deletion is acknowledged by name. */
export class PersistentVolumeClaim extends Construct {
  public readonly name: string;

  constructor(scope: Construct, id: string, props: PersistentVolumeClaimProps) {
    super(scope, id);
    this.name = props.name;
    new KubeObject(this, 'Claim', k8s.KubePersistentVolumeClaim, {
      metadata: { name: props.name, namespace: Component.of(this).namespace, labels: props.labels },
      spec: {
        accessModes: props.accessModes ?? ['ReadWriteOnce'],
        storageClassName: props.storageClass,
        resources: { requests: { storage: quantity(props.size) } },
      },
    });
  }

  public volume(name: string): Volume {
    return { name, source: { persistentVolumeClaim: { claimName: this.name } } };
  }
}
