import { defineEnvironment, type Environment, loadEnvironment } from '../../../../environments';
import type { Seeded } from '../../../support/seeded';

const local = loadEnvironment('local');

/** The environment that every sequence ends in. */
export const goal: Environment = local;

const candidates: Environment['tenants'] = [
  ...local.tenants,
  {
    name: 'team-speech',
    owner: 'alan@example.com',
    members: [{ user: 'joan@example.com', role: 'view' }],
    quota: { cpu: '4', memory: '16Gi', storage: '50Gi' },
    egress: ['203.0.113.0/24'],
    labels: { 'cost-centre': 'c-4' },
  },
  { name: 'team-robots', owner: 'karel@example.com', quota: { cpu: '2', memory: '8Gi', storage: '20Gi', pods: 7 } },
];

/** An environment that differs from the goal in a few legal ways. */
export function variant(seeded: Seeded): Environment {
  const tenants = candidates
    .filter(({ name }) => seeded.chance(name === 'team-vision' ? 0.95 : 0.7))
    .map(tenant => ({
      ...tenant,
      quota: { ...tenant.quota, cpu: seeded.pick([tenant.quota.cpu, '3', '21']) },
      members: seeded.chance(0.5) ? tenant.members : [{ user: 'guest@example.com', role: 'view' as const }],
      podSecurity: seeded.pick([undefined, 'baseline' as const]),
    }));
  const buckets = [...(local.platform.objectStore.buckets ?? []), { name: 'scratch' }].filter(() => seeded.chance(0.7));
  const settings: Environment = {
    ...local,
    platform: {
      ...local.platform,
      trainingOperator: seeded.chance(0.7),
      imageRegistry: seeded.pick([undefined, undefined, 'registry.example.com/mirror']),
      nodePool: seeded.pick(['system', 'cpu', undefined]),
      objectStore: { ...local.platform.objectStore, buckets },
    },
    tenants,
  };
  return defineEnvironment(JSON.parse(JSON.stringify(settings)));
}

/** Far from the goal: nearly every component changes, objects come and go. */
export const other: Environment = defineEnvironment({
  ...local,
  platform: {
    ...local.platform,
    trainingOperator: false,
    imageRegistry: 'registry.example.com/mirror',
    nodePool: 'cpu',
    objectStore: { ...local.platform.objectStore, buckets: [{ name: 'scratch' }] },
  },
  tenants: [
    { ...candidates[0]!, members: [], labels: { 'cost-centre': 'c-1' }, egress: ['203.0.113.0/24'] },
    candidates[2]!,
    candidates[3]!,
  ],
});
