import { gpuCapacity, type NodePool } from '../../constructs';
import type { Environment } from '../schema';

/** What queues are promised and cannot be given. */
export function queueProblems({
  infrastructure,
  platform,
  tenants,
}: Pick<Environment, 'infrastructure' | 'platform' | 'tenants'>): string[] {
  const problems = tenants.flatMap(({ quota }, at) => {
    const { gpus = {}, guaranteedGpus = {} } = quota;
    const path = `'tenants.${at}.quota.guaranteedGpus'`;
    const given = Object.entries(guaranteedGpus);
    if (given.length > 0 && !platform.queues) return [`${path} needs 'platform.queues', got none`];
    return given.flatMap(([pool, count]) => {
      const most = gpus[pool] ?? 0;
      return count > most ? [`${path} must be at most the ${most} that 'gpus' has of '${pool}', got ${count}`] : [];
    });
  });
  if (!platform.queues) return problems;
  for (const pool of infrastructure.nodePools) {
    const all = gpuCapacity(pool as NodePool);
    const promised = tenants.reduce(
      (sum, { quota }) => sum + (quota.guaranteedGpus?.[pool.name] ?? quota.gpus?.[pool.name] ?? 0),
      0,
    );
    if (promised <= all) continue;
    problems.push(
      `tenants are guaranteed ${promised} accelerators of pool '${pool.name}', which has ${all}; ` +
        `lower 'quota.guaranteedGpus' of some: up to 'quota.gpus' they borrow what is idle`,
    );
  }
  return problems;
}
