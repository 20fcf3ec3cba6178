import type { IConstruct } from 'constructs';
import {
  apiObjects,
  type Component,
  type ExistingObject,
  type Manifest,
  type OrderedNode,
  orderObjects,
} from '../constructs';
import type { Environment } from '../environments';
import { type Finding, findingText } from '../policies';
import type { Platform } from './platform';

/** A rendered platform: every object, in the order in which it can be applied. */
export interface Rendering {
  readonly environment: Environment;
  readonly objects: readonly OrderedNode[];

  /** Ids of the components, each after those it needs. */
  readonly components: readonly string[];

  /** What advisory policies found. */
  readonly advice: readonly Finding[];

  /** What may be wrong in the eyes of a construct, behind its path. */
  readonly warnings: readonly string[];
}

/** What people should be told of a rendering, whoever has found it. */
export function adviceOf({ advice, warnings }: Rendering): string[] {
  return [...advice.map(findingText), ...warnings];
}

/** Renders a composed platform: validates the tree, then orders its objects. */
export function renderPlatform({ environment, app, components }: Platform): Rendering {
  const constructs = app.node.findAll();
  const problems = constructs.flatMap(({ node }) => node.validate().map(text => `${node.path}: ${text}`));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const needs = new Map(
    components.map(component => [component.node.id, new Set([...component.needed].map(({ node }) => node.id))]),
  );
  const objects = orderObjects({
    nodes: components.flatMap(component =>
      apiObjects(component).map(object => ({
        id: object.node.path,
        component: component.node.id,
        manifest: object.toJson() as Manifest,
      })),
    ),
    needs,
    existing: components.flatMap((component): ExistingObject[] => component.existing),
  });
  const warnings = constructs.flatMap(warningsOf);
  return { environment, objects, components: sortComponents(components, needs), advice: [], warnings };
}

function warningsOf({ node }: IConstruct): string[] {
  return node.metadata.flatMap(({ type, data }) => (type === 'warning' ? [`${node.path}: ${data}`] : []));
}

function sortComponents(components: readonly Component[], needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const sorted = new Set<string>();
  const visit = (id: string): void => {
    if (sorted.has(id)) return;
    for (const needed of needs.get(id) ?? []) visit(needed);
    sorted.add(id);
  };
  for (const { node } of components) visit(node.id);
  return [...sorted];
}
