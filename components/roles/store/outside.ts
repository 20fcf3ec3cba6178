import { addresses, type Component, type NetworkPeer } from '../../../constructs';

/** The internet without the private ranges, which hold the cluster itself and the clouds' metadata servers. */
export const internet: NetworkPeer[] = [
  addresses('0.0.0.0/0', ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']),
];

/** Says that the Secret of an identity will be there, with a key that may do what its grants say. */
export function expectKey(
  store: Component,
  secret: { readonly namespace: string; readonly name: string },
  reason: string,
): void {
  store.expectExisting({ group: '', kind: 'Secret', ...secret, reason });
}
