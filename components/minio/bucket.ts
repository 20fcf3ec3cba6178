import type { Bucket, Lifecycle } from '../roles';

/** What is wrong with a bucket, if anything. */
export function bucketProblem({ name, lifecycle = [] }: Bucket): string | undefined {
  if (!isBucketName(name)) {
    return (
      `'name' of a bucket takes 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends with a letter ` +
      `or digit and is no IP address, got '${name}'`
    );
  }
  const prefixes = new Set<string>();
  for (const { prefix = '', expireAfterDays } of lifecycle) {
    const wrong = prefix === '' ? undefined : prefixProblem(`lifecycle of bucket '${name}'`, prefix);
    if (wrong) return wrong;
    if (!Number.isInteger(expireAfterDays) || expireAfterDays < 1) {
      return `'expireAfterDays' of bucket '${name}' must be a whole number of at least 1, got ${expireAfterDays}`;
    }
    if (prefixes.has(prefix)) {
      return `'lifecycle' of bucket '${name}' has two rules for '${prefix || 'the whole bucket'}'; keep one`;
    }
    prefixes.add(prefix);
  }
  return undefined;
}

/** What is wrong with a prefix of keys, if anything. Wildcards and variables would widen what a policy allows. */
export function prefixProblem(where: string, prefix: string): string | undefined {
  if (!prefix.endsWith('/')) {
    return `'prefix' of ${where} must end in '/', or it would hold for longer names too, got '${prefix}'; write '${prefix}/'`;
  }
  const folders = prefix.slice(0, -1).split('/');
  if (folders.every(folder => /^[A-Za-z0-9!_.'()-]+$/.test(folder) && folder !== '.' && folder !== '..')) return;
  return `'prefix' of ${where} is a path such as 'team/data/' of letters, digits and !_.'()-, got '${prefix}'`;
}

/**
 * One bucket from two declarations of it. What one leaves out the other decides; undefined when they contradict each
 * other.
 */
export function mergeBuckets(a: Bucket, b: Bucket): Bucket | undefined {
  const versioning = a.versioning ?? b.versioning;
  const lifecycle = a.lifecycle ?? b.lifecycle;
  const merged = { name: a.name, versioning, lifecycle };
  const kept = [a, b].every(
    one =>
      (one.versioning ?? versioning) === versioning &&
      JSON.stringify(rulesOf(one.lifecycle ?? lifecycle)) === JSON.stringify(rulesOf(lifecycle)),
  );
  return kept ? merged : undefined;
}

/** The bucket's lifecycle as S3 writes it; undefined when objects stay. */
export function lifecycleConfiguration({ versioning, lifecycle }: Bucket): object | undefined {
  const rules = rulesOf(lifecycle).map(({ prefix, days }, index) => ({
    ID: `expire-${index + 1}`,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    Expiration: { Days: days },
    // In a versioned bucket an expired object becomes an old version, which would stay for ever.
    ...(versioning && { NoncurrentVersionExpiration: { NoncurrentDays: days } }),
  }));
  return rules.length > 0 ? { Rules: rules } : undefined;
}

function rulesOf(lifecycle: readonly Lifecycle[] = []): { prefix: string; days: number }[] {
  return lifecycle
    .map(({ prefix = '', expireAfterDays }) => ({ prefix, days: expireAfterDays }))
    .sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name)
  );
}
