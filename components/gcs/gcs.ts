import type { Construct } from 'constructs';
import {
  addresses,
  Component,
  type ComponentProps,
  type Endpoint,
  ExternalEndpoint,
  NetworkRules,
} from '../../constructs';
import type {
  Bucket,
  ObjectStore,
  StoreAccount,
  StoreAccountProps,
  StoreGrant,
  StoreIdentity,
  StoreIdentityProps,
} from '../roles';
import { claim, Declared, expectKey, internet, shortened } from '../roles/store';

/** How pods prove who they are. */
export type GcsIdentities =
  /**
   * Workload Identity of GKE, by annotation. Service accounts of `project` have names that begin with `accountPrefix`, so
   * that they are known before there is any.
   */
  | { readonly kind: 'workloadIdentity'; readonly project: string; readonly accountPrefix: string }
  /** HMAC keys alone, in Secrets that others make. */
  | { readonly kind: 'keys' };

/** Properties of `Gcs`. */
export interface GcsProps extends ComponentProps<Gcs> {
  /** Names of the buckets that are there. What others ask for must be among them. */
  readonly buckets: readonly string[];
  readonly identities: GcsIdentities;

  /** What clients of the S3 protocol sign with. @default 'auto' */
  readonly region?: string;
}

/** Rights that somebody must give: a cloud's program, or an administrator. */
export interface GcsAccess {
  /** The identity. */
  readonly name: string;
  readonly namespace: string;

  /** The service account that the pods of `serviceAccount` act as, or whose HMAC key lies in `secretName`. */
  readonly by:
    | { readonly kind: 'account'; readonly serviceAccount: string; readonly email: string }
    | { readonly kind: 'key'; readonly secretName: string };

  /** Roles on buckets, with the condition that limits them to a prefix. */
  readonly bindings: readonly { readonly bucket: string; readonly role: string; readonly condition?: string }[];
}

/**
 * Buckets of Google Cloud Storage. Nothing is run: the buckets, service accounts and keys are made by a cloud's program or
 * by hand, from what `access` and `buckets` tell.
 *
 * Pods whose client speaks Google's protocol hold no key. What speaks S3, the launcher of Kubeflow Pipelines among them,
 * needs an HMAC key: `addIdentity` counts on one that others make, limited to its grants.
 *
 * @example
 * const store = new Gcs(app, 'gcs', {
 *   buckets: ['acme-tenants'],
 *   identities: { kind: 'workloadIdentity', project: 'acme-ml', accountPrefix: 'prod-' },
 * });
 */
export class Gcs extends Component implements ObjectStore {
  /** The S3 protocol. */
  public readonly endpoint: Endpoint = new ExternalEndpoint('storage.googleapis.com', 443, internet);

  public readonly secure = true;
  public readonly region: string;

  private readonly declared: Declared;
  private readonly identities: GcsIdentities;
  private readonly _access: GcsAccess[] = [];

  constructor(scope: Construct, id: string, props: GcsProps) {
    super(scope, id, props, 'kubeflow');
    const { buckets, identities, region = 'auto' } = props;
    if (identities.kind === 'workloadIdentity') {
      if (!/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(identities.project)) {
        this.fail(`'identities.project' takes a project's id such as 'acme-ml', got '${identities.project}'`);
      }
      if (!/^[a-z][a-z0-9-]{0,11}$/.test(identities.accountPrefix)) {
        this.fail(
          `'identities.accountPrefix' takes up to 12 lower-case letters, digits and hyphens such as 'prod-', got '${identities.accountPrefix}'`,
        );
      }
    }
    this.declared = new Declared(this, buckets);
    this.region = region;
    this.identities = identities;
    claim(this, { server: this.endpoint.hostPort, buckets });
    this.extend(props.extensions);
  }

  /** What was asked of the buckets, by name: for who makes them. */
  public get buckets(): Bucket[] {
    return this.declared.buckets;
  }

  /** Rights that must be given, in the order they were asked for. */
  public get access(): GcsAccess[] {
    return [...this._access];
  }

  public addBucket(bucket: Bucket): void {
    this.declared.addBucket(bucket);
  }

  public addIdentity(_scope: Construct, _id: string, props: StoreIdentityProps): StoreIdentity {
    const { name, namespace, secretName, grants } = props;
    const { accessKey, secretKey } = props.secretKeys ?? defaultKeys;
    this.declare({ name, namespace, grants }, { kind: 'key', secretName });
    expectKey(
      this,
      { namespace, name: secretName },
      `the HMAC key of identity '${name}' is made by who runs the store, with '${accessKey}' and '${secretKey}'`,
    );
    const key = (each: string) => ({ namespace, name: secretName, key: each });
    return { secretName, accessKey: key(accessKey), secretKey: key(secretKey) };
  }

  public tryAddAccount(scope: Construct, id: string, props: StoreAccountProps): StoreAccount | undefined {
    if (this.identities.kind === 'keys') return undefined;
    const { name, account, grants } = props;
    const { namespace } = account;
    const { project, accountPrefix } = this.identities;
    const email = `${shortened(`${accountPrefix}${name}`, 30)}@${project}.iam.gserviceaccount.com`;
    this.declare({ name, namespace, grants }, { kind: 'account', serviceAccount: account.name, email });
    account.annotate('iam.gke.io/gcp-service-account', email);
    // GKE answers at both for the metadata server, which hands out tokens of this account alone.
    const rules = { name: shortened(`workload-identity-${name}`, 63), namespace, pods: {} };
    const network = new NetworkRules(scope, id, rules);
    network.addEgress([addresses('169.254.169.254/32')], [80]);
    network.addEgress([addresses('169.254.169.252/32')], [988]);
    return { protocol: 'gcs', principal: email };
  }

  private declare(
    identity: { readonly name: string; readonly namespace: string; readonly grants: readonly StoreGrant[] },
    by: GcsAccess['by'],
  ): void {
    this.declared.addIdentity(identity);
    const { name, namespace, grants } = identity;
    this._access.push({ name, namespace, by, bindings: grants.map(binding) });
  }
}

/** Listing is asked of the bucket, so that its condition is about the prefix that is asked for. */
function binding({ bucket, prefix, access }: StoreGrant): GcsAccess['bindings'][number] {
  const role = access === 'read' ? 'roles/storage.objectViewer' : 'roles/storage.objectUser';
  if (prefix === undefined) return { bucket, role };
  const objects = `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${prefix}")`;
  const lists = `api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("${prefix}")`;
  return { bucket, role, condition: `${objects} || ${lists}` };
}

const defaultKeys = { accessKey: 'AWS_ACCESS_KEY_ID', secretKey: 'AWS_SECRET_ACCESS_KEY' };
