import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  type Endpoint,
  GeneratedSecret,
  httpProbe,
  type Image,
  Job,
  Namespace,
  type Override,
  PersistentVolumeClaim,
  podsIn,
  podsWith,
  type Resources,
  Service,
  ServiceAccount,
} from '../../constructs';
import type { Bucket, ObjectStore, ServiceMesh, StoreGrant, StoreIdentity, StoreIdentityProps } from '../roles';
import { bucketProblem, mergeBuckets } from './bucket';
import { grantProblem } from './policy';
import { provisioningFiles, scriptName } from './provision';
import { release } from './release';

/** Properties of `Minio`. */
export interface MinioProps extends ComponentProps<Minio> {
  /** Encrypts the calls of its members; others go on calling in plain text. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Size of the volume that holds all objects, such as `200Gi`. @default '20Gi' */
  readonly capacity?: string;

  /** Name of a StorageClass. @default - the cluster's default class */
  readonly storageClass?: string;

  /** Buckets to make; others may add theirs with `addBucket()`. @default - none */
  readonly buckets?: readonly Bucket[];

  /** Region that the store answers for. @default 'us-east-1' */
  readonly region?: string;

  /** What the server asks for. @default - 100m CPU and 512Mi memory, limited to 1Gi: a laptop's share */
  readonly resources?: Resources;

  /**
   * Images to use instead of the released ones. MinIO publishes none any more: build your own from its source to get
   * what was fixed since.
   *
   * @default - the newest published ones, see `release.ts`
   */
  readonly images?: { readonly server?: Image; readonly client?: Image };

  /** Last word over the server's and the provisioning's workload. @default - they stay as rendered */
  readonly overrides?: {
    readonly server?: Override<k8s.DeploymentSpec>;
    readonly provisioning?: Override<k8s.JobSpec>;
  };
}

const port = 9000;
const consolePort = 9001;

// The images name no user; this is the one that MinIO's chart runs them as.
const runAs = { user: 1000, group: 1000, fsGroup: 1000 };

/**
 * An object store of one server: for laptops, and for clusters without a store of their own. Buckets, users and their
 * rights are declared; a Job brings them about whenever the declaration changes. Buckets that are no longer declared
 * stay, identities that are no longer declared are removed.
 *
 * @example
 * const store = new Minio(app, 'minio', { capacity: '50Gi', buckets: [{ name: 'models', versioning: true }] });
 */
export class Minio extends Component implements ObjectStore {
  /** S3, inside the cluster. */
  public readonly endpoint: Endpoint;

  /** The web console. No pod may reach it; forward its port. */
  public readonly console: Endpoint;

  public readonly secure = false;
  public readonly region: string;

  private readonly images: { readonly server: Image; readonly client: Image };
  private readonly server: Deployment;
  private readonly identityKeys: GeneratedSecret;
  private readonly _buckets = new Map<string, Bucket>();
  private readonly _identities = new Map<string, { readonly name: string; readonly grants: readonly StoreGrant[] }>();
  private readonly clientNamespaces = new Set<string>();

  constructor(scope: Construct, id: string, props: MinioProps = {}) {
    super(scope, id, props, 'minio');
    this.images = { ...release.images, ...props.images };
    this.region = this.checkedRegion(props.region ?? 'us-east-1');
    props.buckets?.forEach(bucket => {
      this.addBucket(bucket);
    });

    this.needs(props.mesh);
    new Namespace(this, 'Namespace', { name: this.namespace, labels: props.mesh?.memberLabels });
    props.mesh?.addMember(this, this.namespace, { shared: true });
    const account = new ServiceAccount(this, 'Account', { name: 'minio-sa' });
    const rootKey = new GeneratedSecret(this, 'RootKey', {
      name: 'minio',
      keys: { rootUser: { random: 20 }, rootPassword: { random: 40 } },
      labels: labels('minio'),
    });
    this.identityKeys = new GeneratedSecret(this, 'IdentityKeys', { name: 'minio-identities', keys: {} });
    this.server = this.renderServer(props, account, rootKey);
    props.mesh?.allowPlaintext(this, 'Plaintext', {
      name: 'minio',
      workload: this.server,
      ports: [port],
      reason: 'pods of tenants without a sidecar: pipeline steps, training jobs, trials; and the provisioning Job',
      authentication: 'signed requests (AWS Signature Version 4), a key for each tenant',
    });
    this.endpoint = this.service('Service', 'minio', { http: { port, target: port } }, { monitoring: 'true' });
    this.console = this.service('Console', 'minio-console', { http: { port: consolePort, target: consolePort } });
    this.renderProvisioning(account, rootKey, props.mesh);

    this.node.addValidation({ validate: () => this.undeclaredBuckets() });
    this.extend(props.extensions);
  }

  /** What will be made, by name. */
  public get buckets(): Bucket[] {
    return [...this._buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  public addBucket(bucket: Bucket): void {
    const problem = bucketProblem(bucket);
    if (problem) this.fail(problem);
    const present = this._buckets.get(bucket.name) ?? bucket;
    const merged = mergeBuckets(present, bucket);
    if (!merged) {
      this.fail(
        `bucket '${bucket.name}' is declared with different settings, ${settings(present)} and ${settings(bucket)}; ` +
          'make them equal, or leave them out in one place',
      );
    }
    this._buckets.set(bucket.name, merged);
  }

  public addIdentity(scope: Construct, id: string, props: StoreIdentityProps): StoreIdentity {
    const { name, namespace, secretName, grants } = props;
    if (!/^[a-z0-9][a-z0-9-]{1,126}[a-z0-9]$/.test(name)) {
      this.fail(`'name' of an identity takes 3 to 128 lower-case letters, digits and hyphens, got '${name}'`);
    }
    if (this._identities.has(name)) {
      this.fail(`identity '${name}' is added twice; give each its own name, or all grants at once`);
    }
    const problem = grantProblem(name, grants);
    if (problem) this.fail(problem);
    this._identities.set(name, { name, grants });
    const secret = new GeneratedSecret(scope, id, {
      name: secretName,
      namespace,
      keys: { AWS_ACCESS_KEY_ID: { plain: name }, AWS_SECRET_ACCESS_KEY: { random: 40 } },
    });
    const secretKey = secret.key('AWS_SECRET_ACCESS_KEY');
    this.identityKeys.addKey(name, { copyOf: secretKey });
    this.allowClients(namespace);
    return { secretName, accessKey: secret.key('AWS_ACCESS_KEY_ID'), secretKey };
  }

  private allowClients(namespace: string): void {
    if (this.clientNamespaces.has(namespace)) return;
    this.clientNamespaces.add(namespace);
    this.server.allowFrom([podsIn(namespace)], [port]);
  }

  private renderServer(props: MinioProps, account: ServiceAccount, rootKey: GeneratedSecret): Deployment {
    const { capacity = '20Gi', storageClass } = props;
    if (!/^[1-9]\d*(Mi|Gi|Ti|M|G|T)$/.test(capacity)) {
      this.fail(`'capacity' takes a size such as '20Gi', got '${capacity}'`);
    }
    const data = new PersistentVolumeClaim(this, 'Data', {
      name: 'minio',
      size: capacity,
      storageClass,
      labels: labels('minio'),
    });
    return new Deployment(this, 'Server', {
      name: 'minio',
      selector: labels('minio'),
      account,
      // The volume is mounted by one pod at a time, and two servers would spoil the data.
      strategy: 'Recreate',
      runAs,
      containers: [
        {
          name: 'minio',
          image: this.images.server,
          command: [
            ...['minio', 'server', '/export', '-S', '/etc/minio/certs/'],
            ...['--address', `:${port}`, '--console-address', `:${consolePort}`],
          ],
          env: {
            MINIO_ROOT_USER: { secret: rootKey.key('rootUser') },
            MINIO_ROOT_PASSWORD: { secret: rootKey.key('rootPassword') },
            MINIO_SITE_REGION: this.region,
            MINIO_UPDATE: 'off',
            HOME: '/tmp',
          },
          ports: { http: port, 'http-console': consolePort },
          resources: props.resources ?? { cpu: '100m', memory: '512Mi', memoryLimit: '1Gi' },
          startup: httpProbe('/minio/health/live', 'http', { periodSeconds: 5, failureThreshold: 60 }),
          liveness: httpProbe('/minio/health/live', 'http', { periodSeconds: 15, timeoutSeconds: 5 }),
          readiness: httpProbe('/minio/health/ready', 'http', { periodSeconds: 10, timeoutSeconds: 5 }),
          mounts: { '/export': data.volume('export') },
          writable: ['/tmp', '/etc/minio/certs'],
        },
      ],
      override: this.overrideOf('server'),
    });
  }

  private service(
    id: string,
    name: string,
    ports: Record<string, { readonly port: number; readonly target: number }>,
    extra: Record<string, string> = {},
  ): Endpoint {
    const service = new Service(this, id, {
      name,
      workload: this.server,
      ports,
      labels: { ...labels('minio'), ...extra },
    });
    return service.endpoint('http');
  }

  private renderProvisioning(account: ServiceAccount, rootKey: GeneratedSecret, mesh?: ServiceMesh): void {
    const files = new ConfigMap(this, 'Provisioning', {
      name: 'minio',
      labels: labels('minio'),
      data: () =>
        provisioningFiles({ buckets: [...this._buckets.values()], identities: [...this._identities.values()] }),
    });
    const job = new Job(this, 'ProvisioningJob', {
      name: 'minio-post-job',
      selector: labels('minio-job'),
      labels: mesh?.optOutLabels,
      account,
      runAs,
      // The script waits for the server by itself; retries are for a server that stops meanwhile.
      activeDeadlineSeconds: 1800,
      backoffLimit: 3,
      containers: [
        {
          name: 'minio-make-user',
          image: this.images.client,
          command: ['/bin/sh', `/config/${scriptName}`],
          env: {
            MINIO_ENDPOINT: this.endpoint.host,
            MINIO_PORT: String(this.endpoint.port),
            REGION: this.region,
            WAIT_SECONDS: '300',
            CONFIG_DIR: '/config',
            ROOT_KEY_DIR: '/keys/root',
            IDENTITY_KEY_DIR: '/keys/identities',
            MC_CONFIG_DIR: '/tmp/mc',
            HOME: '/tmp',
          },
          resources: { cpu: '50m', memory: '128Mi' },
          mounts: {
            '/config': files.volume({ name: 'minio-configuration' }),
            '/keys/root': rootKey.volume('root-key'),
            '/keys/identities': this.identityKeys.volume('identity-keys'),
          },
          writable: ['/tmp'],
        },
      ],
      override: this.overrideOf('provisioning'),
    });
    job.allowTo([podsWith(this.server.selector)], [port]);
    this.server.allowFrom([podsWith(job.selector)], [port]);
  }

  private undeclaredBuckets(): string[] {
    const known = this.buckets.map(({ name }) => `'${name}'`).join(', ') || 'none';
    return [...this._identities.values()].flatMap(({ name, grants }) =>
      grants
        .filter(({ bucket }) => !this._buckets.has(bucket))
        .map(
          ({ bucket }) =>
            `'grants' of identity '${name}' name bucket '${bucket}', but the buckets are ${known}; ` +
            'add it with addBucket()',
        ),
    );
  }

  private checkedRegion(region: string): string {
    return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)
      ? region
      : this.fail(`'region' takes lower-case letters, digits and hyphens such as 'us-east-1', got '${region}'`);
  }
}

function labels(app: string): Record<string, string> {
  return { app, release: 'minio' };
}

function settings({ versioning, lifecycle }: Bucket): string {
  return JSON.stringify({ versioning, lifecycle });
}
