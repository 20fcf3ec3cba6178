import type { App } from 'cdk8s';
import type { Certificates, ObjectStore, ServiceMesh } from '../components/roles';
import { S3 } from '../components/s3';
import { podsIn } from '../constructs';
import type { Environment } from '../environments';
import type { PartId, Parts, PropsOf } from './parts';

/** What a store of the platform may need. */
interface Needs {
  readonly app: App;
  readonly mesh?: ServiceMesh;
  readonly certificates: Certificates;
  readonly add: <Id extends PartId>(id: Id, settings: PropsOf<Id>) => Parts[Id];
}

/** The object store that an environment asks for: beyond this, no part knows which it is. */
export function addObjectStore(environment: Environment, needs: Needs): ObjectStore {
  const store = makeObjectStore(environment, needs);
  for (const bucket of environment.platform.objectStore.buckets ?? []) store.addBucket(bucket);
  return store;
}

function makeObjectStore({ name, infrastructure, platform }: Environment, needs: Needs): ObjectStore {
  const { objectStore } = platform;
  const { capacity, buckets = [], keyGeneration, distributed, metrics, region, endpoint, addresses } = objectStore;
  const { app, mesh, add } = needs;
  const certificates = objectStore.tls ? needs.certificates : undefined;
  const run = { mesh, certificates, capacity, keyGeneration, storageClass: infrastructure.storageClass };
  const there = buckets.map(bucket => bucket.name);
  const prefix = objectStore.identityPrefix ?? `${name.slice(0, 11).replace(/-+$/, '')}-`;
  const keys = { kind: 'keys' } as const;
  switch (objectStore.kind) {
    case 'minio':
      return add('minio', {
        ...{ ...run, distributed },
        metrics: metrics && { access: metrics.access, from: [podsIn(metrics.namespace)] },
      });
    case 'seaweedfs':
      return add('seaweedfs', run);
    case 's3': {
      const { identities, account = '' } = objectStore;
      const known = {
        'pod-identity': { kind: 'podIdentity', rolePrefix: prefix } as const,
        irsa: { kind: 'irsa', rolePrefix: prefix, accountId: account } as const,
        'workload-identity': keys,
        keys,
      };
      return add('s3', {
        ...{ region: region!, endpoint, addresses },
        ...{ buckets: there, identities: known[identities!] },
      });
    }
    case 'gcs': {
      const { identities, project = '' } = objectStore;
      return add('gcs', {
        buckets: there,
        identities:
          identities === 'workload-identity' ? { kind: 'workloadIdentity', project, accountPrefix: prefix } : keys,
      });
    }
    case 'existing':
      return S3.fromExisting(app, 's3', { endpoint: endpoint!, region, addresses, buckets: there });
  }
}
