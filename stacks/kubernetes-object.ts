import * as pulumi from '@pulumi/pulumi';
import type { Manifest, OrderedNode } from '../constructs';
import { moved } from './aliases';
import { ownedByControllers, protectionOf } from './protection';
import type { GeneratedSecrets } from './secrets';

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

/** How objects are registered. */
export interface DeployObjectsOptions {
  /** Of the cluster that they go to. */
  readonly provider: pulumi.ProviderResource;
  readonly secrets: GeneratedSecrets;

  /**
   * What must be there before the first of them.
   *
   * @default - nothing
   */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * Registers rendered objects with Pulumi: URNs from construct paths, dependencies from the graph, one component
 * resource per component.
 *
 * @param objects in order, dependencies first
 */
export function deployObjects(objects: readonly OrderedNode[], options: DeployObjectsOptions): void {
  const { provider, secrets, after = [] } = options;
  const components = new Map<string, ComponentObjects>();
  const deployed = new Map<string, KubernetesObject>();
  for (const { id, component, manifest, dependsOn } of objects) {
    const parent = components.get(component) ?? new ComponentObjects(component);
    components.set(component, parent);
    const inputs = secrets.fill(withoutAwait(manifest), parent);
    const protect = protectionOf(manifest) !== undefined;
    deployed.set(
      id,
      new KubernetesObject(id, inputs, {
        ...{ parent, provider, protect },
        dependsOn: dependsOn.length > 0 ? dependsOn.map(path => deployed.get(path)!) : [...after],
        ignoreChanges: ownedByControllers(manifest),
        aliases: (moved[id] ?? []).map(name => ({ name })),
      }),
    );
  }
}

/** Services get no endpoints before their pods run, and pods wait for nothing of a Service. */
function withoutAwait(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Service') return manifest;
  const annotations = { ...manifest.metadata.annotations, 'pulumi.com/skipAwait': 'true' };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}
