import type { Component } from '../../../constructs';
import type { Bucket, StoreGrant } from '../object-store';
import { bucketProblem, mergeBuckets, overlap } from './bucket';
import { grantProblem } from './policy';

/** An identity that a store was asked for. */
export interface DeclaredIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly grants: readonly StoreGrant[];
}

/** What a store was asked for, checked as it comes in. Every implementation of the role keeps one. */
export class Declared {
  private readonly _buckets = new Map<string, Bucket>();
  private readonly _identities = new Map<string, DeclaredIdentity>();

  /**
   * @param store   whose errors these are
   * @param offered buckets that others have made; every bucket is made when left out
   */
  constructor(
    private readonly store: Component,
    private readonly offered?: readonly string[],
  ) {
    store.node.addValidation({ validate: () => this.unknownBuckets() });
  }

  /** By name. */
  public get buckets(): Bucket[] {
    return [...this._buckets.values()].sort(byName);
  }

  /** By name. */
  public get identities(): DeclaredIdentity[] {
    return [...this._identities.values()].sort(byName);
  }

  public addBucket(bucket: Bucket): void {
    const problem = bucketProblem(bucket);
    if (problem) this.store.fail(problem);
    const present = this._buckets.get(bucket.name) ?? bucket;
    const merged = mergeBuckets(present, bucket);
    if (!merged) {
      this.store.fail(
        `bucket '${bucket.name}' is declared with different settings, ${settings(present)} and ${settings(bucket)}; ` +
          'make them equal, or leave them out in one place',
      );
    }
    const contradiction = bucketProblem(merged);
    if (contradiction) this.store.fail(contradiction);
    this._buckets.set(bucket.name, merged);
  }

  public addIdentity(identity: DeclaredIdentity): void {
    const { name, grants } = identity;
    if (!/^[a-z0-9][a-z0-9-]{1,126}[a-z0-9]$/.test(name)) {
      this.store.fail(`'name' of an identity takes 3 to 128 lower-case letters, digits and hyphens, got '${name}'`);
    }
    if (this._identities.has(name)) {
      this.store.fail(`identity '${name}' is added twice; give each its own name, or all grants at once`);
    }
    const problem = grantProblem(name, grants) ?? this.collision(identity);
    if (problem) this.store.fail(problem);
    this._identities.set(name, identity);
  }

  /** Two tenants that own the same keys. */
  private collision({ name, namespace, grants }: DeclaredIdentity): string | undefined {
    for (const grant of grants.filter(({ exclusive }) => exclusive)) {
      for (const other of this._identities.values()) {
        if (other.namespace === namespace) continue;
        const met = other.grants.find(
          each => each.exclusive && each.bucket === grant.bucket && overlap(each.prefix ?? '', grant.prefix ?? ''),
        );
        if (!met) continue;
        return (
          `'grants' of identity '${name}' hold '${grant.prefix ?? ''}' of bucket '${grant.bucket}' alone, which meets ` +
          `'${met.prefix ?? ''}' of identity '${other.name}'; give each tenant a prefix of its own`
        );
      }
    }
    return undefined;
  }

  private unknownBuckets(): string[] {
    const known = this.offered ?? this.buckets.map(({ name }) => name);
    const list = known.map(name => `'${name}'`).join(', ') || 'none';
    const asked = this.offered
      ? this.buckets
          .filter(({ name }) => !known.includes(name))
          .map(
            ({ name }) =>
              `bucket '${name}' is asked for, but the buckets are ${list}; make it and name it in 'buckets'`,
          )
      : [];
    const granted = this.identities.flatMap(({ name, grants }) =>
      grants
        .filter(({ bucket }) => !known.includes(bucket) && !(this.offered && this._buckets.has(bucket)))
        .map(
          ({ bucket }) =>
            `'grants' of identity '${name}' name bucket '${bucket}', but the buckets are ${list}; ` +
            (this.offered ? `make it and name it in 'buckets'` : 'add it with addBucket()'),
        ),
    );
    return [...asked, ...granted];
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function settings({ versioning, lifecycle, retention }: Bucket): string {
  return JSON.stringify({ versioning, lifecycle, retention });
}
