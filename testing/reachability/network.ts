import { BlockList } from 'node:net';
import { type GraphNode, type Manifest, selects } from '../../constructs';
import { namespaceLabels, type Outside, type PodLike, picks } from './pods';

type Direction = 'Ingress' | 'Egress';

interface Peer {
  readonly podSelector?: object;
  readonly namespaceSelector?: object;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyPort {
  readonly port?: number | string;
  readonly endPort?: number;
  readonly protocol?: string;
}

/** What network policies see of a call. */
export interface Call {
  readonly from: PodLike | Outside;
  readonly to: PodLike | Outside;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';

  /** Address that pods are taken to have where a policy names ranges; without, no range holds a pod. */
  readonly podAddress?: string;
}

/** The first network policies that stop a call; none lets it pass. */
export function stoppedByNetwork(objects: readonly GraphNode[], call: Call): string | undefined {
  return stoppedAt(objects, call, 'Egress') ?? stoppedAt(objects, call, 'Ingress');
}

function stoppedAt(objects: readonly GraphNode[], call: Call, direction: Direction): string | undefined {
  const [own, other] = direction === 'Egress' ? [call.from, call.to] : [call.to, call.from];
  if ('address' in own) return undefined;
  const policies = objects
    .map(({ manifest }) => manifest)
    .filter(
      ({ kind, metadata, spec }) =>
        kind === 'NetworkPolicy' &&
        metadata.namespace === own.namespace &&
        typesOf(spec).includes(direction) &&
        picks(spec.podSelector, own),
    );
  if (policies.length === 0) return undefined;
  const rules = policies.flatMap(({ spec }) => spec[direction === 'Egress' ? 'egress' : 'ingress'] ?? []);
  const passes = rules.some(rule => {
    const peers: Peer[] = rule[direction === 'Egress' ? 'to' : 'from'] ?? [];
    return (
      (peers.length === 0 || peers.some(peer => isPeer(objects, peer, own, other, call.podAddress))) &&
      isPort(rule.ports ?? [], call)
    );
  });
  if (passes) return undefined;
  const names = policies.map(({ metadata }) => `'${metadata.name}'`).join(', ');
  return `${direction.toLowerCase()} rules of '${own.namespace}' (${names})`;
}

function typesOf({ policyTypes, egress }: Manifest): string[] {
  return policyTypes ?? ['Ingress', ...(egress ? ['Egress'] : [])];
}

function isPeer(
  objects: readonly GraphNode[],
  { podSelector, namespaceSelector, ipBlock }: Peer,
  own: PodLike,
  other: PodLike | Outside,
  podAddress?: string,
): boolean {
  if (ipBlock) {
    const address = 'address' in other ? other.address : podAddress;
    return address !== undefined && holds(ipBlock.cidr, address) && !ipBlock.except?.some(each => holds(each, address));
  }
  if ('address' in other) return false;
  const inNamespace = namespaceSelector
    ? selects(namespaceSelector, namespaceLabels(objects, other.namespace))
    : other.namespace === own.namespace;
  return inNamespace && picks(podSelector, other);
}

function holds(cidr: string, address: string): boolean {
  const [network, prefix] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network!, Number(prefix));
  return list.check(address);
}

function isPort(ports: readonly PolicyPort[], { to, port, protocol }: Call): boolean {
  if (ports.length === 0) return true;
  return ports.some(each => {
    if ((each.protocol ?? 'TCP') !== protocol) return false;
    if (each.port === undefined) return true;
    const named = 'address' in to ? undefined : to.ports?.[each.port];
    const first = named ?? Number(each.port);
    return first <= port && port <= (each.endPort ?? first);
  });
}
