import type { Construct } from 'constructs';
import {
  addresses,
  Component,
  type ComponentProps,
  Endpoint,
  ExternalEndpoint,
  type NetworkPeer,
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
import { claim, Declared, expectKey, internet, type PolicyDocument, policyDocument, shortened } from '../roles/store';

/** How pods prove who they are. Names of roles begin with `rolePrefix`, so that they are known before there is any. */
export type S3Identities =
  /** EKS Pod Identity: an association for each service account, see `S3.access`. */
  | { readonly kind: 'podIdentity'; readonly rolePrefix: string }
  /** IAM roles for service accounts, by annotation. `accountId` is the AWS account: 12 digits. */
  | { readonly kind: 'irsa'; readonly rolePrefix: string; readonly accountId: string }
  /** Keys alone, in Secrets that others make. */
  | { readonly kind: 'keys' };

/** Properties of `S3`. */
export interface S3Props extends ComponentProps<S3> {
  /** Such as `eu-central-1`. */
  readonly region: string;

  /** Names of the buckets that are there. What others ask for must be among them. */
  readonly buckets: readonly string[];

  readonly identities: S3Identities;

  /** Where it answers, such as `https://s3.example.com:9000`. @default - AWS's of the region */
  readonly endpoint?: string;

  /** Address ranges of the endpoint. @default - the internet, or the pods of the namespace of a host in the cluster */
  readonly addresses?: readonly string[];
}

/** Properties of a server that speaks S3 and is run by others. */
export interface ExistingS3Props extends ComponentProps<S3> {
  /** Such as `http://minio.storage.svc.cluster.local:9000`; the port must be that of the pods. */
  readonly endpoint: string;
  readonly buckets: readonly string[];

  /** @default 'us-east-1' */
  readonly region?: string;

  /** Address ranges of the endpoint. @default - the internet, or the pods of the namespace of a host in the cluster */
  readonly addresses?: readonly string[];
}

/** Rights that somebody must give: a cloud's program, or an administrator. */
export interface S3Access {
  /** The identity. */
  readonly name: string;
  readonly namespace: string;

  /** The role that the pods of `serviceAccount` take, or the key that lies in `secretName`. */
  readonly by:
    | { readonly kind: 'account'; readonly serviceAccount: string; readonly role: string }
    | { readonly kind: 'key'; readonly secretName: string };

  readonly policy: PolicyDocument;
}

/** Addresses at which EKS hands out the credentials of a pod's role. */
const podIdentityAgent = addresses('169.254.170.23/32');

/**
 * Buckets of Amazon S3, or of another that speaks it. Nothing is run: the buckets, roles and keys are made by a cloud's
 * program or by hand, from what `access` and `buckets` tell.
 *
 * Pods whose client takes the cloud's credentials hold no key. The launcher of Kubeflow Pipelines does not, so that
 * `addIdentity` counts on a key that others make, limited to its grants.
 *
 * @example
 * const store = new S3(app, 's3', {
 *   region: 'eu-central-1',
 *   buckets: ['acme-tenants'],
 *   identities: { kind: 'irsa', accountId: '123456789012', rolePrefix: 'prod-' },
 * });
 */
export class S3 extends Component implements ObjectStore {
  public readonly endpoint: Endpoint;
  public readonly secure: boolean;
  public readonly region: string;

  private readonly declared: Declared;
  private readonly identities: S3Identities;
  private readonly _access: S3Access[] = [];

  constructor(scope: Construct, id: string, props: S3Props) {
    super(scope, id, props, 'kubeflow');
    const { region, buckets, identities, endpoint } = props;
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region ?? '')) {
      this.fail(`'region' takes lower-case letters, digits and hyphens such as 'eu-central-1', got '${region ?? ''}'`);
    }
    if (identities.kind === 'irsa' && !/^\d{12}$/.test(identities.accountId)) {
      this.fail(`'identities.accountId' takes the 12 digits of an AWS account, got '${identities.accountId}'`);
    }
    if (identities.kind !== 'keys' && !/^[a-z][a-z0-9-]{0,30}$/.test(identities.rolePrefix)) {
      this.fail(
        `'identities.rolePrefix' takes up to 31 lower-case letters, digits and hyphens such as 'prod-', got '${identities.rolePrefix}'`,
      );
    }
    this.declared = new Declared(this, buckets);
    this.region = region;
    this.identities = identities;
    const url = this.parsed(endpoint ?? `https://s3.${region}.amazonaws.com`);
    this.secure = url.protocol === 'https:';
    this.endpoint = this.locate(url, props.addresses);
    claim(this, { server: this.endpoint.hostPort, buckets });
    this.extend(props.extensions);
  }

  /** A server that speaks S3 and is run by others, with keys that they make. */
  public static fromExisting(scope: Construct, id: string, props: ExistingS3Props): S3 {
    const { region = 'us-east-1' } = props;
    return new S3(scope, id, { ...props, region, identities: { kind: 'keys' } });
  }

  /** What was asked of the buckets, by name: for who makes them. */
  public get buckets(): Bucket[] {
    return this.declared.buckets;
  }

  /** Rights that must be given, in the order they were asked for. */
  public get access(): S3Access[] {
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
      `the key of identity '${name}' is made by who runs the store, with '${accessKey}' and '${secretKey}'`,
    );
    const key = (each: string) => ({ namespace, name: secretName, key: each });
    return { secretName, accessKey: key(accessKey), secretKey: key(secretKey) };
  }

  public tryAddAccount(scope: Construct, id: string, props: StoreAccountProps): StoreAccount | undefined {
    if (this.identities.kind === 'keys') return undefined;
    const { name, account, grants } = props;
    const { namespace } = account;
    const role = shortened(`${this.identities.rolePrefix}${name}`, 64);
    this.declare({ name, namespace, grants }, { kind: 'account', serviceAccount: account.name, role });
    if (this.identities.kind === 'irsa') {
      const principal = `arn:aws:iam::${this.identities.accountId}:role/${role}`;
      account.annotate('eks.amazonaws.com/role-arn', principal);
      return { protocol: 's3', principal };
    }
    const rules = { name: shortened(`pod-identity-${name}`, 63), namespace, pods: {} };
    new NetworkRules(scope, id, rules).addEgress([podIdentityAgent], [80]);
    return { protocol: 's3', principal: role };
  }

  private declare(
    identity: { readonly name: string; readonly namespace: string; readonly grants: readonly StoreGrant[] },
    by: S3Access['by'],
  ): void {
    this.declared.addIdentity(identity);
    const { name, namespace, grants } = identity;
    this._access.push({ name, namespace, by, policy: policyDocument(grants) });
  }

  private parsed(endpoint: string): URL {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url && ['http:', 'https:'].includes(url.protocol) && `${url.protocol}//${url.host}` === endpoint) return url;
    return this.fail(`'endpoint' takes a scheme and a host such as 'https://s3.example.com:9000', got '${endpoint}'`);
  }

  private locate(url: URL, ranges?: readonly string[]): Endpoint {
    const port = Number(url.port) || (this.secure ? 443 : 80);
    const [, service, namespace] = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local$/.exec(url.hostname) ?? [];
    if (service && namespace) {
      const reason = 'the object store is run by others';
      this.expectExisting({ group: '', kind: 'Service', namespace, name: service, reason });
      return new Endpoint(service, namespace, port);
    }
    const peers: NetworkPeer[] = ranges?.map(range => addresses(range)) ?? internet;
    return new ExternalEndpoint(url.hostname, port, peers);
  }
}

const defaultKeys = { accessKey: 'AWS_ACCESS_KEY_ID', secretKey: 'AWS_SECRET_ACCESS_KEY' };
