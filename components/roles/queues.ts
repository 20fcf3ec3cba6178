import type { Construct } from 'constructs';
import type { Handle } from '../../constructs';

/** Accelerators of one node pool that a queue gets. */
export interface QueuedGpus {
  /** At once, at most. */
  readonly max: number;

  /** Held for it: what others take of these while they are idle it gets back. @default - all of `max` */
  readonly guaranteed?: number;
}

/** What jobs of a queue get at once, all together. */
export interface QueueShare {
  /** CPU cores, such as `16`. */
  readonly cpu: string;

  /** Such as `64Gi`. */
  readonly memory: string;

  /** By node pool. @default - none */
  readonly gpus?: Readonly<Record<string, QueuedGpus>>;
}

/** Has jobs wait until there is room for all of their pods. */
export interface Queues extends Handle {
  /** Gives a namespace a queue, rendered below `scope`: its jobs wait there unasked. */
  addNamespace(scope: Construct, id: string, props: { readonly namespace: string; readonly share: QueueShare }): void;
}
