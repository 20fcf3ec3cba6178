import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  Component,
  type ComponentProps,
  ConfigMap,
  Deployment,
  type Endpoint,
  GeneratedSecret,
  Job,
  type Override,
  PersistentVolumeClaim,
  podsIn,
  podsWith,
  type Resources,
  Service,
  ServiceAccount,
} from '../../constructs';
import type { ServiceMesh, SqlAccount, SqlAccountProps, SqlDatabase } from '../roles';
import { type DeclaredAccount, provisioningFiles, scriptName } from './provision';
import { release } from './release';

/** Properties of `Mysql`. */
export interface MysqlProps extends ComponentProps<Mysql> {
  /** Size of the volume. @default '20Gi' */
  readonly capacity?: string;

  /** @default - the cluster's default class */
  readonly storageClass?: string;

  /** @default - 100m CPU, 800Mi of memory, at most 2Gi */
  readonly resources?: Resources;

  /** Takes part in it; its port takes plain text too. @default - no mesh */
  readonly mesh?: ServiceMesh;

  /**
   * Last word over rendered workloads, by child id.
   *
   * @default - workloads stay as rendered
   */
  readonly overrides?: {
    readonly server?: Override<k8s.DeploymentSpec>;
    readonly provisioning?: Override<k8s.JobSpec>;
  };
}

const port = 3306;
const labels = { app: 'mysql', 'application-crd-id': 'kubeflow-pipelines' };

/** The user that the image's files belong to; the volume becomes its own. */
const runAs = { user: 999, group: 999, fsGroup: 999 };

/** Databases of the server itself, and of the provisioning. */
const reserved = ['mysql', 'sys', 'information_schema', 'performance_schema', 'flowyard'];

/**
 * MySQL, one server for all parts: each has a user with a generated password, and databases that nobody else reaches. The
 * password of root is generated as well, and only the server and the provisioning hold it.
 *
 * @example
 * const database = new Mysql(app, 'mysql', { capacity: '50Gi' });
 * new Katib(app, 'katib', { cluster, certificates, database });
 */
export class Mysql extends Component implements SqlDatabase {
  public readonly endpoint: Endpoint;

  private readonly accounts = new Map<string, DeclaredAccount>();
  private readonly passwords: GeneratedSecret;
  private readonly server: Deployment;
  private readonly clientNamespaces = new Set<string>();

  constructor(scope: Construct, id: string, props: MysqlProps = {}) {
    super(scope, id, props, 'kubeflow');
    this.needs(props.mesh);
    const root = new GeneratedSecret(this, 'Root', { name: 'mysql-root', keys: { password: { random: 40 } }, labels });
    this.passwords = new GeneratedSecret(this, 'Passwords', { name: 'mysql-accounts', keys: {}, labels });
    const account = new ServiceAccount(this, 'Account', { name: 'mysql', labels });
    this.server = this.renderServer(props, account, root);
    props.mesh?.allowPlaintext(this, 'Plaintext', {
      name: 'mysql',
      workload: this.server,
      ports: [port],
      reason: 'clients without a sidecar, and the provisioning Job',
      authentication: 'a user and password for each part',
    });
    const service = new Service(this, 'Service', {
      name: 'mysql',
      labels,
      workload: this.server,
      ports: { mysql: { port, target: port } },
    });
    this.endpoint = service.endpoint('mysql');
    this.renderProvisioning(account, root, props.mesh);
    this.extend(props.extensions);
  }

  public addAccount(scope: Construct, id: string, props: SqlAccountProps): SqlAccount {
    const { name, databases, namespace, secretName } = props;
    this.check(props);
    this.accounts.set(name, { name, databases });
    const secret = new GeneratedSecret(scope, id, {
      name: secretName,
      namespace,
      keys: { username: { plain: name }, password: { random: 40 } },
    });
    const password = secret.key('password');
    this.passwords.addKey(name, { copyOf: password });
    if (!this.clientNamespaces.has(namespace)) {
      this.clientNamespaces.add(namespace);
      this.server.allowFrom([podsIn(namespace)], [port]);
    }
    return { secretName, username: secret.key('username'), password };
  }

  private check({ name, databases }: SqlAccountProps): void {
    if (!/^[a-z0-9_-]{1,32}$/.test(name) || ['root', ...reserved].includes(name)) {
      this.fail(`'name' of an account takes 1 to 32 lower-case letters, digits, '_' and '-', got '${name}'`);
    }
    if (this.accounts.has(name)) {
      this.fail(`account '${name}' is added twice; give each its own name, or all databases at once`);
    }
    if (databases.length === 0) this.fail(`'databases' of account '${name}' must name one at least, got none`);
    for (const database of databases) {
      if (!/^[a-z0-9_]{1,64}$/.test(database) || reserved.includes(database)) {
        this.fail(
          `'databases' of account '${name}' take 1 to 64 lower-case letters, digits and '_', and none of the server's own, got '${database}'`,
        );
      }
      const owner = [...this.accounts.values()].find(account => account.databases.includes(database));
      if (owner) this.fail(`database '${database}' of account '${name}' is account '${owner.name}''s already`);
    }
  }

  private renderServer(props: MysqlProps, account: ServiceAccount, root: GeneratedSecret): Deployment {
    const { capacity = '20Gi', storageClass } = props;
    if (!/^[1-9]\d*(Mi|Gi|Ti|M|G|T)$/.test(capacity)) {
      this.fail(`'capacity' takes a size such as '20Gi', got '${capacity}'`);
    }
    const data = new PersistentVolumeClaim(this, 'Data', {
      name: 'mysql-pv-claim',
      size: capacity,
      storageClass,
      labels,
    });
    // It says that the server answers, without a password: one that is refused is an answer, too.
    const ping = { exec: { command: ['mysqladmin', 'ping', '--host=127.0.0.1', '--silent'] }, timeoutSeconds: 5 };
    return new Deployment(this, 'Server', {
      name: 'mysql',
      labels,
      selector: labels,
      account,
      // The volume is mounted by one pod at a time, and two servers would spoil the data.
      strategy: 'Recreate',
      terminationGracePeriodSeconds: 60,
      runAs,
      containers: [
        {
          name: 'mysql',
          image: release.images.server,
          args: [
            ...['--datadir', '/var/lib/mysql', '--authentication-policy=mysql_native_password'],
            ...['--mysql-native-password=ON', '--disable-log-bin'],
          ],
          env: { MYSQL_ROOT_PASSWORD: { secret: root.key('password') } },
          ports: { mysql: port },
          resources: props.resources ?? { cpu: '100m', memory: '800Mi', memoryLimit: '2Gi' },
          startup: { ...ping, periodSeconds: 5, failureThreshold: 60 },
          liveness: { ...ping, periodSeconds: 15 },
          readiness: { ...ping, periodSeconds: 10 },
          mounts: { '/var/lib/mysql': data.volume('mysql-persistent-storage') },
          writable: ['/tmp', '/var/run/mysqld'],
        },
      ],
      override: this.overrideOf('server'),
    });
  }

  private renderProvisioning(account: ServiceAccount, root: GeneratedSecret, mesh?: ServiceMesh): void {
    const files = new ConfigMap(this, 'Provisioning', {
      name: 'mysql-provisioning',
      labels,
      data: () => provisioningFiles([...this.accounts.values()]),
    });
    const job = new Job(this, 'ProvisioningJob', {
      name: 'mysql-provisioning',
      selector: { app: 'mysql-provisioning' },
      labels: mesh?.optOutLabels,
      account,
      runAs,
      activeDeadlineSeconds: 1800,
      backoffLimit: 3,
      containers: [
        {
          name: 'provisioning',
          image: release.images.server,
          command: ['/bin/bash', `/config/${scriptName}`],
          env: {
            MYSQL_HOST: this.endpoint.host,
            MYSQL_PORT: String(port),
            WAIT_SECONDS: '300',
            CONFIG_DIR: '/config',
            ROOT_PASSWORD_FILE: '/passwords/root/password',
            ACCOUNT_PASSWORD_DIR: '/passwords/accounts',
            HOME: '/tmp',
          },
          resources: { cpu: '50m', memory: '128Mi' },
          mounts: {
            '/config': files.volume({ name: 'configuration' }),
            '/passwords/root': root.volume('root-password'),
            '/passwords/accounts': this.passwords.volume('account-passwords'),
          },
          writable: ['/tmp'],
        },
      ],
      override: this.overrideOf('provisioning'),
    });
    job.allowTo([podsWith(this.server.selector)], [port]);
    this.server.allowFrom([podsWith(job.selector)], [port]);
  }
}
