import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import { contentHash } from './hash';
import { KubeObject } from './kube-object';
import type { Volume } from './volume';

/** Properties of `ConfigMap`. */
export interface ConfigMapProps {
  readonly name: string;

  /** Content by key. A function is asked when all is built: for content to which others contribute. */
  readonly data: Record<string, string> | (() => Record<string, string>);
  /** @default - the component's namespace */
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

/** Settings and scripts that pods read. Pods that mount it roll when its content changes. */
export class ConfigMap extends Construct {
  public readonly name: string;
  private readonly data: ConfigMapProps['data'];

  constructor(scope: Construct, id: string, props: ConfigMapProps) {
    super(scope, id);
    const { name, labels, annotations, namespace = Component.of(this).namespace, data } = props;
    this.name = name;
    this.data = data;
    new KubeObject(this, 'ConfigMap', k8s.KubeConfigMap, {
      metadata: { name, namespace, labels, annotations },
      data: typeof data === 'function' ? (Lazy.any({ produce: data }) as never) : data,
    });
  }

  /** First 16 hexadecimal digits of the content's SHA-256. Changes while others still contribute to the content. */
  public get contentHash(): string {
    const data = typeof this.data === 'function' ? this.data() : this.data;
    return contentHash(data);
  }

  /**
   * The content as files.
   *
   * @param options.name volume name in the pod
   * @param options.mode file mode
   */
  public volume(options: { readonly name: string; readonly mode?: number }): Volume {
    const late = Lazy.any({ produce: () => this.contentHash }) as unknown as string;
    return {
      name: options.name,
      source: { configMap: { name: this.name, defaultMode: options.mode } },
      readOnly: true,
      contentHash: typeof this.data === 'function' ? late : this.contentHash,
    };
  }
}
