import type { Rendering } from './render';

/** Parts of an environment that can be stacks of their own, each after those before it. */
export const layers = ['platform', 'tenants'] as const;

export type Layer = (typeof layers)[number];

/** What a stack is about: `prod` is the whole environment, `prod.platform` one layer of it. */
export interface StackName {
  readonly environment: string;

  /** @default - all of them */
  readonly layer?: Layer;
}

/** @throws Error when the layer is none */
export function stackName(stack: string): StackName {
  const [environment = '', layer, ...rest] = stack.split('.');
  if (layer === undefined) return { environment };
  if (rest.length > 0 || !layers.includes(layer as Layer)) {
    const known = layers.map(each => `'${environment}.${each}'`).join(', ');
    throw new Error(
      `a stack is named '${environment}' for the whole environment, or ${known} for a layer; got '${stack}'`,
    );
  }
  return { environment, layer: layer as Layer };
}

/** Layer of a component. */
export function layerOf(component: string): Layer {
  return component.startsWith('tenant-') ? 'tenants' : 'platform';
}

/** What one layer has of a rendering. What it needs of other layers is there before: their stacks come first. */
export function onlyLayer(rendering: Rendering, layer: Layer | undefined): Rendering {
  if (!layer) return rendering;
  const own = rendering.objects.filter(({ component }) => layerOf(component) === layer);
  const ids = new Set(own.map(({ id }) => id));
  return {
    ...rendering,
    components: rendering.components.filter(component => layerOf(component) === layer),
    objects: own.map(object => ({ ...object, dependsOn: object.dependsOn.filter(id => ids.has(id)) })),
  };
}
