import type { App } from 'cdk8s';
import { Tenant, type TenantProps } from '../components/profiles';
import type { QueueShare, Queues } from '../components/roles';
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
  {
    queues,
    ...shared
  }: Pick<TenantProps, 'bucket' | 'extensions' | 'objectStore' | 'mesh' | 'workflows' | 'tuning'> & {
    readonly queues?: Queues;
  },
): void {
  const pools = new Map(environment.infrastructure.nodePools.map(pool => [pool.name, pool as NodePool]));
  for (const { name, quota, ...settings } of environment.tenants) {
    const gpus: Record<string, number> = {};
    for (const [pool, count] of Object.entries(quota.gpus ?? {})) {
      const resource = gpuResource(pools.get(pool)!)!;
      gpus[resource] = (gpus[resource] ?? 0) + count;
    }
    const queue = queues && { queues, share: shareOf(quota) };
    const { guaranteedGpus: _, ...ceilings } = quota;
    new Tenant(app, `tenant-${name}`, { ...settings, namespace: name, quota: { ...ceilings, gpus }, queue, ...shared });
  }
}

/** What its jobs get at once: its quota, and of accelerators what it is guaranteed and what it may borrow. */
function shareOf({ cpu, memory, gpus = {}, guaranteedGpus = {} }: Environment['tenants'][number]['quota']): QueueShare {
  const pools = Object.entries(gpus).map(([pool, max]) => [pool, { max, guaranteed: guaranteedGpus[pool] }]);
  return { cpu, memory, gpus: Object.fromEntries(pools) };
}
