import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  Deployment,
  type Endpoint,
  GeneratedSecret,
  httpProbe,
  type Image,
  type NetworkPeer,
  NetworkRules,
  type Override,
  PersistentVolumeClaim,
  podsIn,
  type Resources,
  Service,
  ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Bucket, Certificates, ObjectStore, ServiceMesh, StoreIdentity, StoreIdentityProps } from '../roles';
import { claim, Declared } from '../roles/store';
import { adminPorts, Provisioning } from './provision';
import { release } from './release';

/** Properties of `SeaweedFs`. */
export interface SeaweedFsProps extends ComponentProps<SeaweedFs> {
  /** Encrypts the calls of its members; others go on calling in plain text. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /** Size of the volume that holds all objects, such as `200Gi`. @default '20Gi' */
  readonly capacity?: string;

  /** Name of a StorageClass. @default - the cluster's default class */
  readonly storageClass?: string;

  /**
   * Issues a certificate, and S3 is then spoken over TLS alone. Clients must trust the issuer: those outside of the
   * store's namespace get its certificate by their own means.
   *
   * @default - plain text, encrypted by the mesh for those in it
   */
  readonly certificates?: Certificates;

  /** Who reads metrics, on port 9327 and without a token. @default - none are served */
  readonly metrics?: { readonly from: readonly NetworkPeer[] };

  /** Buckets to make; others may add theirs with `addBucket()`. @default - none */
  readonly buckets?: readonly Bucket[];

  /** Any text, such as a date: another one gives every identity a new key. @default - keys stay */
  readonly keyGeneration?: string;

  /** @default - upstream's 32m CPU and 128Mi memory, limited to 1Gi */
  readonly resources?: Resources;

  /** @default - upstream's, see `release.ts` */
  readonly image?: Image;

  /** Last word over the server's workload and the one that makes buckets. @default - they stay as rendered */
  readonly overrides?: {
    readonly server?: Override<k8s.DeploymentSpec>;
    readonly provisioning?: Override<k8s.JobSpec>;
  };
}

const name = 'seaweedfs';
const port = 8333;
const metricsPort = 9327;
const labels = { app: name, 'application-crd-id': 'kubeflow-pipelines' };

/**
 * Upstream's object store since 26.03, with an identity for each consumer in place of one shared key. It keeps no old
 * versions of objects, and an identity that is limited to a prefix may not ask for its bucket itself. Buckets that are no
 * longer declared stay, identities that are no longer declared are removed within an hour.
 *
 * The namespace must be there: upstream's is that of Kubeflow.
 *
 * @example
 * const store = new SeaweedFs(app, 'seaweedfs', { capacity: '50Gi', buckets: [{ name: 'models' }] });
 */
export class SeaweedFs extends Component implements ObjectStore {
  /** S3, inside the cluster. */
  public readonly endpoint: Endpoint;

  /** What a scraper asks; absent without the prop. */
  public readonly metrics?: { readonly endpoint: Endpoint; readonly path: string };

  public readonly secure: boolean;

  /** What clients sign with: the server takes any. */
  public readonly region = 'us-east-1';

  private readonly declared: Declared;
  private readonly server: Deployment;
  private readonly provisioning: Provisioning;
  private readonly keyGeneration?: string;

  constructor(scope: Construct, id: string, props: SeaweedFsProps = {}) {
    super(scope, id, props, 'kubeflow');
    this.declared = new Declared(this);
    this.secure = props.certificates !== undefined;
    this.keyGeneration = props.keyGeneration;
    props.buckets?.forEach(bucket => {
      this.addBucket(bucket);
    });

    this.needs(props.mesh, props.certificates);
    const account = new ServiceAccount(this, 'Account', { name });
    this.server = this.renderServer(props, account);
    props.mesh?.allowPlaintext(this, 'Plaintext', {
      name,
      workload: this.server,
      ports: [port, ...Object.values(adminPorts)],
      reason: 'S3: pods of tenants without a sidecar; the ports behind it: the provisioning Jobs, and nobody else',
      authentication: 'S3: signed requests (AWS Signature Version 4), a key for each tenant; behind it: network rules',
    });
    const service = this.renderService(props);
    this.endpoint = service.endpoint('http-s3');
    this.metrics = props.metrics && { endpoint: service.endpoint('http-metrics'), path: '/metrics' };
    claim(this, { server: this.endpoint.hostPort });
    this.provisioning = new Provisioning(this, {
      ...{ server: this.server, host: this.endpoint.host, account, image: props.image ?? release.images.server },
      podLabels: props.mesh?.optOutLabels,
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
    const { name: bucketName, versioning, retention, lifecycle = [] } = bucket;
    for (const [prop, wanted] of Object.entries({ versioning, retention: retention?.length })) {
      if (wanted) {
        this.fail(
          `'${prop}' of bucket '${bucketName}' needs old versions, which SeaweedFs does not keep; leave it out`,
        );
      }
    }
    for (const { expireAfterDays } of lifecycle) {
      if (expireAfterDays > 255) {
        this.fail(`'expireAfterDays' of bucket '${bucketName}' is at most 255 in SeaweedFs, got ${expireAfterDays}`);
      }
    }
    this.declared.addBucket(bucket);
  }

  public addIdentity(scope: Construct, id: string, props: StoreIdentityProps): StoreIdentity {
    const { name: identity, namespace, secretName, grants } = props;
    const { accessKey, secretKey } = props.secretKeys ?? defaultKeys;
    this.declared.addIdentity({ name: identity, namespace, grants });
    const secret = new GeneratedSecret(scope, id, {
      name: secretName,
      namespace,
      keys: {
        [accessKey]: { plain: identity },
        [secretKey]: { random: 40, ...(this.keyGeneration && { generation: this.keyGeneration }) },
      },
    });
    const key = secret.key(secretKey);
    this.provisioning.addIdentity(scope, `${id}AtSeaweedFs`, { name: identity, key, grants });
    const rules = {
      name: this.provisioning.resourceName(identity),
      namespace: this.namespace,
      pods: this.server.selector,
    };
    new NetworkRules(scope, `${id}ToSeaweedFs`, rules).addIngress([podsIn(namespace)], [port]);
    return { secretName, accessKey: secret.key(accessKey), secretKey: key };
  }

  private renderServer(props: SeaweedFsProps, account: ServiceAccount): Deployment {
    const { capacity = '20Gi', storageClass, resources, metrics, image = release.images.server } = props;
    if (!/^[1-9]\d*(Mi|Gi|Ti|M|G|T)$/.test(capacity)) {
      this.fail(`'capacity' takes a size such as '20Gi', got '${capacity}'`);
    }
    const data = new PersistentVolumeClaim(this, 'Data', {
      ...{ name: 'seaweedfs-pvc', size: capacity, storageClass },
      labels: { 'application-crd-id': 'kubeflow-pipelines' },
    });
    // Without any key the server lets everybody do everything, until the first identity is made.
    const rootKey = new GeneratedSecret(this, 'RootKey', {
      name: 'seaweedfs-root',
      keys: { accesskey: { random: 20 }, secretkey: { random: 40 } },
      labels,
    });
    const certificate = this.renderCertificate(props.certificates);
    const scheme = certificate && 'HTTPS';
    const server = new Deployment(this, 'Server', {
      name,
      selector: labels,
      account,
      // The volume is mounted by one pod at a time, and two servers would spoil the data.
      strategy: 'Recreate',
      runAs: { user: 1000, group: 1000, fsGroup: 1000 },
      containers: [
        {
          name,
          image,
          args: [
            ...['server', '-dir=/data', '-s3', '-filer', '-master.volumePreallocate=false'],
            ...(certificate ? ['-s3.cert.file=/certs/tls.crt', '-s3.key.file=/certs/tls.key'] : []),
            ...(metrics ? [`-metricsPort=${metricsPort}`] : []),
          ],
          env: {
            AWS_ACCESS_KEY_ID: { secret: rootKey.key('accesskey') },
            AWS_SECRET_ACCESS_KEY: { secret: rootKey.key('secretkey') },
          },
          ports: { 'http-s3': port, ...adminPorts, ...(metrics && { 'http-metrics': metricsPort }) },
          resources: resources ?? { cpu: '32m', memory: '128Mi', memoryLimit: '1Gi' },
          startup: httpProbe('/status', 'http-s3', {
            scheme,
            periodSeconds: 5,
            timeoutSeconds: 10,
            failureThreshold: 24,
          }),
          liveness: httpProbe('/status', 'http-s3', {
            scheme,
            periodSeconds: 30,
            timeoutSeconds: 10,
            failureThreshold: 3,
          }),
          readiness: httpProbe('/status', 'http-s3', {
            scheme,
            periodSeconds: 10,
            timeoutSeconds: 5,
            failureThreshold: 3,
          }),
          mounts: { '/data': data.volume('data'), ...(certificate && { '/certs': certificate }) },
          writable: ['/tmp'],
        },
      ],
      rollsWith: [rootKey.key('secretkey')],
      override: this.overrideOf('server'),
    });
    return metrics ? server.allowFrom([...metrics.from], [metricsPort]) : server;
  }

  private renderCertificate(certificates?: Certificates): Volume | undefined {
    const host = `${name}.${this.namespace}.svc`;
    const issued = certificates?.issue(this, 'Certificate', {
      name: 'seaweedfs-tls',
      secretName: 'seaweedfs-tls',
      namespace: this.namespace,
      dnsNames: [name, `${name}.${this.namespace}`, host, `${host}.cluster.local`],
    });
    return issued?.volume('certs');
  }

  private renderService({ metrics }: SeaweedFsProps): Service {
    const admin = Object.entries(adminPorts).map(([key, number]) => [key, { port: number, target: number }]);
    return new Service(this, 'Service', {
      name,
      workload: this.server,
      labels: { 'application-crd-id': 'kubeflow-pipelines' },
      ports: {
        'http-s3': { port, target: port },
        'http-s3-compat': { port: 9000, target: port },
        ...Object.fromEntries(admin),
        ...(metrics && { 'http-metrics': { port: metricsPort, target: metricsPort } }),
      },
    });
  }
}

const defaultKeys = { accessKey: 'AWS_ACCESS_KEY_ID', secretKey: 'AWS_SECRET_ACCESS_KEY' };
