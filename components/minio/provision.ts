import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  ConfigMap,
  CronJob,
  type EnvValue,
  type GeneratedSecret,
  type Image,
  Job,
  type Override,
  podsWith,
  GeneratedSecret as Secret,
  type SecretKey,
  type ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Bucket, StoreGrant } from '../roles';
import { isVersioned, lifecycleConfiguration, policyDocument, shortened } from '../roles/store';
import { bucketsScript, identityScript, sweepScript } from './scripts';
import { labels, port, runAs, type Server } from './server';

/** What everything that provisions the store shares. */
export interface ProvisioningProps {
  readonly server: Server;
  readonly host: string;
  readonly region: string;
  readonly image: Image;
  readonly account: ServiceAccount;
  readonly rootKey: GeneratedSecret;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly buckets: () => readonly Bucket[];
  readonly identities: () => readonly { readonly name: string }[];

  /** The certificate's Secret. @default - no TLS */
  readonly tlsSecret?: string;

  readonly override?: Override<k8s.JobSpec>;
}

const selector = labels('minio-job');

/** Brings the server to what is declared: one Job for all buckets, one for each identity, and one that sweeps. */
export class Provisioning {
  private readonly scripts: ConfigMap;

  constructor(
    scope: Construct,
    private readonly props: ProvisioningProps,
  ) {
    const { buckets, identities, override, server, podLabels } = props;
    const files = new ConfigMap(scope, 'Provisioning', {
      name: 'minio',
      labels: labels('minio'),
      data: () => bucketFiles(buckets()),
    });
    this.scripts = new ConfigMap(scope, 'IdentityScripts', {
      name: 'minio-scripts',
      labels: labels('minio'),
      data: { 'identity.sh': identityScript, 'sweep.sh': sweepScript },
    });
    const job = new Job(scope, 'ProvisioningJob', {
      name: 'minio-post-job',
      ...this.pod('/config/buckets.sh', {
        env: { REGION: props.region, CONFIG_DIR: '/config' },
        mounts: { '/config': files.volume({ name: 'minio-configuration' }) },
      }),
      override,
    });
    job.allowTo([podsWith(server.selector)], [port]);
    server.allowFrom([podsWith(selector)], [port]);

    const list = new ConfigMap(scope, 'Identities', {
      name: 'minio-identities',
      labels: labels('minio'),
      data: () => ({
        identities: identities()
          .map(({ name }) => `${name}\n`)
          .join(''),
      }),
    });
    new CronJob(scope, 'Sweep', {
      name: 'minio-sweep',
      // An identity that is no longer declared works for an hour at most.
      schedule: '17 * * * *',
      ...this.pod('/scripts/sweep.sh', {
        env: { CONFIG_DIR: '/config', GRACE_SECONDS: '150' },
        mounts: {
          '/scripts': this.scripts.volume({ name: 'scripts' }),
          // Read when it runs: one more identity must not change this object.
          '/config': { ...list.volume({ name: 'identities' }), contentHash: undefined },
        },
      }),
      labels: podLabels,
    });
  }

  /**
   * Makes a user with the given key, rendered below `scope`: what an identity needs at the store is its consumer's, so
   * that one more changes nothing of the others.
   */
  public addIdentity(
    scope: Construct,
    id: string,
    props: { readonly name: string; readonly key: SecretKey; readonly grants: readonly StoreGrant[] },
  ): void {
    const { name, key, grants } = props;
    const { namespace } = this.props.server;
    const own = new Construct(scope, id);
    const secret = new Secret(own, 'Key', {
      name: resourceName(name),
      namespace,
      keys: { secretKey: { copyOf: key } },
      labels: labels('minio'),
    });
    new Job(own, 'Job', {
      name: resourceName(name),
      namespace,
      ...this.pod('/scripts/identity.sh', {
        env: { IDENTITY: name, POLICY: policyOf(grants), IDENTITY_KEY_DIR: '/keys/identity' },
        mounts: {
          '/scripts': this.scripts.volume({ name: 'scripts' }),
          '/keys/identity': secret.volume('identity-key'),
        },
      }),
      rollsWith: [key],
    });
  }

  private pod(
    script: string,
    own: { readonly env: Record<string, EnvValue>; readonly mounts: Record<string, Volume> },
  ) {
    const { account, image, host, rootKey, podLabels, tlsSecret } = this.props;
    return {
      selector,
      labels: podLabels,
      account,
      runAs,
      // The scripts wait for the server by themselves; retries are for a server that stops meanwhile.
      activeDeadlineSeconds: 1800,
      backoffLimit: 3,
      containers: [
        {
          name: 'minio-make-user',
          image,
          command: ['/bin/sh', script],
          env: {
            MINIO_ENDPOINT: host,
            MINIO_PORT: String(port),
            MINIO_SCHEME: tlsSecret ? 'https' : 'http',
            WAIT_SECONDS: '300',
            ROOT_KEY_DIR: '/keys/root',
            MC_CONFIG_DIR: '/tmp/mc',
            HOME: '/tmp',
            ...own.env,
          },
          resources: { cpu: '50m', memory: '128Mi' },
          mounts: {
            ...own.mounts,
            '/keys/root': rootKey.volume('root-key'),
            ...(tlsSecret && { '/tmp/mc/certs/CAs': authority(tlsSecret) }),
          },
          writable: ['/tmp'],
        },
      ],
    };
  }
}

/** Name of what an identity has in the store's namespace: that of a Job ends at 63 characters. */
export function resourceName(identity: string): string {
  return shortened(`minio-key-${identity}`, 63);
}

function authority(secretName: string): Volume {
  const source = { secret: { secretName, items: [{ key: 'ca.crt', path: 'ca.crt' }] } };
  return { name: 'authority', source, readOnly: true };
}

/**
 * It denies all administration: users may otherwise make access keys of their own, which outlive a change of the key
 * that they were given. And it denies what MinIO takes the right to delete an object for: to delete its old versions.
 */
function policyOf(grants: readonly StoreGrant[]): string {
  const { Version, Statement } = policyDocument(grants);
  const denied = [
    { Effect: 'Deny', Action: ['s3:DeleteObjectVersion'], Resource: ['arn:aws:s3:::*'] },
    { Effect: 'Deny', Action: ['admin:*'] },
  ];
  return JSON.stringify({ Version, Statement: [...Statement, ...denied] });
}

function bucketFiles(buckets: readonly Bucket[]): Record<string, string> {
  const files: Record<string, string> = {
    'buckets.sh': bucketsScript,
    buckets: buckets.map(bucket => `${bucket.name} ${isVersioned(bucket) ? 'versioned' : 'plain'}\n`).join(''),
  };
  for (const bucket of buckets) {
    const lifecycle = lifecycleConfiguration(bucket);
    if (lifecycle) files[`lifecycle.${bucket.name}.json`] = `${JSON.stringify(lifecycle)}\n`;
  }
  return files;
}
