import type { Environment } from '../schema';
import { duplicates, ranges } from './lists';

/** Settings that one kind of object store cannot do without, and that do not go together. */
export function storeProblems({ objectStore }: Environment['platform']): string[] {
  const { kind, buckets = [], distributed, identities, tenantBucket = 'tenants' } = objectStore;
  const problems = duplicates(buckets, 'platform.objectStore.buckets', ({ name }) => name);
  const needed: Record<string, readonly (keyof typeof objectStore)[]> = {
    s3: ['region', 'identities', ...(identities === 'irsa' ? (['account'] as const) : [])],
    gcs: ['identities', ...(identities === 'workload-identity' ? (['project'] as const) : [])],
    existing: ['endpoint'],
  };
  for (const key of needed[kind] ?? []) {
    if (objectStore[key] !== undefined) continue;
    const why = key === 'account' || key === 'project' ? `identities '${identities}'` : `kind '${kind}'`;
    problems.push(`'platform.objectStore.${key}' must be given with ${why}; ${hints[key]}`);
  }
  const known = { s3: ['pod-identity', 'irsa', 'keys'], gcs: ['workload-identity', 'keys'] };
  if ((kind === 's3' || kind === 'gcs') && identities !== undefined && !known[kind].includes(identities)) {
    problems.push(
      `'platform.objectStore.identities' of kind '${kind}' must be one of '${known[kind].join("', '")}', got '${identities}'`,
    );
  }
  if (kind in needed && !buckets.some(({ name }) => name === tenantBucket)) {
    problems.push(
      `'platform.objectStore.buckets' must name '${tenantBucket}', in which tenants keep what they have; ` +
        `add it, or name another in 'tenantBucket'`,
    );
  }
  if (distributed && distributed.servers * (distributed.drivesPerServer ?? 1) < 4) {
    problems.push(
      `'platform.objectStore.distributed' must have at least 4 drives, got ${distributed.servers} servers with ` +
        `${distributed.drivesPerServer ?? 1} each`,
    );
  }
  problems.push(...ranges('platform.objectStore.addresses', objectStore.addresses ?? []));
  return problems;
}

const hints: Partial<Record<keyof Environment['platform']['objectStore'], string>> = {
  region: "write the region of the buckets, such as 'eu-central-1'",
  identities: "write 'keys' where pods have no identity of the cloud's",
  account: 'write the 12 digits of the AWS account',
  project: "write the project's id, such as 'acme-ml'",
  endpoint: "write where it answers, such as 'https://s3.example.com:9000'",
};
