import { Construct } from 'constructs';
import {
  ConfigMap,
  type ContainerProps,
  CronJob,
  type EnvValue,
  GeneratedSecret,
  Job,
  type JobProps,
  type SecretKey,
  type Volume,
} from '../../../constructs';
import { shortened } from './shortened';

/** What differs from one of a store's Jobs to the next. */
export interface OwnOfJob {
  readonly env: Record<string, EnvValue>;
  readonly mounts: Record<string, Volume>;
}

/** How the Jobs of a store's identities are made. */
export interface IdentityJobsProps {
  /** Begins the names of all objects: `minio`. */
  readonly name: string;
  readonly namespace: string;

  /** Makes one identity anew, and removes those that are no longer declared. */
  readonly scripts: { readonly identity: string; readonly sweep: string };

  /** The pod that runs a script. */
  readonly pod: (script: string, own: OwnOfJob) => Omit<JobProps, 'name'> & { readonly containers: ContainerProps[] };

  /** Asked when all is built. */
  readonly identities: () => readonly { readonly name: string }[];
  readonly labels?: Record<string, string>;

  /** Labels of what sweeps. @default - none */
  readonly sweepLabels?: Readonly<Record<string, string>>;
}

/** Seconds until a node has surely seen the last change of a mounted list. */
const graceSeconds = 150;

/** A Job for each identity of a store, and one that sweeps. One identity more changes nothing of the others. */
export class IdentityJobs {
  private readonly scripts: ConfigMap;

  constructor(
    scope: Construct,
    private readonly props: IdentityJobsProps,
  ) {
    const { name, scripts, pod, identities, labels, sweepLabels } = props;
    this.scripts = new ConfigMap(scope, 'IdentityScripts', {
      name: `${name}-scripts`,
      labels,
      data: { 'identity.sh': scripts.identity, 'sweep.sh': scripts.sweep },
    });
    const list = new ConfigMap(scope, 'Identities', {
      name: `${name}-identities`,
      labels,
      data: () => ({
        identities: identities()
          .map(each => `${each.name}\n`)
          .join(''),
      }),
    });
    new CronJob(scope, 'Sweep', {
      name: `${name}-sweep`,
      // An identity that is no longer declared works for an hour at most.
      schedule: '17 * * * *',
      ...pod('/scripts/sweep.sh', {
        env: { CONFIG_DIR: '/config', GRACE_SECONDS: String(graceSeconds) },
        mounts: {
          '/scripts': this.scripts.volume({ name: 'scripts' }),
          // Read when it runs: one more identity must not change this object.
          '/config': { ...list.volume({ name: 'identities' }), contentHash: undefined },
        },
      }),
      ...(sweepLabels && { labels: sweepLabels }),
    });
  }

  /** Name of what an identity has in the store's namespace: that of a Job ends at 63 characters. */
  public resourceName(identity: string): string {
    return shortened(`${this.props.name}-key-${identity}`, 63);
  }

  /**
   * Makes a user with the given key, rendered below `scope`: what an identity needs at the store is its consumer's.
   *
   * @param env what the script must know of its rights
   */
  public add(
    scope: Construct,
    id: string,
    {
      identity,
      key,
      env,
    }: { readonly identity: string; readonly key: SecretKey; readonly env: Record<string, string> },
  ): void {
    const { namespace, pod, labels } = this.props;
    const name = this.resourceName(identity);
    const own = new Construct(scope, id);
    const secret = new GeneratedSecret(own, 'Key', {
      ...{ name, namespace, labels },
      keys: { secretKey: { copyOf: key } },
    });
    new Job(own, 'Job', {
      name,
      namespace,
      ...pod('/scripts/identity.sh', {
        env: { IDENTITY: identity, ...env, IDENTITY_KEY_DIR: '/keys/identity' },
        mounts: {
          '/scripts': this.scripts.volume({ name: 'scripts' }),
          '/keys/identity': secret.volume('identity-key'),
        },
      }),
      rollsWith: [key],
    });
  }
}
