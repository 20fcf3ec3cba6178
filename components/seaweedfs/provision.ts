import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  ConfigMap,
  type Deployment,
  type Image,
  Job,
  NetworkRules,
  type Override,
  podsWith,
  type SecretKey,
  type ServiceAccount,
} from '../../constructs';
import type { Bucket, StoreGrant } from '../roles';
import { IdentityJobs, type OwnOfJob } from '../roles/store';
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
  private readonly identities: IdentityJobs;

  constructor(
    scope: Construct,
    private readonly props: ProvisioningProps,
  ) {
    const { buckets, identities, override, server } = props;
    const files = new ConfigMap(scope, 'Provisioning', {
      name: 'seaweedfs-buckets',
      data: () => ({ 'buckets.sh': bucketsScript, buckets: bucketList(buckets()), expiry: expiryList(buckets()) }),
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

    this.identities = new IdentityJobs(scope, {
      ...{ name: 'seaweedfs', namespace: server.namespace, identities },
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
    this.identities.add(scope, id, { identity: name, key, env: { ACTIONS: actionsOf(grants).join(',') } });
  }

  /** Name of what an identity has in the store's namespace. */
  public resourceName(identity: string): string {
    return this.identities.resourceName(identity);
  }

  private pod(script: string, own: OwnOfJob) {
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
