import type { App } from 'cdk8s';
import { Tenant } from '../components/profiles';
import type { ObjectStore, ServiceMesh } from '../components/roles';
import { gpuResource, type NodePool } from '../constructs';
import type { Environment } from '../environments';

/** Adds a component per tenant of the environment. Quotas by node pool become quotas by extended resource. */
export function addTenants(
  app: App,
  environment: Environment,
  handles: { readonly objectStore: ObjectStore; readonly mesh?: ServiceMesh },
): void {
  const pools = new Map(environment.infrastructure.nodePools.map(pool => [pool.name, pool as NodePool]));
  for (const { name, quota, ...settings } of environment.tenants) {
    const gpus: Record<string, number> = {};
    for (const [pool, count] of Object.entries(quota.gpus ?? {})) {
      const resource = gpuResource(pools.get(pool)!)!;
      gpus[resource] = (gpus[resource] ?? 0) + count;
    }
    new Tenant(app, `tenant-${name}`, { ...settings, namespace: name, quota: { ...quota, gpus }, ...handles });
  }
}
