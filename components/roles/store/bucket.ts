import type { Bucket, Lifecycle, Retention } from '../object-store';

/** What is wrong with a bucket, if anything. */
export function bucketProblem(bucket: Bucket): string | undefined {
  const { name, lifecycle = [], retention = [] } = bucket;
  if (!isBucketName(name)) {
    return (
      `'name' of a bucket takes 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends with a letter ` +
      `or digit and is no IP address, got '${name}'`
    );
  }
  return (
    rulesProblem(name, 'lifecycle', 'expireAfterDays', lifecycle) ??
    rulesProblem(name, 'retention', 'restorableForDays', retention) ??
    retentionProblem(bucket)
  );
}

function rulesProblem<K extends string>(
  bucket: string,
  list: string,
  days: K,
  rules: readonly ({ readonly prefix?: string } & Readonly<Record<K, number>>)[],
): string | undefined {
  const prefixes = new Set<string>();
  for (const rule of rules) {
    const { prefix = '', [days]: count } = rule;
    const wrong = prefix === '' ? undefined : prefixProblem(`${list} of bucket '${bucket}'`, prefix);
    if (wrong) return wrong;
    if (!Number.isInteger(count) || count < 1) {
      return `'${days}' of bucket '${bucket}' must be a whole number of at least 1, got ${count}`;
    }
    if (prefixes.has(prefix)) {
      return `'${list}' of bucket '${bucket}' has two rules for '${prefix || 'the whole bucket'}'; keep one`;
    }
    prefixes.add(prefix);
  }
  return undefined;
}

/** A rule for old versions that is shorter than another for the same keys wins, so that it would undo the protection. */
function retentionProblem({ name, versioning, lifecycle = [], retention = [] }: Bucket): string | undefined {
  if (retention.length === 0) return undefined;
  if (versioning === false) {
    return `'retention' of bucket '${name}' needs old versions, got 'versioning' false; set it to true`;
  }
  for (const { prefix = '', restorableForDays } of retention) {
    for (const other of lifecycle) {
      if (!overlap(prefix, other.prefix ?? '') || (other.prefix ?? '') === prefix) continue;
      if (other.expireAfterDays >= restorableForDays) continue;
      return (
        `'lifecycle' of bucket '${name}' removes what is below '${other.prefix ?? ''}' after ${other.expireAfterDays} ` +
        `days, old versions too, but 'retention' keeps '${prefix}' restorable for ${restorableForDays}; ` +
        `make it at least ${restorableForDays} days`
      );
    }
    const inner = retention.find(
      other => other.prefix !== prefix && overlap(prefix, other.prefix ?? '') && (other.prefix ?? '') !== prefix,
    );
    if (inner) {
      return `'retention' of bucket '${name}' protects '${prefix}' and '${inner.prefix ?? ''}', one inside the other; keep one`;
    }
  }
  return undefined;
}

/** Whether some key is below both prefixes. */
export function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
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
  const merged: Bucket = {
    name: a.name,
    versioning: a.versioning ?? b.versioning,
    lifecycle: a.lifecycle ?? b.lifecycle,
    retention: a.retention ?? b.retention,
  };
  const kept = [a, b].every(
    one =>
      (one.versioning ?? merged.versioning) === merged.versioning &&
      same(one.lifecycle ?? merged.lifecycle, merged.lifecycle) &&
      same(one.retention ?? merged.retention, merged.retention),
  );
  return kept ? merged : undefined;
}

/** Whether old versions are kept: asked for, or needed to bring objects back. */
export function isVersioned({ versioning, retention = [] }: Bucket): boolean {
  return versioning ?? retention.length > 0;
}

/** The bucket's lifecycle as S3 writes it; undefined when objects stay. */
export function lifecycleConfiguration(bucket: Bucket): object | undefined {
  const { lifecycle = [], retention = [] } = bucket;
  const versioned = isVersioned(bucket);
  const restorable = new Map(retention.map(({ prefix = '', restorableForDays }) => [prefix, restorableForDays]));
  const expiring = sorted(lifecycle).map(({ prefix = '', expireAfterDays: days }) => {
    // In a versioned bucket an expired object becomes an old version, which would stay for ever.
    const old = restorable.get(prefix) ?? days;
    restorable.delete(prefix);
    return {
      Filter: { Prefix: prefix },
      Expiration: { Days: days },
      ...(versioned && { NoncurrentVersionExpiration: { NoncurrentDays: old } }),
    };
  });
  const kept = sorted(retention)
    .filter(({ prefix = '' }) => restorable.has(prefix))
    .map(({ prefix = '', restorableForDays }) => ({
      Filter: { Prefix: prefix },
      NoncurrentVersionExpiration: { NoncurrentDays: restorableForDays },
    }));
  const rules = [
    ...expiring.map((rule, index) => ({ ID: `expire-${index + 1}`, Status: 'Enabled', ...rule })),
    ...kept.map((rule, index) => ({ ID: `restore-${index + 1}`, Status: 'Enabled', ...rule })),
  ];
  return rules.length > 0 ? { Rules: rules } : undefined;
}

function same(a: readonly (Lifecycle | Retention)[] = [], b: readonly (Lifecycle | Retention)[] = []): boolean {
  const text = (rules: typeof a) => JSON.stringify(sorted(rules).map(rule => Object.entries(rule).sort()));
  return text(a) === text(b);
}

function sorted<R extends { readonly prefix?: string }>(rules: readonly R[]): R[] {
  return rules.map(rule => ({ ...rule, prefix: rule.prefix ?? '' })).sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name)
  );
}
