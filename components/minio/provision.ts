import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  ConfigMap,
  type GeneratedSecret,
  type Image,
  Job,
  type Override,
  podsWith,
  type SecretKey,
  type ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Bucket, StoreGrant } from '../roles';
import { IdentityJobs, isVersioned, lifecycleConfiguration, type OwnOfJob, policyDocument } from '../roles/store';
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
  private readonly identities: IdentityJobs;

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

    this.identities = new IdentityJobs(scope, {
      ...{ name: 'minio', namespace: server.namespace, labels: labels('minio'), sweepLabels: podLabels, identities },
      scripts: { identity: identityScript, sweep: sweepScript },
      pod: (script, own) => this.pod(script, own),
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
    this.identities.add(scope, id, { identity: name, key, env: { POLICY: policyOf(grants) } });
  }

  /** Name of what an identity has in the store's namespace. */
  public resourceName(identity: string): string {
    return this.identities.resourceName(identity);
  }

  private pod(script: string, own: OwnOfJob) {
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
