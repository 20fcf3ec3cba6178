import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeclaredAccount, provisioningFiles, scriptName } from '../../components/mysql/provision';
import { eventually, freePort } from '../support/controller';

jest.setTimeout(60_000);

/** A server of this machine, which no package manager of ours can bring: MariaDB speaks the same protocol and SQL. */
const server = ['mariadbd', 'mysqld'].find(name => spawnSync(name, ['--version']).status === 0);
const root = 'rootpassword';

class Database {
  public readonly folder = mkdtempSync(join(tmpdir(), 'flowyard-mysql-'));
  private port = 0;
  private process?: ChildProcess;

  public async start(): Promise<void> {
    this.port = await freePort();
    const user = process.getuid?.() === 0 ? ['--user=root'] : [];
    const data = `--datadir=${join(this.folder, 'data')}`;
    execFileSync('mariadb-install-db', ['--no-defaults', data, ...user, '--skip-test-db'], { stdio: 'pipe' });
    const init = join(this.folder, 'init.sql');
    // One statement a line. Roots of other hosts would be preferred to the one with a password.
    const statements = [
      `CREATE USER root@'%' IDENTIFIED BY '${root}';`,
      "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;",
      "DELETE FROM mysql.global_priv WHERE Host <> '%' AND User <> 'mariadb.sys';",
      'FLUSH PRIVILEGES;',
    ];
    writeFileSync(init, `${statements.join('\n')}\n`);
    const socket = `--socket=${join(this.folder, 'socket')}`;
    const pid = `--pid-file=${join(this.folder, 'pid')}`;
    const address = ['--bind-address=127.0.0.1', `--port=${this.port}`];
    this.process = spawn(server!, ['--no-defaults', data, socket, pid, ...address, ...user, `--init-file=${init}`], {
      stdio: 'ignore',
    });
    await eventually('the server answers', 30, async () => this.as('root', root, 'SELECT 1') === '1' || undefined);
  }

  public async stop(): Promise<void> {
    const ended = new Promise(resolve => this.process!.once('exit', resolve));
    this.process!.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true });
  }

  /** What a user gets; `denied` when it may not. */
  public as(user: string, password: string, sql: string): string {
    const args = ['-h127.0.0.1', `-P${this.port}`, `-u${user}`, '-BN', '-e', sql];
    const { status, stdout, stderr } = spawnSync('mysql', args, {
      env: { ...process.env, MYSQL_PWD: password },
      encoding: 'utf8',
    });
    return status === 0 ? stdout.trim() : /denied/.test(stderr) ? 'denied' : stderr;
  }

  /** Runs the rendered script as its Job would. */
  public provision(
    accounts: readonly DeclaredAccount[],
    passwords: Readonly<Record<string, string>>,
    rootPassword = root,
  ) {
    const [config, secrets] = [join(this.folder, 'config'), join(this.folder, 'passwords')];
    for (const folder of [config, secrets]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    }
    for (const [file, text] of Object.entries(provisioningFiles(accounts))) writeFileSync(join(config, file), text);
    for (const [file, text] of Object.entries(passwords)) writeFileSync(join(secrets, file), text);
    writeFileSync(join(this.folder, 'root'), rootPassword);
    return spawnSync('bash', [join(config, scriptName)], {
      encoding: 'utf8',
      env: {
        ...{ PATH: process.env.PATH, MYSQL_HOST: '127.0.0.1', MYSQL_PORT: String(this.port), WAIT_SECONDS: '5' },
        ...{ CONFIG_DIR: config, ACCOUNT_PASSWORD_DIR: secrets, ROOT_PASSWORD_FILE: join(this.folder, 'root') },
      },
    });
  }
}

const katib = { name: 'katib', databases: ['katib'] };
const pipelines = { name: 'pipelines', databases: ['mlpipeline', 'cache_db'] };
const passwords = { katib: 'first', pipelines: 'second' };

const suite = server ? describe : describe.skip;
if (!server)
  process.stderr.write('skipped: neither mariadbd nor mysqld is on the PATH; apt-get install mariadb-server\n');

suite('the provisioning, against a real server', () => {
  const database = new Database();
  beforeAll(() => database.start());
  afterAll(() => database.stop());

  beforeEach(() => {
    expect(database.provision([katib, pipelines], passwords)).toMatchObject({ status: 0, stderr: '' });
  });

  test('gives each account its databases, and none of another', () => {
    expect(database.as('katib', 'first', 'CREATE TABLE IF NOT EXISTS katib.t (a INT); SHOW DATABASES')).toContain(
      'katib',
    );
    expect(database.as('katib', 'first', 'CREATE TABLE mlpipeline.t (a INT)')).toBe('denied');
    expect(database.as('pipelines', 'second', 'SELECT * FROM katib.t')).toBe('denied');
    expect(database.as('pipelines', 'second', 'SELECT * FROM mysql.user')).toBe('denied');
  });

  test('takes an underscore for one', () => {
    expect(database.as('pipelines', 'second', 'CREATE DATABASE cachexdb')).toBe('denied');
    expect(database.as('pipelines', 'second', 'CREATE TABLE IF NOT EXISTS cache_db.t (a INT)')).toBe('');
  });

  test('again changes nothing and loses nothing', () => {
    database.as('katib', 'first', 'CREATE TABLE IF NOT EXISTS katib.kept (a INT); INSERT INTO katib.kept VALUES (1)');

    expect(database.provision([pipelines, katib], passwords).status).toBe(0);

    expect(database.as('katib', 'first', 'SELECT COUNT(*) FROM katib.kept')).not.toBe('0');
  });

  test('puts a new password in place of the old one', () => {
    expect(database.provision([katib, pipelines], { ...passwords, katib: 'changed' }).status).toBe(0);

    expect(database.as('katib', 'first', 'SELECT 1')).toBe('denied');
    expect(database.as('katib', 'changed', 'SELECT 1')).toBe('1');
  });

  test('takes rights that are no longer declared, locks users that are not, and drops no data', () => {
    database.as('pipelines', 'second', 'CREATE TABLE IF NOT EXISTS cache_db.t (a INT)');

    expect(database.provision([{ ...pipelines, databases: ['mlpipeline'] }], passwords).status).toBe(0);

    expect(database.as('pipelines', 'second', 'SELECT * FROM cache_db.t')).toBe('denied');
    expect(database.as('katib', 'first', 'SELECT 1')).toBe('denied');
    expect(database.as('root', root, 'SHOW DATABASES')).toContain('cache_db');
  });

  test.each([
    ['a password is missing', {}, root, 'the password file'],
    ['a password would need quoting', { ...passwords, katib: "x'; DROP" }, root, 'has characters other than letters'],
    ['the password of root is another', passwords, 'wrong', 'does not take the password of root'],
  ])('fails when %s, and tells no password', (_, given, rootPassword, message) => {
    const { status, stdout, stderr } = database.provision([katib, pipelines], given, rootPassword);

    expect(status).toBe(1);
    expect(stderr).toContain(message);
    for (const secret of [...Object.values(passwords), root, 'DROP']) expect(stdout + stderr).not.toContain(secret);
  });
});
