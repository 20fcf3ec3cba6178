import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { Minio, type MinioProps } from '../../components/minio';
import { apiObjects, Component, type Manifest } from '../../constructs';
import { prepareBinaries } from '../../engine/control-plane';
import { type Key, S3 } from './s3';

/** How the provisioning script ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** Declares what a store is to hold. */
export type Declare = (store: Minio, client: Component) => void;

class Client extends Component {
  constructor(app: App) {
    super(app, 'client', {}, 'client');
  }
}

/** A real MinIO server on this machine, and the rendered provisioning run against it. */
export class ObjectServer {
  public readonly root: Key = { user: random(10), secret: random(20) };
  public readonly s3: S3;

  /** Values that nobody may see in an output. */
  public readonly secrets: string[] = [this.root.user, this.root.secret];
  private readonly keys = new Map<string, Key>();
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-minio-'));
  private process?: ChildProcess;

  private constructor(
    private readonly binaries: { readonly minio: string; readonly mc: string },
    public readonly port: number,
    private readonly consolePort: number,
    private readonly props: MinioProps,
    private readonly certificate?: { readonly cert: string; readonly key: string },
  ) {
    this.s3 = new S3(port, props.region ?? 'us-east-1');
    // The client's image has a shell and little else: the script gets no more here.
    fs.mkdirSync(this.at('tools'));
    fs.symlinkSync(binaries.mc, this.at('tools', 'mc'));
    const sleep = ['/bin/sleep', '/usr/bin/sleep'].find(file => fs.existsSync(file))!;
    fs.symlinkSync(sleep, this.at('tools', 'sleep'));
  }

  /** @param certificate files of a certificate that is its own authority, for a store that speaks TLS */
  public static async create(
    props: MinioProps = {},
    certificate?: { readonly cert: string; readonly key: string },
  ): Promise<ObjectServer> {
    const { minio, mc } = await prepareBinaries({ names: ['minio', 'mc'] });
    return new ObjectServer({ minio, mc }, await freePort(), await freePort(), props, certificate);
  }

  /** Starts the server with the rendered arguments and variables, but for addresses and folders. */
  public async start(): Promise<void> {
    const container = this.render(() => {}).find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers[0];
    const replaced: Record<string, string> = {
      '/export': this.at('export'),
      '/etc/minio/certs/': this.at('certs'),
      ':9000': `127.0.0.1:${this.port}`,
      ':9001': `127.0.0.1:${this.consolePort}`,
    };
    if (this.certificate) {
      fs.mkdirSync(this.at('certs'), { recursive: true });
      fs.copyFileSync(this.certificate.cert, this.at('certs', 'public.crt'));
      fs.copyFileSync(this.certificate.key, this.at('certs', 'private.key'));
      this.trust(this.at('mc'));
    }
    const args = (container.command as string[]).slice(1).map(argument => replaced[argument] ?? argument);
    const env = environment(container, {
      HOME: this.directory,
      MINIO_ROOT_USER: this.root.user,
      MINIO_ROOT_PASSWORD: this.root.secret,
    });
    this.process = spawn(this.binaries.minio, args, { env, stdio: 'ignore' });
    await new Promise((resolve, reject) => {
      this.process!.once('spawn', resolve).once('error', reject);
    });
  }

  public async stop(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (!process || process.exitCode !== null) return;
    await new Promise(resolve => {
      process.once('exit', resolve);
      process.kill('SIGTERM');
    });
  }

  public async remove(): Promise<void> {
    await this.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** The key of an identity, made at first use as a deployer would. */
  public key(identity: string): Key {
    if (!this.keys.has(identity)) this.changeKey(identity);
    return this.keys.get(identity)!;
  }

  public changeKey(identity: string): void {
    const key = { user: identity, secret: random(20) };
    this.keys.set(identity, key);
    this.secrets.push(key.secret);
  }

  /**
   * Runs the rendered scripts with the variables of the rendered Jobs, as the cluster would: that of the buckets, that of
   * each identity, and the one that sweeps, until one fails.
   *
   * @param options.wait  seconds that it waits for the server
   * @param options.shell a POSIX shell
   * @param options.tamper changes the folder with `config`, `scripts`, `root` and a folder for each key before the run
   */
  public async provision(
    declare: Declare,
    options: { readonly wait?: number; readonly shell?: string[]; readonly tamper?: (folder: string) => void } = {},
  ): Promise<Outcome> {
    const objects = this.render(declare);
    const folder = fs.mkdtempSync(this.at('run-'));
    const files = (name: string) =>
      objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)!.data;
    write(path.join(folder, 'config'), { ...files('minio'), ...files('minio-identities') });
    write(path.join(folder, 'scripts'), files('minio-scripts'));
    write(path.join(folder, 'root'), { rootUser: this.root.user, rootPassword: this.root.secret });
    const jobs = [
      ...objects.filter(({ kind }) => kind === 'Job'),
      ...objects.filter(({ kind }) => kind === 'CronJob').map(({ spec }) => spec.jobTemplate),
    ].map(({ spec }) => spec.template.spec.containers[0]);
    const identities = jobs.map(identityOf).filter(name => name !== undefined);
    for (const name of identities) write(path.join(folder, name), { secretKey: this.key(name).secret });
    this.trust(path.join(folder, 'mc'));
    options.tamper?.(folder);
    // Those of identities run at once, as in a cluster.
    const steps = [jobs.slice(0, 1), jobs.slice(1, -1), jobs.slice(-1)];
    let output = '';
    for (const step of steps) {
      const outcomes = await Promise.all(step.map(job => this.runJob(job, folder, options)));
      output += outcomes.map(outcome => outcome.output).join('');
      const failed = outcomes.find(({ exitCode }) => exitCode !== 0);
      if (failed) return { exitCode: failed.exitCode, output };
    }
    return { exitCode: 0, output };
  }

  private runJob(
    container: Manifest,
    folder: string,
    options: { readonly wait?: number; readonly shell?: string[] },
  ): Promise<Outcome> {
    const replaced: Record<string, string> = {
      MINIO_ENDPOINT: '127.0.0.1',
      MINIO_PORT: String(this.port),
      WAIT_SECONDS: String(options.wait ?? 30),
      GRACE_SECONDS: '0',
      CONFIG_DIR: path.join(folder, 'config'),
      ROOT_KEY_DIR: path.join(folder, 'root'),
      IDENTITY_KEY_DIR: path.join(folder, identityOf(container) ?? ''),
      MC_CONFIG_DIR: path.join(folder, 'mc'),
      // Each pod has scratch space of its own.
      HOME: fs.mkdtempSync(path.join(folder, 'home-')),
    };
    const present = Object.entries(replaced).filter(([name]) =>
      container.env.some((each: { name: string }) => each.name === name),
    );
    const env = environment(container as never, Object.fromEntries(present));
    const script = (container.command as string[])[1]!.replace(/^\/(config|scripts)\//, `${folder}/$1/`);
    const [shell, ...flags] = options.shell ?? ['/bin/sh'];
    return run(shell!, [...flags, script], { ...env, PATH: this.at('tools') });
  }

  /** Runs `mc`; `store` is the alias of this server with the given key. */
  public mc(key: Key, args: string[]): Promise<Outcome> {
    const host = `${this.certificate ? 'https' : 'http'}://${key.user}:${key.secret}@127.0.0.1:${this.port}`;
    return run(this.binaries.mc, args, { HOME: this.directory, MC_CONFIG_DIR: this.at('mc'), MC_HOST_store: host });
  }

  /** Puts the authority where the client looks, as the mounted file is. */
  private trust(folder: string): void {
    if (!this.certificate) return;
    fs.mkdirSync(path.join(folder, 'certs', 'CAs'), { recursive: true });
    fs.copyFileSync(this.certificate.cert, path.join(folder, 'certs', 'CAs', 'ca.crt'));
  }

  private render(declare: Declare): Manifest[] {
    const app = new App();
    declare(new Minio(app, 'minio', this.props), new Client(app));
    return apiObjects(app).map(object => object.toJson());
  }

  private at(...parts: string[]): string {
    return path.join(this.directory, ...parts);
  }
}

/** Whom a Job makes; undefined for the others. */
function identityOf(container: Manifest): string | undefined {
  return container.env.find(({ name }: { name: string }) => name === 'IDENTITY')?.value;
}

/** The variables of a container with other values for some: each of those must be there. */
function environment(container: { env: { name: string; value?: string }[] }, values: Record<string, string>) {
  const rendered = container.env.map(({ name, value = '' }) => [name, values[name] ?? value] as const);
  const missing = Object.keys(values).filter(name => !rendered.some(([present]) => present === name));
  if (missing.length > 0) throw new Error(`the container has no variable '${missing.join("', '")}'`);
  return Object.fromEntries(rendered);
}

function write(folder: string, files: Record<string, string>): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
}

function run(command: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  return new Promise(resolve => {
    execFile(command, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const exitCode = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ exitCode, output: `${stdout}${stderr}` });
    });
  });
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
