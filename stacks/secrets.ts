import * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import {
  contentHash,
  generateAnnotation,
  generatedKeys,
  type Manifest,
  type OrderedNode,
  rollingKeys,
  withSecretsHash,
} from '../constructs';
import { moved } from './aliases';

/** Values of generated Secrets, by `namespace/name/key`. Each is made once; copies follow it. */
export class GeneratedSecrets {
  private readonly values = new Map<string, pulumi.Output<string>>();
  private readonly sources = new Map<string, { id: string; length: number; generation?: string }>();

  /**
   * @param all   objects of the whole environment: a copy may be in another layer than its source
   * @param given values that another layer has made
   */
  constructor(
    all: readonly OrderedNode[],
    private readonly given: (key: string) => pulumi.Output<string> | undefined = () => undefined,
  ) {
    for (const { id, manifest } of all) {
      const { namespace, name, annotations } = manifest.metadata;
      for (const [key, source] of Object.entries(generatedKeys(annotations))) {
        if ('random' in source)
          this.sources.set(`${namespace}/${name}/${key}`, {
            id: `${id}/${key}`,
            length: source.random,
            generation: source.generation,
          });
      }
    }
  }

  /** The manifest with the values of its keys, or with the hash of those that it rolls with; others as they are. */
  public fill(manifest: Manifest, parent: pulumi.Resource): pulumi.Inputs & Manifest {
    const rolling = rollingKeys(manifest);
    if (rolling) return this.withHash(manifest, rolling, parent);
    const { annotations, ...metadata } = manifest.metadata;
    const keys = generatedKeys(annotations);
    if (Object.keys(keys).length === 0) return manifest;
    const data: Record<string, pulumi.Output<string>> = {};
    for (const [key, source] of Object.entries(keys)) {
      const name = 'copyOf' in source ? source.copyOf : { ...metadata, key };
      const value =
        'plain' in source
          ? pulumi.output(source.plain)
          : this.value(`${name.namespace}/${name.name}/${name.key}`, parent);
      data[key] = pulumi.secret(value.apply(text => Buffer.from(text).toString('base64')));
    }
    const { [generateAnnotation]: _, ...others } = annotations ?? {};
    // The provider takes an empty map for a change on every run.
    const kept = Object.keys(others).length > 0 ? { annotations: others } : {};
    return { ...manifest, metadata: { ...metadata, ...kept }, data };
  }

  /** Values are long and random, so that their hash tells nothing but that they have changed. */
  private withHash(manifest: Manifest, names: string[], parent: pulumi.Resource): pulumi.Inputs & Manifest {
    const values = names.map(name => this.value(name, parent));
    return withSecretsHash(manifest, pulumi.unsecret(pulumi.all(values).apply(contentHash)));
  }

  /** What this program has made, secret, for layers that come later. */
  public made(): pulumi.Output<Record<string, string>> {
    return pulumi.secret(pulumi.all(Object.fromEntries(this.values)));
  }

  private value(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    const known = this.values.get(name) ?? this.given(name);
    if (known) return known;
    const source = this.sources.get(name);
    if (!source) throw new Error(`'${name}' is not generated; name the key that it is a copy of`);
    const { id, length, generation } = source;
    const aliases = (moved[id.slice(0, id.lastIndexOf('/'))] ?? []).map(old => ({
      name: `${old}/${id.slice(id.lastIndexOf('/') + 1)}`,
    }));
    const made = new RandomPassword(
      id,
      { length, special: false, ...(generation === undefined ? {} : { keepers: { generation } }) },
      { parent, aliases },
    ).result;
    this.values.set(name, made);
    return made;
  }
}
