import type { Construct } from 'constructs';
import {
  type ContainerProps,
  Deployment,
  type GeneratedSecret,
  httpProbe,
  type Image,
  PersistentVolumeClaim,
  podsWith,
  Service,
  type ServiceAccount,
  StatefulSet,
  type Volume,
} from '../../constructs';
import type { MinioProps } from './minio';

/** The pods of the server. */
export type Server = Deployment | StatefulSet;

export const port = 9000;
export const consolePort = 9001;

// The images name no user; this is the one that MinIO's chart runs them as.
export const runAs = { user: 1000, group: 1000, fsGroup: 1000 };

/** Upstream's chart selects by these. */
export function labels(app: string): Record<string, string> {
  return { app, release: 'minio' };
}

/** What the server needs besides the props of the component. */
export interface ServerProps extends Pick<MinioProps, 'storageClass' | 'resources' | 'metrics'> {
  readonly namespace: string;
  readonly image: Image;
  readonly account: ServiceAccount;
  readonly rootKey: GeneratedSecret;
  readonly region: string;
  readonly capacity: string;

  /** The certificate's Secret. @default - no TLS */
  readonly tlsSecret?: string;
}

/** One pod with one volume. */
export function standaloneServer(
  scope: Construct,
  props: ServerProps,
  override: NonNullable<MinioProps['overrides']>['server'],
): Deployment {
  const data = new PersistentVolumeClaim(scope, 'Data', {
    name: 'minio',
    size: props.capacity,
    storageClass: props.storageClass,
    labels: labels('minio'),
  });
  return new Deployment(scope, 'Server', {
    name: 'minio',
    selector: labels('minio'),
    account: props.account,
    // The volume is mounted by one pod at a time, and two servers would spoil the data.
    strategy: 'Recreate',
    runAs,
    containers: [container(props, ['/export'], { '/export': data.volume('export') })],
    rollsWith: [props.rootKey.key('rootPassword')],
    override,
  });
}

/** Pods that keep each object in pieces on several drives, so that it outlives the loss of some. */
export function distributedServer(
  scope: Construct,
  props: ServerProps & { readonly servers: number; readonly drivesPerServer: number },
  override: NonNullable<MinioProps['overrides']>['distributedServer'],
): StatefulSet {
  const { servers, drivesPerServer, namespace, tlsSecret, capacity, storageClass } = props;
  const drives =
    drivesPerServer === 1 ? ['export'] : Array.from({ length: drivesPerServer }, (_, index) => `export-${index}`);
  const path = drivesPerServer === 1 ? '/export' : `/export-{0...${drivesPerServer - 1}}`;
  const pool = `${tlsSecret ? 'https' : 'http'}://minio-{0...${servers - 1}}.minio-svc.${namespace}.svc${path}`;
  // The claim's volume takes the place of this one.
  const mounts = drives.map(name => [`/${name}`, { name, source: { emptyDir: {} } }] as const);
  const server = new StatefulSet(scope, 'Servers', {
    name: 'minio',
    selector: labels('minio'),
    account: props.account,
    replicas: servers,
    serviceName: 'minio-svc',
    runAs,
    claims: Object.fromEntries(drives.map(name => [name, { size: capacity, storageClass }])),
    containers: [container(props, [pool], Object.fromEntries(mounts))],
    rollsWith: [props.rootKey.key('rootPassword')],
    override,
  });
  new Service(scope, 'Peers', {
    name: 'minio-svc',
    workload: server,
    headless: true,
    ports: { http: { port, target: port } },
    labels: labels('minio'),
  });
  return server.allowFrom([podsWith(server.selector)], [port]).allowTo([podsWith(server.selector)], [port]);
}

function container(props: ServerProps, drives: string[], mounts: Record<string, Volume>): ContainerProps {
  const { rootKey, tlsSecret, metrics } = props;
  const scheme = tlsSecret ? 'HTTPS' : undefined;
  return {
    name: 'minio',
    image: props.image,
    command: [
      ...['minio', 'server', ...drives, '-S', '/etc/minio/certs/'],
      ...['--address', `:${port}`, '--console-address', `:${consolePort}`],
    ],
    env: {
      MINIO_ROOT_USER: { secret: rootKey.key('rootUser') },
      MINIO_ROOT_PASSWORD: { secret: rootKey.key('rootPassword') },
      MINIO_SITE_REGION: props.region,
      MINIO_UPDATE: 'off',
      ...(metrics?.access === 'public' && { MINIO_PROMETHEUS_AUTH_TYPE: 'public' }),
      HOME: '/tmp',
    },
    ports: { http: port, 'http-console': consolePort },
    resources: props.resources ?? { cpu: '100m', memory: '512Mi', memoryLimit: '1Gi' },
    startup: httpProbe('/minio/health/live', 'http', { scheme, periodSeconds: 5, failureThreshold: 60 }),
    liveness: httpProbe('/minio/health/live', 'http', { scheme, periodSeconds: 15, timeoutSeconds: 5 }),
    readiness: httpProbe('/minio/health/ready', 'http', { scheme, periodSeconds: 10, timeoutSeconds: 5 }),
    mounts: { ...mounts, ...(tlsSecret && { '/etc/minio/certs': certificateFiles(tlsSecret) }) },
    writable: tlsSecret ? ['/tmp'] : ['/tmp', '/etc/minio/certs'],
  };
}

/** The certificate under the names that MinIO reads. It follows a renewal by itself. */
function certificateFiles(secretName: string): Volume {
  const items = [
    { key: 'tls.crt', path: 'public.crt' },
    { key: 'tls.key', path: 'private.key' },
    { key: 'ca.crt', path: 'CAs/public.crt' },
  ];
  return { name: 'cert-secret-volume', source: { secret: { secretName, items } }, readOnly: true };
}
