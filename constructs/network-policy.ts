import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { KubeObject } from './kube-object';

/** One end of a connection, as NetworkPolicies can tell it. */
export type NetworkPeer = k8s.NetworkPolicyPeer;

/** A port by name or number, TCP unless told otherwise. */
export type NetworkPort = string | number | { readonly port: number; readonly protocol: 'TCP' | 'UDP' };

/** Pods of the same namespace that carry `labels`; all of them without any. */
export function podsWith(labels: Readonly<Record<string, string>>): NetworkPeer {
  return { podSelector: podSelector(labels) };
}

/** Pods of another namespace, by the name label that the API server sets; all of them without `labels`. */
export function podsIn(namespace: string, labels?: Readonly<Record<string, string>>): NetworkPeer {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    ...(labels && { podSelector: { matchLabels: { ...labels } } }),
  };
}

/** Pods of all namespaces that carry `namespaceLabels`. */
export function podsOfNamespaces(namespaceLabels: Readonly<Record<string, string>>): NetworkPeer {
  return { namespaceSelector: { matchLabels: { ...namespaceLabels } } };
}

/** Addresses, such as `10.0.0.0/8`. */
export function addresses(cidr: string, except?: string[]): NetworkPeer {
  if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$|^[0-9a-f:]+\/\d{1,3}$/i.test(cidr)) {
    throw new Error(`an address range is written like '10.0.0.0/8', got '${cidr}'`);
  }
  return { ipBlock: { cidr, except } };
}

/** The cluster's name service. */
export const dnsPeers: NetworkPeer[] = [podsIn('kube-system', { 'k8s-app': 'kube-dns' })];

/** Ports of the name service. */
export const dnsPorts: NetworkPort[] = [
  { port: 53, protocol: 'UDP' },
  { port: 53, protocol: 'TCP' },
];

/** What some pods of a namespace may be reached by and may reach. Grows; never loosens what others say. */
export class NetworkRules extends Construct {
  private readonly ingress: k8s.NetworkPolicyIngressRule[] = [];
  private readonly egress: k8s.NetworkPolicyEgressRule[] = [];

  constructor(
    scope: Construct,
    id: string,
    props: { readonly name: string; readonly namespace: string; readonly pods: Readonly<Record<string, string>> },
  ) {
    super(scope, id);
    new KubeObject(this, 'Policy', k8s.KubeNetworkPolicy, {
      metadata: { name: props.name, namespace: props.namespace },
      spec: {
        podSelector: podSelector(props.pods),
        policyTypes: Lazy.any({ produce: () => this.types() }) as never,
        ingress: Lazy.any({ produce: () => listOrNothing(this.ingress) }) as never,
        egress: Lazy.any({ produce: () => listOrNothing(this.egress) }) as never,
      },
    });
  }

  /** Lets `from` in, on `ports`; on every port when none is given. */
  public addIngress(from: NetworkPeer[], ports: NetworkPort[]): void {
    this.ingress.push({ from: this.named('from', from), ports: listOrNothing(ports.map(policyPort)) });
  }

  /** Lets pods out to `to`, on `ports`; on every port when none is given. */
  public addEgress(to: NetworkPeer[], ports: NetworkPort[]): void {
    this.egress.push({ to: this.named('to', to), ports: listOrNothing(ports.map(policyPort)) });
  }

  /** A rule without peers would be open to everybody. */
  private named(side: 'from' | 'to', peers: NetworkPeer[]): NetworkPeer[] {
    if (peers.length > 0) return peers;
    throw new Error(`${this.node.path}: '${side}' must name its peers, got none; everybody is addresses('0.0.0.0/0')`);
  }

  private types(): string[] {
    return [...(this.ingress.length > 0 ? ['Ingress'] : []), ...(this.egress.length > 0 ? ['Egress'] : [])];
  }
}

/** Denies all traffic of a namespace's pods but name lookups; other rules add what is needed. */
export class DefaultDeny extends Construct {
  constructor(scope: Construct, id: string, namespace: string) {
    super(scope, id);
    new KubeObject(this, 'Deny', k8s.KubeNetworkPolicy, {
      metadata: { name: 'default-deny', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
    new NetworkRules(this, 'Dns', { name: 'allow-dns', namespace, pods: {} }).addEgress(dnsPeers, dnsPorts);
  }
}

/** Without labels it selects every pod. */
function podSelector(labels: Readonly<Record<string, string>>): k8s.LabelSelector {
  return Object.keys(labels).length > 0 ? { matchLabels: { ...labels } } : {};
}

function listOrNothing<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Plain JSON: the rules are produced after `KubeObject` has resolved its props. */
function policyPort(port: NetworkPort): k8s.NetworkPolicyPort {
  const { port: number, protocol } = typeof port === 'object' ? port : ({ port, protocol: 'TCP' } as const);
  return { port: number as unknown as k8s.IntOrString, protocol };
}
