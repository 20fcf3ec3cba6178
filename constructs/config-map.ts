import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import { KubeObject } from './kube-object';
import type { Volume } from './volume';

/** Properties of `ConfigMap`. */
export interface ConfigMapProps {
  readonly name: string;
  readonly data: Record<string, string>;
  /** @default - the component's namespace */
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
}

/** Settings and scripts that pods read. Pods that mount it roll when its content changes. */
export class ConfigMap extends Construct {
  public readonly name: string;

  /** First 16 hexadecimal digits of the content's SHA-256. */
  public readonly contentHash: string;

  constructor(scope: Construct, id: string, props: ConfigMapProps) {
    super(scope, id);
    this.name = props.name;
    this.contentHash = createHash('sha256').update(JSON.stringify(props.data)).digest('hex').slice(0, 16);
    new KubeObject(this, 'ConfigMap', k8s.KubeConfigMap, {
      metadata: { name: props.name, namespace: props.namespace ?? Component.of(this).namespace, labels: props.labels },
      data: props.data,
    });
  }

  /**
   * The content as files.
   *
   * @param options.name volume name in the pod
   * @param options.mode file mode
   */
  public volume(options: { readonly name: string; readonly mode?: number }): Volume {
    return {
      name: options.name,
      source: { configMap: { name: this.name, defaultMode: options.mode } },
      readOnly: true,
      contentHash: this.contentHash,
    };
  }
}
