import type { Manifest } from '../../constructs';
import { eachObject, type Policy } from '../policy';

const secret = (fields: object): Manifest[] => [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'team' }, ...fields },
];

/** Manifests hold no secret values. */
export const noSecretValues: Policy = {
  id: 'no-secret-values',
  severity: 'mandatory',
  reason: 'manifests are kept in repositories, logs and states, where a secret is one no more',
  fix: "use 'GeneratedSecret', or let the cluster's own store of secrets fill it",
  check: eachObject(manifest => {
    if (manifest.kind !== 'Secret') return [];
    const keys = Object.keys({ ...manifest.data, ...manifest.stringData });
    return keys.length > 0 ? [`values are rendered for '${keys.join("', '")}'`] : [];
  }),
  fixtures: {
    good: [secret({ type: 'Opaque' })],
    bad: [secret({ data: { password: 'c2VjcmV0' } }), secret({ stringData: { password: 'secret' } })],
  },
};
