import type { Construct } from 'constructs';
import type { Endpoint, Handle, SecretKey } from '../../constructs';

/** What happens to the objects of a bucket as they age. */
export interface Lifecycle {
  /** Keys it holds for; ends in `/`. @default - the whole bucket */
  readonly prefix?: string;

  /** Whole days after which objects are deleted, old versions of them included. */
  readonly expireAfterDays: number;
}

/**
 * A bucket to be made: private, whatever else is said. Several parts may name the same one; what one leaves out another
 * decides, and contradictions are errors.
 */
export interface Bucket {
  /** 3 to 63 characters: lower-case letters, digits, hyphens, and dots inside. */
  readonly name: string;

  /** Keeps old versions of objects. @default - as others say, otherwise false */
  readonly versioning?: boolean;

  /** Replaces all rules of the bucket. @default - as others say, otherwise objects stay */
  readonly lifecycle?: readonly Lifecycle[];
}

/** What an identity may do. */
export interface StoreGrant {
  readonly bucket: string;

  /** Keys it holds for; ends in `/`, so that no name is the prefix of another's. @default - the whole bucket */
  readonly prefix?: string;

  readonly access: 'read' | 'readWrite';
}

/** An account of the object store, and where its key is kept. */
export interface StoreIdentity {
  /** Secret with the two keys. */
  readonly secretName: string;
  readonly accessKey: SecretKey;
  readonly secretKey: SecretKey;
}

/** An account to be made in a store. */
export interface StoreIdentityProps {
  /** The access key: 3 to 128 lower-case letters, digits and hyphens, unique in the store. */
  readonly name: string;

  /** Where the Secret is. */
  readonly namespace: string;

  /** Secret with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. */
  readonly secretName: string;

  /** What the account may do; at least one. */
  readonly grants: readonly StoreGrant[];
}

/** Keeps artifacts, models and data: the S3 protocol. */
export interface ObjectStore extends Handle {
  /** `url()` has the scheme, `hostPort` has none: clients differ in which they take. */
  readonly endpoint: Endpoint;

  /** Whether the endpoint speaks TLS. */
  readonly secure: boolean;
  readonly region: string;

  /** Adds a bucket. Grows the store; the order of calls does not matter. */
  addBucket(bucket: Bucket): void;

  /**
   * Makes an account with a key of its own in a Secret of `namespace`, rendered below `scope`, and lets the pods of that
   * namespace in. Nobody but the store holds the root key. The account may do what its grants say and nothing else; the
   * buckets it names must be added, before or after.
   */
  addIdentity(scope: Construct, id: string, props: StoreIdentityProps): StoreIdentity;
}
