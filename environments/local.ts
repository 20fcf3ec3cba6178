import { defineEnvironment } from './define';

/** A laptop: an embedded control plane with simulated nodes, a small platform, two teams. What `npm run up` deploys. */
export default defineEnvironment({
  name: 'local',

  infrastructure: {
    kind: 'embedded',
    nodePools: [
      { name: 'system', nodes: 2, cpu: 4, memory: '16Gi' },
      { name: 'cpu', nodes: 2, cpu: 8, memory: '32Gi' },
      { name: 'gpu-l4', nodes: 2, cpu: 16, memory: '64Gi', gpu: { type: 'nvidia-l4', count: 4 } },
    ],
    apiServer: {
      // Clusters on one machine live in private ranges, whichever tool made them.
      callsFrom: ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      addresses: ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      ports: [443, 6443],
    },
  },

  platform: {
    version: '26.03.1',
    nodePool: 'system',
    objectStore: {
      kind: 'minio',
      capacity: '20Gi',
      buckets: [{ name: 'shared', versioning: true, lifecycle: [{ prefix: 'scratch/', expireAfterDays: 7 }] }],
    },
    database: { kind: 'mysql', capacity: '10Gi' },
    serviceMesh: { kind: 'istio' },
    trainingOperator: true,
    workflows: { kind: 'argo' },
    trainer: true,
    katib: true,
  },

  tenants: [
    {
      name: 'team-vision',
      owner: 'ada@example.com',
      members: [{ user: 'grace@example.com', role: 'edit' }],
      quota: { cpu: '16', memory: '64Gi', storage: '200Gi', gpus: { 'gpu-l4': 4 } },
    },
    {
      name: 'team-forecast',
      owner: 'edsger@example.com',
      members: [{ user: 'barbara@example.com', role: 'view' }],
      quota: { cpu: '8', memory: '32Gi', storage: '100Gi' },
    },
  ],
});
