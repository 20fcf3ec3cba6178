import { defineEnvironment } from './define';

/**
 * Every part that there is, chosen as upstream chooses: what fidelity, snapshots and scorecards are measured on. It has
 * upstream's example user as its only tenant.
 */
export default defineEnvironment({
  name: 'full',

  infrastructure: {
    kind: 'embedded',
    devicePlugin: true,
    nodePools: [
      { name: 'system', nodes: 3, cpu: 8, memory: '32Gi' },
      { name: 'gpu-l4', nodes: 1, cpu: 16, memory: '64Gi', gpu: { type: 'nvidia-l4', count: 4 } },
    ],
    apiServer: {
      callsFrom: ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      addresses: ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      ports: [443, 6443],
    },
  },

  platform: {
    version: '26.03.1',
    objectStore: { kind: 'seaweedfs', capacity: '20Gi' },
    database: { kind: 'mysql' },
    serviceMesh: { kind: 'istio' },
    trainingOperator: true,
    workflows: { kind: 'argo' },
    trainer: true,
    katib: true,
    queues: { kind: 'kueue' },
  },

  tenants: [
    {
      name: 'kubeflow-user-example-com',
      owner: 'user@example.com',
      quota: { cpu: '16', memory: '64Gi', storage: '200Gi', gpus: { 'gpu-l4': 2 } },
    },
  ],
});
