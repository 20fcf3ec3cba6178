import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  ConfigMap,
  CronJob,
  type Deployment,
  type EnvValue,
  GeneratedSecret,
  type Image,
  Job,
  NetworkRules,
  type Override,
  podsWith,
  type SecretKey,
  type ServiceAccount,
  type Volume,
} from '../../constructs';
import type { Bucket, StoreGrant } from '../roles';
import { shortened } from '../roles/store';
import { bucketsScript, identityScript, sweepScript } from './scripts';

/** Ports of the parts behind S3, by which it is administered; nothing but the provisioning reaches them. */
export const adminPorts = { 'http-master': 9333, 'grpc-master': 19333, 'http-filer': 8888, 'grpc-filer': 18888 };

/** What everything that provisions the store shares. */
export interface ProvisioningProps {
  readonly server: Deployment;

  /** Host of the master. */
  readonly host: string;
  readonly image: Image;
  readonly account: ServiceAccount;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly buckets: () => readonly Bucket[];
  readonly identities: () => readonly { readonly name: string }[];
  readonly override?: Override<k8s.JobSpec>;
}

const selector = { app: 'seaweedfs-provisioning' };
const runAs = { user: 1000, group: 1000 };

/** Brings the server to what is declared: one Job for all buckets, one for each identity, and one that sweeps. */
export class Provisioning {
  private readonly scripts: ConfigMap;

  constructor(
    scope: Construct,
    private readonly props: ProvisioningProps,
  ) {
    const { buckets, identities, override, server } = props;
    const files = new ConfigMap(scope, 'Provisioning', {
      name: 'seaweedfs-buckets',
      data: () => ({ 'buckets.sh': bucketsScript, buckets: bucketList(buckets()), expiry: expiryList(buckets()) }),
    });
    this.scripts = new ConfigMap(scope, 'IdentityScripts', {
      name: 'seaweedfs-scripts',
      data: { 'identity.sh': identityScript, 'sweep.sh': sweepScript },
    });
    new Job(scope, 'ProvisioningJob', {
      name: 'seaweedfs-buckets',
      ...this.pod('/config/buckets.sh', {
        env: { CONFIG_DIR: '/config' },
        mounts: { '/config': files.volume({ name: 'buckets' }) },
      }),
      override,
    });
    const ports = Object.values(adminPorts);
    const rules = { name: 'seaweedfs-provisioning', namespace: server.namespace, pods: selector };
    new NetworkRules(scope, 'ProvisioningNetwork', rules).addEgress([podsWith(server.selector)], ports);
    server.allowFrom([podsWith(selector)], ports);

    const list = new ConfigMap(scope, 'Identities', {
      name: 'seaweedfs-identities',
      data: () => ({
        identities: identities()
          .map(({ name }) => `${name}\n`)
          .join(''),
      }),
    });
    new CronJob(scope, 'Sweep', {
      name: 'seaweedfs-sweep',
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
    const secret = new GeneratedSecret(own, 'Key', {
      name: resourceName(name),
      namespace,
      keys: { secretKey: { copyOf: key } },
    });
    new Job(own, 'Job', {
      name: resourceName(name),
      namespace,
      ...this.pod('/scripts/identity.sh', {
        env: { IDENTITY: name, ACTIONS: actionsOf(grants).join(','), IDENTITY_KEY_DIR: '/keys/identity' },
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
    const { account, image, host, podLabels } = this.props;
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
          name: 'provisioning',
          image,
          command: ['/bin/sh', script],
          env: {
            MASTER: `${host}:${adminPorts['http-master']}`,
            WAIT_SECONDS: '300',
            HOME: '/tmp',
            ...own.env,
          },
          resources: { cpu: '50m', memory: '128Mi' },
          mounts: own.mounts,
          writable: ['/tmp'],
        },
      ],
    };
  }
}

/** Name of what an identity has in the store's namespace: that of a Job ends at 63 characters. */
export function resourceName(identity: string): string {
  return shortened(`seaweedfs-key-${identity}`, 63);
}

/** Rights as SeaweedFS writes them: an action, a bucket, and what keys begin with. */
function actionsOf(grants: readonly StoreGrant[]): string[] {
  return grants.flatMap(({ bucket, prefix, access }) => {
    const actions = access === 'read' ? ['Read', 'List'] : ['Read', 'List', 'Write', 'Tagging'];
    return actions.map(action => `${action}:${bucket}${prefix === undefined ? '' : `/${prefix}*`}`);
  });
}

function bucketList(buckets: readonly Bucket[]): string {
  return buckets.map(({ name }) => `${name}\n`).join('');
}

function expiryList(buckets: readonly Bucket[]): string {
  return buckets
    .flatMap(({ name, lifecycle = [] }) =>
      lifecycle.map(({ prefix = '', expireAfterDays }) => `/buckets/${name}/${prefix} ${expireAfterDays}\n`),
    )
    .sort()
    .join('');
}
