import type { k8s } from 'cdk8s-plus-27';
import type { Manifest } from '../../constructs';
import { eachObject, type Policy } from '../policy';

const role = (apiGroups: string[], resources: string[], verbs: string[]): Manifest[] => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'server' },
    rules: [{ apiGroups, resources, verbs }],
  },
];

/** Rights name what they are for. */
export const namedRights: Policy = {
  id: 'named-rights',
  severity: 'mandatory',
  reason: 'a wildcard gives rights over kinds that nobody has thought of, those of tomorrow among them',
  fix: 'name each group, resource and verb',
  check: eachObject(manifest => {
    if (!['Role', 'ClusterRole'].includes(manifest.kind)) return [];
    return ((manifest.rules ?? []) as k8s.PolicyRule[]).flatMap((rule, at) =>
      (['apiGroups', 'resources', 'verbs'] as const)
        .filter(field => rule[field]?.includes('*'))
        .map(field => `'rules.${at}.${field}' holds '*'`),
    );
  }),
  fixtures: {
    good: [role([''], ['pods'], ['get', 'list'])],
    bad: [role(['*'], ['pods'], ['get']), role([''], ['*'], ['get']), role([''], ['pods'], ['*'])],
  },
};
