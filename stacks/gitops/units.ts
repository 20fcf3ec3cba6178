import type { OrderedNode } from '../../constructs';
import { reachable } from '../reachable';
import type { Rendering } from '../render';

/** Objects that a GitOps controller applies as one: a component, or a phase of one. */
export interface Unit {
  /** The component's id, with the number of the phase where there are several: `minio`, `cert-manager.2`. */
  readonly name: string;
  readonly component: string;

  /** In order, dependencies first. */
  readonly objects: readonly OrderedNode[];

  /** Names of the units that must be ready first. Transitively reduced. */
  readonly dependsOn: readonly string[];

  /** Length of the longest chain of units before it. */
  readonly wave: number;
}

/** Whether an object must come in a later phase than one of its own component that it depends on. */
export type Splits = (object: OrderedNode, dependency: OrderedNode) => boolean;

/**
 * Parts a rendering so that its units can be applied one after the other.
 *
 * A component is one unit, unless its objects and those of another depend on each other in both directions. Such
 * components are cut into phases: an object's phase tells how often the longest way to it crosses from one of them to
 * another. Since that never falls along the way, units never wait for each other.
 *
 * @param splits where a component must be cut besides
 */
export function unitsOf({ components, objects }: Rendering, splits: Splits = () => false): Unit[] {
  const byId = new Map(objects.map(object => [object.id, object]));
  const circles = circlesOf(components, objects, byId);
  const phases = new Map<string, number>();
  for (const object of objects) {
    const before = object.dependsOn.map(id => byId.get(id)!);
    const within = before.filter(({ component }) => circles.get(component) === circles.get(object.component));
    const after = within.map(dependency => {
      const apart = dependency.component !== object.component || splits(object, dependency);
      return phases.get(dependency.id)! + (apart ? 1 : 0);
    });
    phases.set(object.id, Math.max(0, ...after));
  }
  withConsumers(objects, phases);
  return connected(components, objects, phases);
}

/** Whether an object is a claim of storage: many are bound only when a pod asks for them, so nothing may wait for one. */
export function isClaim({ manifest }: OrderedNode): boolean {
  return manifest.kind === 'PersistentVolumeClaim';
}

/** Moves claims to where the first of their component that uses them is. */
export function withConsumers(objects: readonly OrderedNode[], places: Map<string, number>): void {
  for (const claim of objects.filter(isClaim)) {
    const users = objects.filter(
      ({ component, dependsOn }) => component === claim.component && dependsOn.includes(claim.id),
    );
    if (users.length > 0) places.set(claim.id, Math.min(...users.map(({ id }) => places.get(id)!)));
  }
}

/** Per component, the first of those that it depends on and that depend on it. */
function circlesOf(
  components: readonly string[],
  objects: readonly OrderedNode[],
  byId: ReadonlyMap<string, OrderedNode>,
): Map<string, string> {
  const needs = new Map(components.map(component => [component, new Set<string>()]));
  for (const { component, dependsOn } of objects) {
    for (const id of dependsOn) needs.get(component)!.add(byId.get(id)!.component);
  }
  const reach = new Map(components.map(component => [component, reachable(component, needs)]));
  const together = (a: string, b: string) => a === b || (reach.get(a)!.has(b) && reach.get(b)!.has(a));
  return new Map(components.map(each => [each, components.find(other => together(each, other))!]));
}

function connected(
  components: readonly string[],
  objects: readonly OrderedNode[],
  phases: ReadonlyMap<string, number>,
): Unit[] {
  const names = new Map<string, string>();
  const members = new Map<string, OrderedNode[]>();
  for (const component of components) {
    const own = objects.filter(object => object.component === component);
    const distinct = [...new Set(own.map(({ id }) => phases.get(id)!))].sort((a, b) => a - b);
    distinct.forEach((phase, at) => {
      const name = distinct.length === 1 ? component : `${component}.${at + 1}`;
      const inPhase = own.filter(({ id }) => phases.get(id) === phase);
      members.set(name, inPhase);
      for (const { id } of inPhase) names.set(id, name);
    });
  }
  const needs = new Map(
    [...members].map(([name, own]) => {
      const before = own.flatMap(({ dependsOn }) => dependsOn.map(id => names.get(id)!));
      return [name, new Set(before.filter(each => each !== name))];
    }),
  );
  const reach = new Map([...needs.keys()].map(name => [name, reachable(name, needs)]));
  const wave = (name: string): number => Math.max(0, ...[...needs.get(name)!].map(each => wave(each) + 1));
  return [...members]
    .map(([name, own]) => {
      const direct = [...needs.get(name)!];
      const dependsOn = direct.filter(each => !direct.some(other => reach.get(other)!.has(each)));
      return { name, component: own[0]!.component, objects: own, dependsOn: dependsOn.sort(), wave: wave(name) };
    })
    .sort((a, b) => a.wave - b.wave);
}
