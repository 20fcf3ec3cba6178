import type { Environment } from '../../environments';

const buckets = [{ name: 'tenants' }, { name: 'shared' }];

/** An environment once more for each part that can stand in the place of another. */
export function alternatives(environment: Environment): Environment[] {
  const stores: Environment['platform']['objectStore'][] = [
    { kind: 'minio' },
    { kind: 'seaweedfs' },
    { kind: 's3', region: 'eu-central-1', identities: 'pod-identity', buckets },
    { kind: 'gcs', project: 'acme-ml', identities: 'workload-identity', buckets },
  ];
  return stores.map(objectStore => ({ ...environment, platform: { ...environment.platform, objectStore } }));
}
