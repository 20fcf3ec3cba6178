import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { Manifest } from '../../constructs';
import { auditLogPath } from '../../engine/control-plane';
import type { KubeClient } from '../../engine/deploy/client';
import { testCluster, testKubeconfig } from './cluster';

/** One request, as the audit log tells it. */
export interface Request {
  readonly verb: string;
  readonly uri: string;
  readonly code: number;
}

/** Properties of `RealController`. */
export interface RealControllerProps {
  readonly binary: string;

  /** Added to `--kubeconfig`, which every controller takes. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;

  /** The service account that it acts as: with a token of it, and no other right. */
  readonly account: { readonly namespace: string; readonly name: string };

  /** Ports that it would open to all addresses and does without. */
  readonly withheldPorts: readonly number[];
}

/** The binary of a controller, on the shared control plane, with the rights that its pods would have. */
export class RealController {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-controller-'));
  private readonly withheld: net.Server[] = [];
  private readonly startedAt = new Date().toISOString();
  private process?: ChildProcess;
  private _log = '';

  private constructor(private readonly props: RealControllerProps) {}

  public static async start(client: KubeClient, props: RealControllerProps): Promise<RealController> {
    const controller = new RealController(props);
    for (const port of props.withheldPorts) await controller.withhold(port);
    await controller.writeKubeconfig(client);
    controller.spawn();
    return controller;
  }

  /** What it has printed. */
  public get log(): string {
    return this._log;
  }

  /** What it asked of the API server. */
  public requests(): Request[] {
    const { namespace, name } = this.props.account;
    return fs
      .readFileSync(auditLogPath(testCluster), 'utf8')
      .split('\n')
      .filter(line => line.includes(`"username":"system:serviceaccount:${namespace}:${name}"`))
      .map(line => JSON.parse(line))
      .filter(({ stage, requestReceivedTimestamp: at }) => stage === 'ResponseComplete' && at >= this.startedAt)
      .map(({ verb, requestURI, responseStatus }) => ({ verb, uri: requestURI, code: responseStatus.code }));
  }

  public async stop(): Promise<void> {
    const { process } = this;
    if (process && process.exitCode === null) {
      await new Promise(resolve => {
        process.once('exit', resolve);
        process.kill('SIGTERM');
      });
    }
    for (const server of this.withheld) server.close();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** Controllers listen on all addresses. Taken on this machine's own address, the port cannot be opened to others. */
  private async withhold(port: number): Promise<void> {
    const server = net.createServer(socket => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    this.withheld.push(server);
  }

  private async writeKubeconfig(client: KubeClient): Promise<void> {
    const { namespace, name } = this.props.account;
    const { status } = await client.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    });
    const admin = parse(fs.readFileSync(testKubeconfig(), 'utf8'));
    const [{ name: cluster, cluster: address }] = admin.clusters;
    fs.writeFileSync(
      this.kubeconfig,
      stringify({
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'controller' },
        clusters: [{ name: cluster, cluster: address }],
        users: [{ name, user: { token: status.token } }],
        contexts: [{ name: 'controller', context: { cluster, user: name, namespace } }],
      }),
      { mode: 0o600 },
    );
  }

  private spawn(): void {
    const { binary, args, env } = this.props;
    this.process = spawn(binary, ['--kubeconfig', this.kubeconfig, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', chunk => {
        this._log += chunk;
      });
    }
  }

  private get kubeconfig(): string {
    return path.join(this.directory, 'kubeconfig.yaml');
  }
}

/** Asks until there is an answer; throws with `what` after `seconds`. */
export async function eventually<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(250);
  }
}

/** A port of 127.0.0.1 that nobody has. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** A webhook configuration that calls a server of this machine: its pods do not run here. */
export function redirected(configuration: Manifest, address: string, authority: string): Manifest {
  const webhooks = configuration.webhooks.map((webhook: { clientConfig: { service: { path: string } } }) => ({
    ...webhook,
    clientConfig: {
      url: `https://${address}${webhook.clientConfig.service.path}`,
      caBundle: Buffer.from(authority).toString('base64'),
    },
  }));
  return { ...configuration, webhooks };
}
