import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { SeaweedFs } from '../../components/seaweedfs';
import { apiObjects, Component, type Manifest } from '../../constructs';
import { prepareBinaries } from '../../engine/control-plane';
import { type Key, S3 } from './s3';

/** Declares what a store is to hold. */
export type Declare = (store: SeaweedFs, client: Component) => void;

class Client extends Component {
  constructor(app: App) {
    super(app, 'client', {}, 'client');
  }
}

/** A real SeaweedFS on this machine, started with the rendered flags and keys, and the rendered provisioning run on it. */
export class SeaweedServer {
  public readonly root: Key = { user: random(10), secret: random(20) };
  public readonly s3: S3;
  private readonly keys = new Map<string, Key>();
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-seaweed-'));
  private process?: ChildProcess;

  private constructor(
    private readonly weed: string,
    private readonly ports: {
      readonly master: number;
      readonly volume: number;
      readonly filer: number;
      readonly s3: number;
    },
  ) {
    this.s3 = new S3(ports.s3, 'us-east-1');
    fs.mkdirSync(path.join(this.directory, 'tools'));
    fs.mkdirSync(path.join(this.directory, 'data'));
    fs.symlinkSync(weed, path.join(this.directory, 'tools', 'weed'));
    const sleep = ['/bin/sleep', '/usr/bin/sleep'].find(file => fs.existsSync(file))!;
    fs.symlinkSync(sleep, path.join(this.directory, 'tools', 'sleep'));
  }

  public static async create(): Promise<SeaweedServer> {
    const { weed } = await prepareBinaries({ names: ['weed'] });
    const [master, volume, filer, s3] = [await freePort(), await freePort(), await freePort(), await freePort()];
    return new SeaweedServer(weed, { master, volume, filer, s3 });
  }

  /** Starts the server with the rendered arguments and variables, on ports and a folder of its own. */
  public async start(): Promise<void> {
    const { args, env } = this.render(() => {}).find(({ kind }) => kind === 'Deployment')!.spec.template.spec
      .containers[0];
    const values: Record<string, string> = {
      AWS_ACCESS_KEY_ID: this.root.user,
      AWS_SECRET_ACCESS_KEY: this.root.secret,
    };
    const variables = env.map(({ name }: { name: string }) => [name, values[name]!]);
    const { master, volume, filer, s3 } = this.ports;
    const own = [
      ...['-ip=127.0.0.1', '-ip.bind=127.0.0.1', `-s3.localSocket=${path.join(this.directory, 's3.sock')}`],
      ...[`-master.port=${master}`, `-volume.port=${volume}`, `-filer.port=${filer}`, `-s3.port=${s3}`],
    ];
    const rendered = (args as string[]).map(each => each.replace('/data', path.join(this.directory, 'data')));
    this.process = spawn(this.weed, [...rendered, ...own], {
      ...{ cwd: this.directory, stdio: 'ignore' },
      env: { ...Object.fromEntries(variables), HOME: this.directory },
    });
    await new Promise((resolve, reject) => {
      this.process!.once('spawn', resolve).once('error', reject);
    });
  }

  public async remove(): Promise<void> {
    const { process } = this;
    if (process && process.exitCode === null) {
      await new Promise(resolve => {
        process.once('exit', resolve);
        process.kill('SIGKILL');
      });
    }
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** The key of an identity, made at first use as a deployer would. */
  public key(identity: string): Key {
    if (!this.keys.has(identity)) this.changeKey(identity);
    return this.keys.get(identity)!;
  }

  public changeKey(identity: string): void {
    this.keys.set(identity, { user: identity, secret: random(20) });
  }

  /** Runs the rendered scripts with the variables of the rendered Jobs: buckets, each identity, the one that sweeps. */
  public async provision(declare: Declare): Promise<{ readonly exitCode: number; readonly output: string }> {
    const objects = this.render(declare);
    const folder = fs.mkdtempSync(path.join(this.directory, 'run-'));
    const files = (name: string) =>
      objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)!.data;
    write(path.join(folder, 'config'), { ...files('seaweedfs-buckets'), ...files('seaweedfs-identities') });
    write(path.join(folder, 'scripts'), files('seaweedfs-scripts'));
    const jobs = [
      ...objects.filter(({ kind }) => kind === 'Job'),
      ...objects.filter(({ kind }) => kind === 'CronJob').map(({ spec }) => spec.jobTemplate),
    ].map(({ spec }) => spec.template.spec.containers[0]);
    let output = '';
    for (const { env, command } of jobs) {
      const variables: Record<string, string> = Object.fromEntries(
        env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      );
      const keys = path.join(folder, variables.IDENTITY ?? 'none');
      if (variables.IDENTITY) write(keys, { secretKey: this.key(variables.IDENTITY).secret });
      // Its gRPC port is 10000 above, unless told otherwise.
      Object.assign(variables, {
        ...{ MASTER: `127.0.0.1:${this.ports.master}`, WAIT_SECONDS: '60', HOME: folder, GRACE_SECONDS: '0' },
        ...{ CONFIG_DIR: path.join(folder, 'config'), IDENTITY_KEY_DIR: keys },
      });
      const script = (command as string[])[1]!.replace(/^\/(config|scripts)\//, `${folder}/$1/`);
      const outcome = await run('/bin/sh', [script], { ...variables, PATH: path.join(this.directory, 'tools') });
      output += outcome.output;
      if (outcome.exitCode !== 0) return { exitCode: outcome.exitCode, output };
    }
    return { exitCode: 0, output };
  }

  private render(declare: Declare): Manifest[] {
    const app = new App();
    declare(new SeaweedFs(app, 'seaweedfs'), new Client(app));
    return apiObjects(app).map(object => object.toJson());
  }
}

function write(folder: string, files: Record<string, string>): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
}

function run(command: string, args: string[], env: Record<string, string>) {
  return new Promise<{ exitCode: number; output: string }>(resolve => {
    execFile(command, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const exitCode = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ exitCode, output: `${stdout}${stderr}` });
    });
  });
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** A free port whose neighbour 10000 above, at which gRPC is spoken, is one too. */
function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 9_000);
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', () => freePort().then(resolve, reject));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}
