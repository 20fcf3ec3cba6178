import * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { generateAnnotation, generatedKeys, type Manifest, type OrderedNode } from '../constructs';
import { ownedByControllers, protectionOf } from './protection';

/** A rendered object as a Pulumi resource of the Kubernetes provider, without loading that provider's large package. */
export class KubernetesObject extends pulumi.CustomResource {
  constructor(
    name: string,
    manifest: pulumi.Inputs & Pick<Manifest, 'apiVersion' | 'kind'>,
    options: pulumi.CustomResourceOptions,
  ) {
    const version = manifest.apiVersion.includes('/') ? manifest.apiVersion : `core/${manifest.apiVersion}`;
    super(`kubernetes:${version}:${manifest.kind}`, name, manifest, options);
  }
}

/** The Kubernetes provider, without its package. */
export class KubernetesProvider extends pulumi.ProviderResource {
  constructor(name: string, settings: pulumi.Inputs) {
    super('kubernetes', name, settings);
  }
}

/** All objects of one component. */
export class ComponentObjects extends pulumi.ComponentResource {
  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super('flowyard:index:Component', name, {}, options);
    this.registerOutputs();
  }
}

/**
 * Registers rendered objects with Pulumi: URNs from construct paths, dependencies from the graph, one component
 * resource per component.
 *
 * @param objects  in order, dependencies first
 * @param provider of the cluster they go to
 */
export function deployObjects(objects: readonly OrderedNode[], provider: pulumi.ProviderResource): void {
  const components = new Map<string, ComponentObjects>();
  const deployed = new Map<string, KubernetesObject>();
  const generated = new Map<string, pulumi.Output<string>>();
  for (const { id, component, manifest, dependsOn } of objects) {
    const parent = components.get(component) ?? new ComponentObjects(component);
    components.set(component, parent);
    const options = {
      parent,
      provider,
      dependsOn: dependsOn.map(path => deployed.get(path)!),
      protect: protectionOf(manifest) !== undefined,
      ignoreChanges: ownedByControllers(manifest),
    };
    deployed.set(id, new KubernetesObject(id, withSecrets(id, withoutAwait(manifest), parent, generated), options));
  }
}

/** Services get no endpoints before their pods run, and pods wait for nothing of a Service. */
function withoutAwait(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Service') return manifest;
  const annotations = { ...manifest.metadata.annotations, 'pulumi.com/skipAwait': 'true' };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** Fills in the values of a generated Secret, as secrets of the stack. */
function withSecrets(
  id: string,
  manifest: Manifest,
  parent: ComponentObjects,
  generated: Map<string, pulumi.Output<string>>,
): pulumi.Inputs & Manifest {
  const { annotations, ...metadata } = manifest.metadata;
  const { namespace, name } = metadata;
  const keys = generatedKeys(annotations);
  if (Object.keys(keys).length === 0) return manifest;
  const data: Record<string, pulumi.Output<string>> = {};
  for (const [key, source] of Object.entries(keys)) {
    let value: pulumi.Output<string>;
    if ('random' in source)
      value = new RandomPassword(`${id}/${key}`, { length: source.random, special: false }, { parent }).result;
    else if ('copyOf' in source) {
      const { copyOf } = source;
      value = generated.get(`${copyOf.namespace}/${copyOf.name}/${copyOf.key}`)!;
    } else value = pulumi.output(source.plain);
    generated.set(`${namespace}/${name}/${key}`, value);
    data[key] = pulumi.secret(value.apply(text => Buffer.from(text).toString('base64')));
  }
  const { [generateAnnotation]: _, ...others } = annotations ?? {};
  // The provider takes an empty map for a change on every run.
  const kept = Object.keys(others).length > 0 ? { annotations: others } : {};
  return { ...manifest, metadata: { ...metadata, ...kept }, data };
}
