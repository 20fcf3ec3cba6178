import { defineEnvironment, loadEnvironment } from 'flowyard/environments';

const local = loadEnvironment('local');

export default defineEnvironment({
  ...local,
  name: 'staging',
  platform: { ...local.platform, objectStore: { kind: 'minio', capacity: '100Gi' } },
  tenants: [{ name: 'team-fraud', owner: 'ada@example.com', quota: { cpu: '32', memory: '128Gi', storage: '1Ti' } }],
});
