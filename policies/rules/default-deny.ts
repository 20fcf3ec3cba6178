import type { GraphNode, Manifest } from '../../constructs';
import type { Policy } from '../policy';

const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };

const deny = (spec: object): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny', namespace: 'team' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...spec },
});

/** Namespaces are closed until a policy opens them. */
export const defaultDeny: Policy = {
  id: 'default-deny',
  severity: 'mandatory',
  reason: 'without it every pod of the cluster reaches every other one that no policy selects',
  fix: "make the namespace with 'Namespace' of flowyard/constructs, or add 'DefaultDeny' to it",
  check: objects => {
    const closed = new Set(objects.filter(isDefaultDeny).map(({ manifest }) => manifest.metadata.namespace));
    return objects
      .filter(({ manifest: { kind, metadata } }) => kind === 'Namespace' && !closed.has(metadata.name))
      .map(({ id, manifest }) => ({
        object: id,
        message: `namespace '${manifest.metadata.name}' does not deny traffic by default`,
      }));
  },
  fixtures: {
    good: [[namespace, deny({})]],
    bad: [
      [namespace],
      [namespace, deny({ podSelector: { matchLabels: { app: 'server' } } })],
      [namespace, deny({ policyTypes: ['Ingress'] })],
      [namespace, deny({ ingress: [{}] })],
    ],
  },
};

function isDefaultDeny({ manifest }: GraphNode): boolean {
  if (manifest.kind !== 'NetworkPolicy') return false;
  const { podSelector, policyTypes = [], ingress = [], egress = [] } = manifest.spec;
  return (
    Object.keys(podSelector).length === 0 &&
    ['Ingress', 'Egress'].every(type => policyTypes.includes(type)) &&
    ingress.length + egress.length === 0
  );
}
