import * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { generateAnnotation, generatedKeys, type Manifest, type OrderedNode } from '../constructs';
import { moved } from './aliases';

/** Values of generated Secrets, by `namespace/name/key`. Each is made once; copies follow it. */
export class GeneratedSecrets {
  private readonly values = new Map<string, pulumi.Output<string>>();
  private readonly sources = new Map<string, { id: string; length: number }>();

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
          this.sources.set(`${namespace}/${name}/${key}`, { id: `${id}/${key}`, length: source.random });
      }
    }
  }

  /** The manifest with the values of its keys; others as they are. */
  public fill(manifest: Manifest, parent: pulumi.Resource): pulumi.Inputs & Manifest {
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

  /** What this program has made, secret, for layers that come later. */
  public made(): pulumi.Output<Record<string, string>> {
    return pulumi.secret(pulumi.all(Object.fromEntries(this.values)));
  }

  private value(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    const known = this.values.get(name) ?? this.given(name);
    if (known) return known;
    const { id, length } = this.sources.get(name)!;
    const aliases = (moved[id.slice(0, id.lastIndexOf('/'))] ?? []).map(old => ({
      name: `${old}/${id.slice(id.lastIndexOf('/') + 1)}`,
    }));
    const made = new RandomPassword(id, { length, special: false }, { parent, aliases }).result;
    this.values.set(name, made);
    return made;
  }
}
