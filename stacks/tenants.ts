import type { App } from 'cdk8s';
import { Tenant, type TenantProps } from '../components/profiles';
import { gpuResource, type NodePool } from '../constructs';
import type { Environment } from '../environments';

/**
 * Adds a component per tenant of the environment. Quotas by node pool become quotas by extended resource.
 *
 * @param shared what all tenants have in common
 */
export function addTenants(
  app: App,
  environment: Environment,
  shared: Pick<TenantProps, 'bucket' | 'extensions' | 'objectStore' | 'mesh' | 'workflows' | 'tuning'>,
): void {
  const pools = new Map(environment.infrastructure.nodePools.map(pool => [pool.name, pool as NodePool]));
  for (const { name, quota, ...settings } of environment.tenants) {
    const gpus: Record<string, number> = {};
    for (const [pool, count] of Object.entries(quota.gpus ?? {})) {
      const resource = gpuResource(pools.get(pool)!)!;
      gpus[resource] = (gpus[resource] ?? 0) + count;
    }
    new Tenant(app, `tenant-${name}`, { ...settings, namespace: name, quota: { ...quota, gpus }, ...shared });
  }
}
