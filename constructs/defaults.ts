import type { Construct } from 'constructs';
import type { Placement } from './node-pool';

/** What all workloads of an app share unless told otherwise. */
export interface Defaults {
  /**
   * Registry that mirrors all images, such as `registry.example.com/mirror`. The images keep their paths below it.
   *
   * @default - each image comes from its own registry
   */
  readonly imageRegistry?: string;

  /**
   * Where pods run.
   *
   * @default - anywhere the scheduler likes
   */
  readonly placement?: Placement;
}

const key = 'flowyard.dev/defaults';

/** Sets the defaults of everything that will be added below `root`. */
export function setDefaults(root: Construct, defaults: Defaults): void {
  root.node.setContext(key, defaults);
}

/** The defaults that hold at a construct. */
export function defaultsOf(construct: Construct): Defaults {
  return construct.node.tryGetContext(key) ?? {};
}
