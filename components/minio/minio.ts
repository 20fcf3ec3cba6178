import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  type Endpoint,
  GeneratedSecret,
  type Image,
  Namespace,
  type NetworkPeer,
  NetworkRules,
  type Override,
  podsIn,
  type Resources,
  Service,
  ServiceAccount,
} from '../../constructs';
import type { Bucket, Certificates, ObjectStore, ServiceMesh, StoreIdentity, StoreIdentityProps } from '../roles';
import { claim, Declared } from '../roles/store';
import { Provisioning } from './provision';
import { release } from './release';
import {
  consolePort,
  distributedServer,
  labels,
  port,
  type Server,
  type ServerProps,
  standaloneServer,
} from './server';

/** Properties of `Minio`. */
export interface MinioProps extends ComponentProps<Minio> {
  /** Encrypts the calls of its members; others go on calling in plain text. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Size of each volume, such as `200Gi`: one that holds all objects, or one for every drive. @default '20Gi' */
  readonly capacity?: string;

  /** Name of a StorageClass. @default - the cluster's default class */
  readonly storageClass?: string;

  /**
   * Several servers that spread every object over all drives, at least 4. The number cannot be changed afterwards, nor
   * can a single server become several: copy the buckets to a new store.
   *
   * @default - one server with one volume
   */
  readonly distributed?: {
    readonly servers: number;
    /** @default 1 */
    readonly drivesPerServer?: number;
  };

  /**
   * Issues a certificate, and the server then speaks TLS and nothing else. Clients must trust the issuer: those outside
   * of the store's namespace get its certificate by their own means.
   *
   * @default - plain text, encrypted by the mesh for those in it
   */
  readonly certificates?: Certificates;

  /**
   * Who reads metrics, and whether without a token. `public` tells every client the names and sizes of all buckets; for
   * `bearer`, `mc admin prometheus generate` makes the token.
   *
   * @default - with a token, by those who reach the server anyhow
   */
  readonly metrics?: { readonly access: 'bearer' | 'public'; readonly from: readonly NetworkPeer[] };

  /** Buckets to make; others may add theirs with `addBucket()`. @default - none */
  readonly buckets?: readonly Bucket[];

  /** Region that the store answers for. @default 'us-east-1' */
  readonly region?: string;

  /** Any text, such as a date: another one gives every identity a new key. @default - keys stay */
  readonly keyGeneration?: string;

  /** What each server asks for. @default - 100m CPU and 512Mi memory, limited to 1Gi: a laptop's share */
  readonly resources?: Resources;

  /**
   * Images to use instead of the released ones. MinIO publishes none any more: build your own from its source to get
   * what was fixed since.
   *
   * @default - the newest published ones, see `release.ts`
   */
  readonly images?: { readonly server?: Image; readonly client?: Image };

  /**
   * Last word over the server's workload, of one or of several, and over the one that makes buckets.
   *
   * @default - they stay as rendered
   */
  readonly overrides?: {
    readonly server?: Override<k8s.DeploymentSpec>;
    readonly distributedServer?: Override<k8s.StatefulSetSpec>;
    readonly provisioning?: Override<k8s.JobSpec>;
  };
}

/**
 * An object store in the cluster. Buckets, users and their rights are declared; Jobs bring them about whenever the
 * declaration or a key changes, one for all buckets and one for each identity. Buckets that are no longer declared stay,
 * identities that are no longer declared are removed within an hour.
 *
 * @example
 * const store = new Minio(app, 'minio', { capacity: '50Gi', buckets: [{ name: 'models', versioning: true }] });
 */
export class Minio extends Component implements ObjectStore {
  /** S3, inside the cluster. */
  public readonly endpoint: Endpoint;

  /** The web console. No pod may reach it; forward its port. */
  public readonly console: Endpoint;

  /** What a scraper asks: `path` at `endpoint`. */
  public readonly metrics: { readonly endpoint: Endpoint; readonly path: string; readonly access: 'bearer' | 'public' };

  public readonly secure: boolean;
  public readonly region: string;

  private readonly declared: Declared;
  private readonly server: Server;
  private readonly provisioning: Provisioning;
  private readonly keyGeneration?: string;

  constructor(scope: Construct, id: string, props: MinioProps = {}) {
    super(scope, id, props, 'minio');
    this.declared = new Declared(this);
    this.region = this.checkedRegion(props.region ?? 'us-east-1');
    this.secure = props.certificates !== undefined;
    this.keyGeneration = props.keyGeneration;
    props.buckets?.forEach(bucket => {
      this.addBucket(bucket);
    });

    this.needs(props.mesh, props.certificates);
    new Namespace(this, 'Namespace', { name: this.namespace, labels: props.mesh?.memberLabels });
    props.mesh?.addMember(this, this.namespace, { shared: true });
    const account = new ServiceAccount(this, 'Account', { name: 'minio-sa' });
    const rootKey = new GeneratedSecret(this, 'RootKey', {
      name: 'minio',
      keys: { rootUser: { random: 20 }, rootPassword: { random: 40 } },
      labels: labels('minio'),
    });
    const images = { ...release.images, ...props.images };
    const tlsSecret = this.renderCertificate(props.certificates);
    this.server = this.renderServer(props, { account, rootKey, tlsSecret, image: images.server });
    props.mesh?.allowPlaintext(this, 'Plaintext', {
      name: 'minio',
      workload: this.server,
      ports: [port],
      reason: 'pods of tenants without a sidecar: pipeline steps, training jobs, trials; and the provisioning Jobs',
      authentication: 'signed requests (AWS Signature Version 4), a key for each tenant',
    });
    this.endpoint = this.renderService('Service', 'minio', port, { monitoring: 'true' });
    this.console = this.renderService('Console', 'minio-console', consolePort);
    claim(this, { server: this.endpoint.hostPort });
    const path = '/minio/v2/metrics/cluster';
    this.metrics = { endpoint: this.endpoint, path, access: props.metrics?.access ?? 'bearer' };
    this.provisioning = new Provisioning(this, {
      ...{ server: this.server, host: this.endpoint.host, region: this.region },
      ...{ account, rootKey, tlsSecret, image: images.client, podLabels: props.mesh?.optOutLabels },
      buckets: () => this.declared.buckets,
      identities: () => this.declared.identities,
      override: this.overrideOf('provisioning'),
    });
    this.extend(props.extensions);
  }

  /** What will be made, by name. */
  public get buckets(): Bucket[] {
    return this.declared.buckets;
  }

  public addBucket(bucket: Bucket): void {
    this.declared.addBucket(bucket);
  }

  public addIdentity(scope: Construct, id: string, props: StoreIdentityProps): StoreIdentity {
    const { name, namespace, secretName, grants } = props;
    const { accessKey, secretKey } = props.secretKeys ?? defaultKeys;
    this.declared.addIdentity({ name, namespace, grants });
    const secret = new GeneratedSecret(scope, id, {
      name: secretName,
      namespace,
      keys: {
        [accessKey]: { plain: name },
        [secretKey]: { random: 40, ...(this.keyGeneration && { generation: this.keyGeneration }) },
      },
    });
    const key = secret.key(secretKey);
    this.provisioning.addIdentity(scope, `${id}AtMinio`, { name, key, grants });
    const rules = { name: this.provisioning.resourceName(name), namespace: this.namespace, pods: this.server.selector };
    new NetworkRules(scope, `${id}ToMinio`, rules).addIngress([podsIn(namespace)], [port]);
    return { secretName, accessKey: secret.key(accessKey), secretKey: key };
  }

  private renderServer(
    props: MinioProps,
    own: Pick<ServerProps, 'account' | 'rootKey' | 'tlsSecret' | 'image'>,
  ): Server {
    const { capacity = '20Gi', storageClass, resources, metrics, distributed } = props;
    if (!/^[1-9]\d*(Mi|Gi|Ti|M|G|T)$/.test(capacity)) {
      this.fail(`'capacity' takes a size such as '20Gi', got '${capacity}'`);
    }
    const settings = { ...own, namespace: this.namespace, region: this.region, capacity };
    const all: ServerProps = { ...settings, storageClass, resources, metrics };
    const single = this.overrideOf('server');
    const several = this.overrideOf('distributedServer');
    const server = distributed
      ? distributedServer(this, { ...all, ...this.checkedSize(distributed) }, several)
      : standaloneServer(this, all, single);
    if (distributed ? single : several) {
      this.fail(`'overrides.${distributed ? 'server' : 'distributedServer'}' is of the other mode; rename it`);
    }
    return metrics ? server.allowFrom([...metrics.from], [port]) : server;
  }

  private checkedSize({ servers, drivesPerServer = 1 }: NonNullable<MinioProps['distributed']>) {
    for (const [prop, count] of Object.entries({ servers, drivesPerServer })) {
      if (!Number.isInteger(count) || count < 1) {
        this.fail(`'distributed.${prop}' must be a whole number of at least 1, got ${count}`);
      }
    }
    if (servers < 2)
      this.fail(`'distributed.servers' must be at least 2, got ${servers}; leave 'distributed' out for one`);
    const drives = servers * drivesPerServer;
    if (drives < 4) {
      this.fail(`'distributed' must have at least 4 drives, got ${servers} servers with ${drivesPerServer} each`);
    }
    return { servers, drivesPerServer };
  }

  private renderCertificate(certificates?: Certificates): string | undefined {
    const services = ['minio', `*.minio-svc`].map(name => `${name}.${this.namespace}.svc`);
    return certificates?.issue(this, 'Certificate', {
      name: 'minio-tls',
      secretName: 'minio-tls',
      namespace: this.namespace,
      dnsNames: [...['minio', `minio.${this.namespace}`], ...services.flatMap(name => [name, `${name}.cluster.local`])],
    }).secretName;
  }

  private renderService(id: string, name: string, number: number, extra: Record<string, string> = {}): Endpoint {
    return new Service(this, id, {
      name,
      workload: this.server,
      ports: { http: { port: number, target: number } },
      labels: { ...labels('minio'), ...extra },
    }).endpoint('http');
  }

  private checkedRegion(region: string): string {
    return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)
      ? region
      : this.fail(`'region' takes lower-case letters, digits and hyphens such as 'us-east-1', got '${region}'`);
  }
}

const defaultKeys = { accessKey: 'AWS_ACCESS_KEY_ID', secretKey: 'AWS_SECRET_ACCESS_KEY' };
