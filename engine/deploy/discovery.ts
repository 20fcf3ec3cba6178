import type { KubeClient } from './client';
import type { Manifest, ObjectName } from './types';

/** Where the objects of a kind are found. */
export interface ResourceType {
  /** Such as `/apis/apps/v1`. */
  readonly base: string;

  /** Such as `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Knows the paths of kinds: those that the server serves, and those whose CRD is about to be made. */
export class Discovery {
  private readonly types = new Map<string, ResourceType>();

  /** Groups whose server does not answer. */
  public readonly stale: string[] = [];

  /** Asks the server, in two requests. */
  public static async read(client: KubeClient): Promise<Discovery> {
    const discovery = new Discovery();
    const lists = await Promise.all(['/api', '/apis'].map(path => client.get(path, AGGREGATED)));
    for (const list of lists) discovery.addList(list ?? {});
    return discovery;
  }

  public addList(list: Manifest): void {
    for (const { metadata, versions } of list.items ?? []) {
      const group = metadata?.name ?? '';
      for (const { version, resources, freshness } of versions) {
        if (freshness === 'Stale') this.stale.push(`${group}/${version}`);
        for (const { resource, responseKind, scope } of resources ?? []) {
          this.add(group, version, responseKind.kind, resource, scope === 'Namespaced');
        }
      }
    }
  }

  /** The kinds of a CRD, whether the server has it or not. */
  public addDefinition({ spec }: Manifest): void {
    for (const { name, served } of spec.versions) {
      if (served) this.add(spec.group, name, spec.names.kind, spec.names.plural, spec.scope === 'Namespaced');
    }
  }

  public find(name: Pick<ObjectName, 'group' | 'version' | 'kind'>): ResourceType | undefined {
    return this.types.get(`${name.group}/${name.version}/${name.kind}`);
  }

  private add(group: string, version: string, kind: string, plural: string, namespaced: boolean): void {
    const base = group ? `/apis/${group}/${version}` : `/api/${version}`;
    const key = `${group}/${version}/${kind}`;
    if (!this.types.has(key)) this.types.set(key, { base, plural, namespaced });
  }
}

/** Path of a collection, in one namespace or in all. */
export function collectionPath({ base, plural, namespaced }: ResourceType, namespace?: string): string {
  return namespaced && namespace ? `${base}/namespaces/${namespace}/${plural}` : `${base}/${plural}`;
}

/** Path of an object. */
export function objectPath(type: ResourceType, { namespace, name }: Pick<ObjectName, 'namespace' | 'name'>): string {
  return `${collectionPath(type, namespace)}/${encodeURIComponent(name)}`;
}
