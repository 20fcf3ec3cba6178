import * as net from 'node:net';
import * as path from 'node:path';

/**
 * A network for one process, in which it may listen on all addresses. Sockets in the file system lead out of it to a
 * port of this machine, and into it from another one, on 127.0.0.1 both.
 */
export class OwnNetwork {
  private constructor(
    private readonly directory: string,
    private readonly ports: { readonly calls: number; readonly serves: number },
    private readonly servers: readonly net.Server[],
  ) {}

  /**
   * @param ports.calls  port of this machine that the process calls
   * @param ports.serves port on which the process listens
   */
  public static async open(
    directory: string,
    ports: { readonly calls: number; readonly serves: number },
  ): Promise<OwnNetwork> {
    const out = await forward(path.join(directory, 'out'), { port: ports.calls, host: '127.0.0.1' });
    const into = await forward({ port: 0, host: '127.0.0.1' }, { path: path.join(directory, 'in') });
    return new OwnNetwork(directory, ports, [out, into]);
  }

  /** Port on 127.0.0.1 that leads to the process. */
  public get port(): number {
    return (this.servers[1]!.address() as net.AddressInfo).port;
  }

  /** The command that runs `command` in the network. */
  public wrap(command: readonly string[]): string[] {
    const { calls, serves } = this.ports;
    const [out, into] = ['out', 'in'].map(name => path.join(this.directory, name));
    const pairs: [string | number, string | number][] = [
      [calls, out!],
      [into!, serves],
    ];
    const script = `
      const net = require('node:net');
      for (const [from, to] of ${JSON.stringify(pairs)}) {
        const end = side => typeof side === 'number' ? { port: side, host: '127.0.0.1' } : { path: side };
        net.createServer(a => {
          const b = net.connect(end(to));
          a.on('error', () => b.destroy()).on('close', () => b.destroy());
          b.on('error', () => a.destroy()).on('close', () => a.destroy());
          a.pipe(b); b.pipe(a);
        }).listen(end(from));
      }
      const { spawn } = require('node:child_process');
      const [binary, ...args] = ${JSON.stringify(command)};
      const child = spawn(binary, args, { stdio: 'inherit' });
      process.on('SIGTERM', () => child.kill('SIGTERM'));
      child.on('exit', code => process.exit(code ?? 1));
    `;
    const up = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin ip link set lo up && exec "$0" -e "$1"';
    return ['/usr/bin/unshare', '--net', '--', '/bin/sh', '-c', up, process.execPath, script];
  }

  public close(): void {
    for (const server of this.servers) server.close();
  }
}

/** Hands on what comes in at one end to the other. */
async function forward(from: string | net.ListenOptions, to: net.NetConnectOpts): Promise<net.Server> {
  const server = net.createServer(a => {
    const b = net.connect(to);
    a.on('error', () => b.destroy()).on('close', () => b.destroy());
    b.on('error', () => a.destroy()).on('close', () => a.destroy());
    a.pipe(b);
    b.pipe(a);
  });
  await new Promise<void>((resolve, reject) => {
    const options = typeof from === 'string' ? { path: from } : from;
    server.once('error', reject).listen(options, resolve);
  });
  return server;
}
