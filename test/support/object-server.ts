import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { Minio, type MinioProps } from '../../components/minio';
import { apiObjects, Component, generatedKeys, type Manifest } from '../../constructs';
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
  ) {
    this.s3 = new S3(port, props.region ?? 'us-east-1');
    // The client's image has a shell and little else: the script gets no more here.
    fs.mkdirSync(this.at('tools'));
    fs.symlinkSync(binaries.mc, this.at('tools', 'mc'));
    const sleep = ['/bin/sleep', '/usr/bin/sleep'].find(file => fs.existsSync(file))!;
    fs.symlinkSync(sleep, this.at('tools', 'sleep'));
  }

  public static async create(props: MinioProps = {}): Promise<ObjectServer> {
    const { minio, mc } = await prepareBinaries({ names: ['minio', 'mc'] });
    return new ObjectServer({ minio, mc }, await freePort(), await freePort(), props);
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
   * Runs the script of the rendered ConfigMap with the variables of the rendered Job.
   *
   * @param options.wait  seconds that it waits for the server
   * @param options.shell a POSIX shell
   * @param options.tamper changes the folder with `config`, `root` and `identities` before the run
   */
  public async provision(
    declare: Declare,
    options: { readonly wait?: number; readonly shell?: string[]; readonly tamper?: (folder: string) => void } = {},
  ): Promise<Outcome> {
    const objects = this.render(declare);
    const find = (kind: string, name: string) =>
      objects.find(object => object.kind === kind && object.metadata.name === name)!;
    const folder = fs.mkdtempSync(this.at('run-'));
    const identities = Object.keys(generatedKeys(find('Secret', 'minio-identities').metadata.annotations));
    write(path.join(folder, 'config'), find('ConfigMap', 'minio').data);
    write(path.join(folder, 'root'), { rootUser: this.root.user, rootPassword: this.root.secret });
    write(
      path.join(folder, 'identities'),
      Object.fromEntries(identities.map(identity => [identity, this.key(identity).secret])),
    );
    options.tamper?.(folder);
    const container = find('Job', 'minio-post-job').spec.template.spec.containers[0];
    const script = (container.command as string[])[1]!.replace('/config/', `${folder}/config/`);
    const env = environment(container, {
      MINIO_ENDPOINT: '127.0.0.1',
      MINIO_PORT: String(this.port),
      WAIT_SECONDS: String(options.wait ?? 30),
      CONFIG_DIR: path.join(folder, 'config'),
      ROOT_KEY_DIR: path.join(folder, 'root'),
      IDENTITY_KEY_DIR: path.join(folder, 'identities'),
      MC_CONFIG_DIR: path.join(folder, 'mc'),
      HOME: folder,
    });
    const [shell, ...flags] = options.shell ?? ['/bin/sh'];
    return run(shell!, [...flags, script], { ...env, PATH: this.at('tools') });
  }

  /** Runs `mc`; `store` is the alias of this server with the given key. */
  public mc(key: Key, args: string[]): Promise<Outcome> {
    const host = `http://${key.user}:${key.secret}@127.0.0.1:${this.port}`;
    return run(this.binaries.mc, args, { HOME: this.directory, MC_CONFIG_DIR: this.at('mc'), MC_HOST_store: host });
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
