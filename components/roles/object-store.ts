import type { Construct } from 'constructs';
import type { Endpoint, Handle, SecretKey, ServiceAccount } from '../../constructs';

/** What happens to the objects of a bucket as they age. */
export interface Lifecycle {
  /** Keys it holds for; ends in `/`. @default - the whole bucket */
  readonly prefix?: string;

  /** Whole days after which objects are deleted, old versions of them included. */
  readonly expireAfterDays: number;
}

/** A part of a bucket from which nothing is lost at once. */
export interface Retention {
  /** Keys it holds for; ends in `/`. @default - the whole bucket */
  readonly prefix?: string;

  /**
   * Whole days for which an object that was deleted or overwritten can be brought back by who runs the store. Identities
   * cannot end it. The bucket must keep versions.
   */
  readonly restorableForDays: number;
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

  /** What can be brought back, and for how long. @default - as others say, otherwise old versions stay */
  readonly retention?: readonly Retention[];
}

/** What an identity may do. */
export interface StoreGrant {
  readonly bucket: string;

  /** Keys it holds for; ends in `/`, so that no name is the prefix of another's. @default - the whole bucket */
  readonly prefix?: string;

  readonly access: 'read' | 'readWrite';

  /** Belongs to one tenant: an exclusive grant of another namespace that meets it is an error. @default false */
  readonly exclusive?: boolean;
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

  /** Other names of the two keys, for code that reads fixed ones. @default - those above */
  readonly secretKeys?: { readonly accessKey: string; readonly secretKey: string };

  /** What the account may do; at least one. */
  readonly grants: readonly StoreGrant[];
}

/** Pods that are to be known by their service account. */
export interface StoreAccountProps {
  /** The identity: as that of a key, unique in the store. */
  readonly name: string;

  /** Account of the pods. Gets the cloud's annotation where one is needed. */
  readonly account: ServiceAccount;

  readonly grants: readonly StoreGrant[];
}

/**
 * Pods that the store knows by their service account: they hold no key, and their client takes the cloud's own
 * credentials. The launcher of Kubeflow Pipelines cannot (kubeflow/pipelines#14097, #3405): it needs a `StoreIdentity`.
 */
export interface StoreAccount {
  /** What their client speaks: by S3, the endpoint; Google's own protocol reaches the same buckets. */
  readonly protocol: 's3' | 'gcs';

  /** What the cloud knows the pods as: a role's ARN, a service account's e-mail address. */
  readonly principal: string;
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

  /**
   * Lets the pods of a service account in without a key. Undefined where the store knows no accounts: then ask for a key.
   * Absent from stores that never know any.
   */
  tryAddAccount?(scope: Construct, id: string, props: StoreAccountProps): StoreAccount | undefined;
}
