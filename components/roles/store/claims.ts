import { Component } from '../../../constructs';

/** Buckets of a server that one store answers for; all of them when none are named. */
export interface StoreClaim {
  readonly server: string;
  readonly buckets?: readonly string[];
}

const claims = Symbol.for('flowyard.storeClaim');

/** Says that `store` answers for buckets of a server. Two that answer for the same would undo each other's work. */
export function claim(store: Component, claimed: StoreClaim): void {
  for (const other of store.node.root.node.findAll().filter(Component.isComponent)) {
    const theirs = (other as { [claims]?: StoreClaim })[claims];
    if (other === store || theirs?.server !== claimed.server) continue;
    const shared = claimed.buckets?.find(name => theirs.buckets?.includes(name) ?? true);
    if (claimed.buckets && theirs.buckets && shared === undefined) continue;
    const what = shared === undefined ? `'${claimed.server}'` : `bucket '${shared}' of '${claimed.server}'`;
    store.fail(`${what} is claimed by '${other.node.path}' already; use that store, or give this one another name`);
  }
  Object.defineProperty(store, claims, { value: claimed });
}
