import type { NetworkPeer, NetworkPort } from '../../constructs';

/** What components must know of the cluster they run on. */
export interface Cluster {
  /** Where calls of the API server to webhooks come from. Differs by platform and is never guessed. */
  readonly apiServerPeers: NetworkPeer[];

  /** Where pods reach the API server, after address translation. */
  readonly apiServer: { readonly peers: NetworkPeer[]; readonly ports: NetworkPort[] };
}
