import { gpuWords, type Manifest } from '../../constructs';
import type { Environment } from '../../environments';
import { kindsInWords } from '../kinds';
import type { Platform } from '../platform';
import { renderPlatform } from '../render';

/** What one object is, for people. */
export interface MapObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A component, or a tenant. */
export interface MapPart {
  readonly id: string;
  readonly title: string;

  /** One line below the title. */
  readonly line: string;

  /** Namespaces of its objects. */
  readonly namespaces: readonly string[];
  readonly objects: readonly MapObject[];
}

/** One part needs another. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;

  /** Why, in words; the most general first. */
  readonly reasons: readonly string[];
}

/** Nodes of one kind. */
export interface MapPool {
  readonly name: string;
  readonly nodes: number;
  readonly line: string;
  readonly gpu: boolean;

  /** Whether the platform's own pods run there. */
  readonly platform: boolean;
}

/** An environment as people see it. */
export interface PlatformMap {
  readonly name: string;
  readonly line: string;
  readonly components: readonly MapPart[];
  readonly tenants: readonly MapPart[];
  readonly edges: readonly MapEdge[];

  /** Namespaces of the platform, with what is in them. */
  readonly namespaces: readonly { readonly name: string; readonly parts: readonly string[] }[];
  readonly pools: readonly MapPool[];
}

/** How many objects of one edge are told. */
const REASONS = 4;

/** Reads a map from the tree: who was given whose handles, and whose objects need whose. */
export function mapOf(platform: Platform): PlatformMap {
  const { environment } = platform;
  const { objects } = renderPlatform(platform);
  const ids = platform.components.map(({ node }) => node.id);
  const owners = new Map(objects.map(({ id, component }) => [id, component]));
  const manifests = new Map(objects.map(({ id, manifest }) => [id, manifest]));
  const reasons = new Map<string, string[]>();
  const add = (from: string, to: string, reason: string) => {
    const key = `${from} ${to}`;
    reasons.set(key, [...(reasons.get(key) ?? []), reason]);
  };
  for (const { node, needed } of platform.components) {
    for (const other of needed) add(node.id, other.node.id, `was given '${other.node.id}'`);
  }
  for (const { component, manifest, dependsOn } of objects) {
    for (const id of dependsOn) {
      const owner = owners.get(id)!;
      if (owner !== component) add(component, owner, `${inWords(manifest)} → ${inWords(manifests.get(id)!)}`);
    }
  }
  const parts = ids.map((id): MapPart => {
    const own = objects.filter(({ component }) => component === id).map(({ manifest }) => manifest);
    const tenant = environment.tenants.find(({ name }) => id === `tenant-${name}`);
    return {
      id,
      title: tenant?.name ?? id,
      line: tenant ? tenant.owner : lineOf(own),
      namespaces: [...new Set(own.flatMap(({ metadata }) => metadata.namespace ?? []))].sort(),
      objects: own.map(({ kind, metadata: { name, namespace } }) => ({
        kind,
        name,
        ...(namespace ? { namespace } : {}),
      })),
    };
  });
  const isTenant = ({ id }: MapPart) => environment.tenants.some(({ name }) => id === `tenant-${name}`);
  const components = parts.filter(part => !isTenant(part));
  const tenants = parts.filter(isTenant);
  return {
    name: environment.name,
    line: [
      `Kubeflow ${environment.platform.version}`,
      plural(components.length, 'component'),
      plural(tenants.length, 'tenant'),
      plural(objects.length, 'object'),
    ].join(' · '),
    components,
    tenants,
    edges: edgesOf(reasons),
    namespaces: namespacesOf(components),
    pools: poolsOf(environment),
  };
}

function edgesOf(reasons: ReadonlyMap<string, readonly string[]>): MapEdge[] {
  return [...reasons].map(([key, all]) => {
    const [from = '', to = ''] = key.split(' ');
    const more = all.length > REASONS ? [`and ${all.length - REASONS} more`] : [];
    return { from, to, reasons: [...all.slice(0, REASONS), ...more] };
  });
}

function inWords({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}

function lineOf(manifests: readonly Manifest[]): string {
  const words = kindsInWords(manifests.map(({ kind }) => kind)).slice(0, 2);
  return words.length > 0 ? words.join(' · ') : plural(manifests.length, 'object');
}

function namespacesOf(components: readonly MapPart[]): PlatformMap['namespaces'] {
  const names = [...new Set(components.flatMap(({ namespaces }) => namespaces))].sort();
  return names.map(name => ({
    name,
    parts: components.filter(({ namespaces }) => namespaces.includes(name)).map(({ id }) => id),
  }));
}

function poolsOf({ infrastructure, platform }: Environment): MapPool[] {
  return infrastructure.nodePools.map(({ name, nodes, cpu, memory, gpu }) => ({
    ...{ name, nodes, gpu: gpu !== undefined, platform: platform.nodePool === name },
    line: [`${cpu} CPU`, memory, ...(gpu ? [gpuWords(gpu)] : [])].join(' · '),
  }));
}

/** `1 object`, `2 objects`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
