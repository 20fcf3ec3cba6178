import * as fs from 'node:fs';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as forge from 'node-forge';
import { stringify } from 'yaml';
import { readKubeconfig } from '../../engine/deploy/kubeconfig';

/** What goes wrong with a request. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** Passed on late. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Passed on and carried out; the answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** The answer breaks off in its middle. */
  | { readonly kind: 'cut-answer' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'html' }
  /** The connection is given up in good order, as a server does that restarts. */
  | { readonly kind: 'go-away' }
  /** Ends without an event. */
  | { readonly kind: 'empty' }
  /** Begins well, and then tells nothing and does not end. */
  | { readonly kind: 'mute' }
  /** The answer that the same request got the first time. */
  | { readonly kind: 'stale' };

/** When something goes wrong. */
export interface Rule {
  readonly method?: RegExp;
  readonly path?: RegExp;

  /** Whether it goes wrong the nth time, counted from 1, over all requests that match. */
  readonly when: (nth: number) => boolean;
  readonly fault: Fault;
}

/** A request that came, with what went wrong. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly fault?: Fault['kind'];
}

/** Stands between a deployer and an API server, on the loopback, and spoils what it is told to. */
export class FaultProxy {
  public readonly seen: Seen[] = [];
  public rules: Rule[] = [];

  /** What the server says of itself, in place of the truth. */
  public versions?: object;

  /** Bearer tokens that are refused, as expired ones are. */
  public readonly expired = new Set<string>();
  private readonly counts = new Map<Rule, number>();
  private readonly first = new Map<string, { status: number; body: string }>();
  private readonly sessions = new Set<http2.ServerHttp2Session>();

  private constructor(
    private readonly server: http2.Http2SecureServer,
    private readonly upstream: { url: URL; agent: https.Agent },
    private readonly folder: string,
    private readonly ca: string,
  ) {
    server.on('session', session => {
      this.sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => this.sessions.delete(session));
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      void this.answer(stream, headers);
    });
    server.on('sessionError', () => {});
    server.on('tlsClientError', () => {});
  }

  /** @param validDays of the certificate; none when negative */
  public static async start(kubeconfig: string, validDays = 1): Promise<FaultProxy> {
    const real = readKubeconfig(kubeconfig);
    const { cert, key } = await real.credentials();
    const own = selfSigned(validDays);
    const server = http2.createSecureServer({ key: own.key, cert: own.cert });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const folder = fs.mkdtempSync(path.join(tmpdir(), 'flowyard-faults-'));
    const agent = new https.Agent({ ca: real.ca, cert, key, keepAlive: true });
    return new FaultProxy(server, { url: new URL(real.server), agent }, folder, own.cert);
  }

  /** A kubeconfig that leads here. */
  public kubeconfig(user: Record<string, unknown> = { token: 'good' }): string {
    const { port } = this.server.address() as AddressInfo;
    const file = path.join(this.folder, `kubeconfig-${fs.readdirSync(this.folder).length}.yaml`);
    const cluster = {
      server: `https://127.0.0.1:${port}`,
      'certificate-authority-data': Buffer.from(this.ca).toString('base64'),
    };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'faulty' },
      clusters: [{ name: 'faulty', cluster }],
      users: [{ name: 'faulty', user }],
      contexts: [{ name: 'faulty', context: { cluster: 'faulty', user: 'faulty' } }],
    };
    fs.writeFileSync(file, stringify(config));
    return file;
  }

  /** Path of a new file in the proxy's own folder. */
  public file(name: string): string {
    return path.join(this.folder, name);
  }

  public spoil(...rules: Rule[]): void {
    this.rules = rules;
    this.seen.length = 0;
  }

  public async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    this.upstream.agent.destroy();
    await new Promise(resolve => this.server.close(resolve));
    fs.rmSync(this.folder, { recursive: true });
  }

  private faultOf(method: string, at: string): Fault | undefined {
    for (const rule of this.rules) {
      if (!(rule.method ?? /./).test(method) || !(rule.path ?? /./).test(at)) continue;
      const nth = (this.counts.get(rule) ?? 0) + 1;
      this.counts.set(rule, nth);
      if (rule.when(nth)) return rule.fault;
    }
    return undefined;
  }

  private async answer(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> {
    const [method, at] = [headers[':method']!, headers[':path']!];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const token = headers.authorization?.replace('Bearer ', '');
    if (token && this.expired.has(token)) return status(stream, 401);
    if (this.versions && at === '/version') return end(stream, 200, JSON.stringify(this.versions));
    const fault = this.faultOf(method, at);
    this.seen.push({ method, path: at, ...(fault ? { fault: fault.kind } : {}) });
    switch (fault?.kind) {
      case 'status':
        return status(stream, fault.status, fault.headers);
      case 'garbage':
        return end(stream, 200, '{"kind":"Status","metadata":{');
      case 'html':
        return end(stream, 200, '<html><body>Please log in</body></html>', 'text/html');
      case 'empty':
        return end(stream, 200, '');
      case 'mute':
        stream.respond({ ':status': 200, 'content-type': 'application/json' });
        return;
      case 'go-away':
        // What was begun on this session is left unanswered: the last stream that counts is none.
        stream.session?.goaway(http2.constants.NGHTTP2_NO_ERROR, 0);
        setTimeout(() => stream.session?.destroy(), 20);
        return;
      case 'stale': {
        const before = this.first.get(`${method} ${at}`);
        if (before) return end(stream, before.status, before.body);
        break;
      }
      case 'delay':
        await new Promise(resolve => setTimeout(resolve, fault.milliseconds));
    }
    this.pass(stream, headers, body, fault);
  }

  private pass(
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    body: Buffer,
    fault: Fault | undefined,
  ): void {
    const [method, at] = [headers[':method']!, headers[':path']!];
    const plain = Object.entries(headers).filter(([name]) => !name.startsWith(':') && name !== 'authorization');
    const request = https.request(new URL(at, this.upstream.url), {
      ...{ method, agent: this.upstream.agent },
      headers: { ...Object.fromEntries(plain), 'content-length': String(body.length) },
    });
    request.on('error', () => stream.destroyed || stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('close', () => request.destroy());
    request.on('response', response => {
      if (fault?.kind === 'lose-answer') {
        response.resume();
        response.on('end', () => stream.session?.destroy());
        return;
      }
      if (stream.destroyed) return;
      stream.respond({ ':status': response.statusCode, 'content-type': response.headers['content-type'] });
      if (fault?.kind === 'cut-answer') {
        response.once('data', (chunk: Buffer) => {
          stream.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () =>
            stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
          );
        });
        return;
      }
      let text = '';
      response.on('data', (chunk: Buffer) => {
        if (!/[?&]watch=/.test(at)) text += chunk;
        if (!stream.destroyed) stream.write(chunk);
      });
      response.on('end', () => {
        const key = `${method} ${at}`;
        if (method === 'GET' && !this.first.has(key)) this.first.set(key, { status: response.statusCode!, body: text });
        if (!stream.destroyed) stream.end();
      });
    });
    request.end(body);
  }
}

function end(stream: http2.ServerHttp2Stream, code: number, body: string, type = 'application/json'): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': code, 'content-type': type });
  stream.end(body);
}

function status(stream: http2.ServerHttp2Stream, code: number, headers: Record<string, string> = {}): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': code, 'content-type': 'application/json', ...headers });
  stream.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message: `injected ${code}` }));
}

/** A certificate for 127.0.0.1 that nobody else has signed. */
export function selfSigned(validDays: number): { key: string; cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.serialNumber = '01';
  const day = 86_400_000;
  cert.validity.notBefore = new Date(Date.now() - 10 * day);
  cert.validity.notAfter = new Date(Date.now() + validDays * day);
  const name = [{ name: 'commonName', value: '127.0.0.1' }];
  cert.setSubject(name);
  cert.setIssuer(name);
  cert.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  cert.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(cert) };
}
