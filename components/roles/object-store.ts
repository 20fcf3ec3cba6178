import type { Construct } from 'constructs';
import type { Endpoint, Handle, SecretKey } from '../../constructs';

/** What happens to the objects of a bucket as they age. */
export interface Lifecycle {
  /** Keys it holds for; ends in `/`. @default - the whole bucket */
  readonly prefix?: string;

  /** Whole days after which objects are deleted. */
  readonly expireAfterDays: number;
}

/** A bucket to be made. */
export interface Bucket {
  /** 3 to 63 characters: lower-case letters, digits, hyphens. */
  readonly name: string;

  /** Keeps old versions of objects. @default false */
  readonly versioning?: boolean;

  /** @default - objects stay */
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

/** Keeps artifacts, models and data: the S3 protocol. */
export interface ObjectStore extends Handle {
  readonly endpoint: Endpoint;

  /** Whether the endpoint speaks TLS. */
  readonly secure: boolean;
  readonly region: string;

  /** Adds a bucket. Grows the store; the order of calls does not matter. */
  addBucket(bucket: Bucket): void;

  /**
   * Makes an account with a key of its own in a Secret of `namespace`, rendered below `scope`. Nobody but the store
   * holds the root key.
   */
  addIdentity(
    scope: Construct,
    id: string,
    props: {
      readonly name: string;
      readonly namespace: string;
      readonly secretName: string;
      readonly grants: readonly StoreGrant[];
    },
  ): StoreIdentity;
}
