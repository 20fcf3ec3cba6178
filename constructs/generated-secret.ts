import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Component } from './component';
import { KubeObject, type Manifest } from './kube-object';
import type { Volume } from './volume';

/** One key of a Secret, for an environment variable or a mounted file. */
export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** How a key of a generated Secret gets its value. */
export type SecretSource =
  /**
   * Random letters and digits, made once and kept. `random` counts characters, at least 20; another `generation`, which
   * is any text, gives another value.
   */
  | { readonly random: number; readonly generation?: string }
  /** The value of another generated key, such as the same password in a second namespace. */
  | { readonly copyOf: SecretKey }
  /** Not secret in itself, such as an account's name beside its password. */
  | { readonly plain: string };

/** Properties of `GeneratedSecret`. */
export interface GeneratedSecretProps {
  readonly name: string;
  readonly keys: Readonly<Record<string, SecretSource>>;
  /** @default - the component's namespace */
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
}

/** Annotation under which a rendered Secret says how its keys are made. No value is ever rendered. */
export const generateAnnotation = 'flowyard.dev/generate';

/** Annotation of pods that are made anew when generated values change: a list of `namespace/name/key`. */
export const rollsWithAnnotation = 'flowyard.dev/rolls-with';

/** Generated keys, as `namespace/name/key`, with whose values the pods of a workload roll; undefined for others. */
export function rollingKeys({ spec }: Manifest): string[] | undefined {
  const keys = spec?.template?.metadata?.annotations?.[rollsWithAnnotation];
  return keys === undefined ? undefined : JSON.parse(keys);
}

/** A workload that rolls with generated keys, with the hash that a deployer knows in place of their names. */
export function withSecretsHash<H>(manifest: Manifest, hash: H): Manifest {
  const { template } = manifest.spec;
  const { [rollsWithAnnotation]: _, ...others } = template.metadata.annotations;
  const metadata = { ...template.metadata, annotations: { ...others, 'flowyard.dev/hash-secrets': hash } };
  return { ...manifest, spec: { ...manifest.spec, template: { ...template, metadata } } };
}

/**
 * A Secret whose values are made when it is deployed: by @pulumi/random, or by the embedded engine, which keeps what
 * the cluster has. What is rendered names the keys and their sources only.
 */
export class GeneratedSecret extends Construct {
  public readonly name: string;
  public readonly namespace: string;
  private readonly keys: Record<string, SecretSource> = {};

  constructor(scope: Construct, id: string, props: GeneratedSecretProps) {
    super(scope, id);
    this.name = props.name;
    this.namespace = props.namespace ?? Component.of(this).namespace;
    for (const [key, source] of Object.entries(props.keys)) this.addKey(key, source);
    new KubeObject(this, 'Secret', k8s.KubeSecret, {
      metadata: {
        name: props.name,
        namespace: this.namespace,
        labels: props.labels,
        annotations: {
          [generateAnnotation]: Lazy.any({ produce: () => JSON.stringify(this.keys) }) as unknown as string,
        },
      },
      type: 'Opaque',
    });
  }

  /** Adds a key; throws when the Secret has one of that name. */
  public addKey(key: string, source: SecretSource): void {
    if (Object.hasOwn(this.keys, key))
      throw new Error(`${this.node.path}: 'keys' has '${key}' already; give each key once`);
    if ('random' in source && !(Number.isInteger(source.random) && source.random >= 20)) {
      throw new Error(`${this.node.path}: 'keys.${key}.random' must be at least 20 characters, got ${source.random}`);
    }
    this.keys[key] = source;
  }

  /** A reference to one key; throws when the Secret has no such key. */
  public key(key: string): SecretKey {
    if (!Object.hasOwn(this.keys, key)) {
      throw new Error(`${this.node.path}: has no key '${key}', only '${Object.keys(this.keys).join("', '")}'`);
    }
    return { namespace: this.namespace, name: this.name, key };
  }

  /** Keys as files. All keys when `items` is left out. */
  public volume(name: string, items?: Record<string, string>): Volume {
    const files = items && Object.entries(items).map(([key, path]) => ({ key: this.key(key).key, path }));
    return { name, source: { secret: { secretName: this.name, items: files } }, readOnly: true };
  }
}
