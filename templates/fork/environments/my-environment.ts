import { defineEnvironment } from 'flowyard/environments';

/** Where private clusters live, embedded ones among them; narrow it for one that others reach. */
const privateRanges = ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

export default defineEnvironment({
  name: 'my-environment',

  infrastructure: {
    // 'existing' for a cluster that you have.
    kind: 'embedded',
    nodePools: [
      { name: 'system', nodes: 2, cpu: 4, memory: '16Gi' },
      { name: 'gpu-l4', nodes: 1, cpu: 16, memory: '64Gi', gpu: { type: 'nvidia-l4', count: 4 } },
    ],
    apiServer: { callsFrom: privateRanges, addresses: privateRanges, ports: [443, 6443] },
  },

  platform: {
    version: '26.03.1',
    nodePool: 'system',
    objectStore: { kind: 'minio', capacity: '20Gi' },
    trainingOperator: true,
  },

  tenants: [
    {
      name: 'team-vision',
      owner: 'ada@example.com',
      quota: { cpu: '16', memory: '64Gi', storage: '200Gi', gpus: { 'gpu-l4': 4 } },
    },
  ],
});
