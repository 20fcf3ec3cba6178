import { App } from 'cdk8s';
import { apiObjects, type Component, type GraphNode, type Manifest } from '../constructs';

/** What objects are found by; each field narrows. */
export interface Query {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;

  /** Id of the component that renders them. */
  readonly component?: string;
}

/**
 * Renders one component by itself: its objects in the order of the tree. Nothing is asked of what it refers to.
 *
 * @param build makes the component, and before it what it needs
 * @throws Error listing what the component's validations say
 *
 * @example
 * const objects = renderComponent(app => new Minio(app, 'minio', { capacity: '50Gi' }));
 */
export function renderComponent(build: (app: App) => Component): GraphNode[] {
  const component = build(new App());
  const problems = component.node.findAll().flatMap(({ node }) => node.validate().map(text => `${node.path}: ${text}`));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return apiObjects(component).map(object => ({
    id: object.node.path,
    component: component.node.id,
    manifest: object.toJson() as Manifest,
  }));
}

/** The objects that a query tells; none is an answer, too. */
export function findObjects(objects: readonly GraphNode[], query: Query): Manifest[] {
  return objects.filter(node => matches(node, query)).map(({ manifest }) => manifest);
}

/**
 * The one object that a query tells.
 *
 * @throws Error naming what there is when it tells none, or what it tells when there are several
 *
 * @example
 * const server = findObject(objects, { kind: 'Deployment', name: 'minio' });
 */
export function findObject(objects: readonly GraphNode[], query: Query): Manifest {
  const found = objects.filter(node => matches(node, query));
  if (found.length === 1) return found[0]!.manifest;
  if (found.length > 1) throw new Error(`${text(query)} is said of ${found.length} objects: ${names(found)}`);
  const ofKind = objects.filter(node => matches(node, { kind: query.kind }));
  const near = ofKind.length > 0 ? ofKind : objects;
  throw new Error(`${text(query)} is said of no object; there is ${names(near) || 'nothing at all'}`);
}

/** Kind and full name of an object, as acknowledgements name it. */
export function nameOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return [kind, namespace, name].filter(Boolean).join('/');
}

function matches({ component, manifest }: GraphNode, query: Query): boolean {
  const { name, namespace } = manifest.metadata;
  const own: Query = { kind: manifest.kind, name, namespace, component };
  return (Object.keys(query) as (keyof Query)[]).every(key => query[key] === undefined || query[key] === own[key]);
}

function names(nodes: readonly GraphNode[]): string {
  const shown = nodes.slice(0, 12).map(({ manifest }) => nameOf(manifest));
  return [...shown, ...(nodes.length > shown.length ? [`${nodes.length - shown.length} more`] : [])].join(', ');
}

function text(query: Query): string {
  return JSON.stringify(query).replaceAll('"', "'");
}
