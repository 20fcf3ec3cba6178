import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { KubeObject, type NetworkPeer, type NetworkPort, podsIn, ServiceAccount } from '../../constructs';
import type { Cluster } from '../roles';
import { grantSuggestion } from './rbac';

/** Account of suggestion services, in each namespace that has experiments. */
export const suggestionAccount = 'katib-suggestion';

/** Labels that Katib puts on pods. Their values differ by experiment. */
const suggestionLabel = 'katib.kubeflow.org/suggestion';
const trialLabel = 'katib.kubeflow.org/trial';

/** Ports of the services of an experiment. */
const servicePorts = { suggestion: 6789, earlyStopping: 6788 };

/** Who is called, and by whom. */
export interface TuningPeers {
  readonly cluster: Cluster;
  readonly controller: { readonly namespace: string; readonly selector: Readonly<Record<string, string>> };
  readonly dbManager: { readonly namespace: string; readonly selector: Readonly<Record<string, string>> };
  readonly dbManagerPort: number;
}

/** What a namespace must carry so that trials in it report: it lets Katib put its collector beside them. */
export const observedNamespaces = { 'katib.kubeflow.org/metrics-collector-injection': 'enabled' };

/** Pods that serve or are trials of experiments, in all namespaces that have some: one more changes nothing here. */
export const tuningPods = {
  suggestions: peer(suggestionLabel),
  trials: peer(trialLabel),
};

function peer(label: string): NetworkPeer {
  return { namespaceSelector: { matchLabels: observedNamespaces }, podSelector: withLabel(label) };
}

/** Ports on which the controller calls the services of an experiment. */
export const suggestionPorts: NetworkPort[] = Object.values(servicePorts);

/** What a namespace has so that experiments run in it. */
export class TuningNamespace extends Construct {
  constructor(scope: Construct, id: string, props: { readonly namespace: string; readonly peers: TuningPeers }) {
    super(scope, id);
    const { namespace, peers } = props;
    // The service of early stopping calls the API server; the Deployment that Katib makes leaves the token to the account.
    const account = new ServiceAccount(this, 'Account', { name: suggestionAccount, namespace, mountsToken: true });
    grantSuggestion(this, account);
    const dbManager = {
      to: [podsIn(peers.dbManager.namespace, peers.dbManager.selector)],
      ports: ports([peers.dbManagerPort]),
    };
    this.policy('Suggestions', 'katib-suggestions', namespace, suggestionLabel, {
      ingress: [
        {
          from: [podsIn(peers.controller.namespace, peers.controller.selector)],
          ports: ports(suggestionPorts),
        },
      ],
      egress: [dbManager, { to: peers.cluster.apiServer.peers, ports: ports(peers.cluster.apiServer.ports) }],
    });
    this.policy('Trials', 'katib-trials', namespace, trialLabel, { egress: [dbManager] });
  }

  private policy(
    id: string,
    name: string,
    namespace: string,
    label: string,
    rules: Pick<k8s.NetworkPolicySpec, 'ingress' | 'egress'>,
  ): void {
    new KubeObject(this, id, k8s.KubeNetworkPolicy, {
      metadata: { name, namespace },
      spec: {
        podSelector: withLabel(label),
        policyTypes: [...(rules.ingress ? ['Ingress'] : []), ...(rules.egress ? ['Egress'] : [])],
        ...rules,
      },
    });
  }
}

function withLabel(key: string): k8s.LabelSelector {
  return { matchExpressions: [{ key, operator: 'Exists' }] };
}

function ports(list: readonly NetworkPort[]): k8s.NetworkPolicyPort[] {
  return list.map(port => {
    const { port: number, protocol } = typeof port === 'object' ? port : ({ port, protocol: 'TCP' } as const);
    return { port: number as unknown as k8s.IntOrString, protocol };
  });
}
