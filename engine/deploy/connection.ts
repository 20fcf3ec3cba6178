import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as tls from 'node:tls';
import type { Cluster, Credentials } from './kubeconfig';

/** One request, as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;

  /**
   * Takes the body piece by piece, for answers that have no end.
   *
   * @default - the body is collected
   */
  readonly onData?: (chunk: string) => void;
}

/** Its answer. */
export interface WireResponse {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
}

/** The connection failed before an answer was complete; the request may or may not have been carried out. */
export class ConnectionLost extends Error {
  constructor(
    message: string,
    public readonly code?: string,
  ) {
    super(message);
  }
}

/** A connection to the API server that comes back by itself: HTTP/2 where it is offered, HTTP/1.1 otherwise. */
export class Connection {
  private channel?: Promise<Channel>;
  private credentials?: Promise<Credentials>;
  private closed = false;

  constructor(private readonly cluster: Cluster) {}

  public async send(request: WireRequest): Promise<WireResponse> {
    request.signal?.throwIfAborted();
    const channel = await this.open();
    return channel.send(request);
  }

  /** Drops the credentials, so that the next request reads them anew. */
  public renew(): void {
    this.credentials = undefined;
    this.drop();
  }

  public close(): void {
    this.closed = true;
    this.drop();
  }

  private drop(): void {
    const channel = this.channel;
    this.channel = undefined;
    channel?.then(each => each.close()).catch(() => {});
  }

  private open(): Promise<Channel> {
    if (this.closed) throw new ConnectionLost('the connection is closed');
    this.channel ??= this.connect().catch(error => {
      this.channel = undefined;
      throw error;
    });
    return this.channel;
  }

  private async connect(): Promise<Channel> {
    this.credentials ??= this.cluster.credentials();
    this.credentials.catch(() => {
      this.credentials = undefined;
    });
    const credentials = await this.credentials;
    const url = new URL(this.cluster.server);
    const options: tls.ConnectionOptions = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 443),
      ca: this.cluster.ca,
      cert: credentials.cert,
      key: credentials.key,
      rejectUnauthorized: !this.cluster.insecure,
      ...(this.cluster.servername ? { servername: this.cluster.servername } : {}),
    };
    const socket = await connect({ ...options, ALPNProtocols: ['h2', 'http/1.1'] });
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return new Http1(url, credentials, options);
    }
    const lost = () => {
      this.channel = undefined;
    };
    return new Http2(url, credentials, socket, lost);
  }
}

interface Channel {
  send(request: WireRequest): Promise<WireResponse>;
  close(): void;
}

function connect(options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    const fail = (error: NodeJS.ErrnoException) => {
      socket.destroy();
      reject(new ConnectionLost(error.message, error.code));
    };
    socket.setTimeout(10_000, () => fail(new Error('no connection within 10 s')));
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function headersOf(request: WireRequest, credentials: Credentials): Record<string, string> {
  return {
    ...request.headers,
    ...(credentials.authorization ? { authorization: credentials.authorization } : {}),
  };
}

/** All requests over one session. */
class Http2 implements Channel {
  private readonly session: http2.ClientHttp2Session;
  private readonly streams = new Set<http2.ClientHttp2Stream>();

  constructor(
    private readonly url: URL,
    private readonly credentials: Credentials,
    socket: tls.TLSSocket,
    lost: () => void,
  ) {
    this.session = http2.connect(url, {
      createConnection: () => socket,
      settings: { initialWindowSize: 4 << 20, enablePush: false },
    });
    this.session.setLocalWindowSize(16 << 20);
    // A server that goes away ends what it has begun; new requests take a new session.
    this.session.once('goaway', (_code, last) => {
      lost();
      for (const stream of this.streams) {
        if (stream.id !== undefined && stream.id > last) stream.destroy(new Error('the server went away'));
      }
    });
    this.session.once('close', lost);
    this.session.once('error', lost);
    socket.once('error', () => {});
  }

  public close(): void {
    this.session.destroy();
  }

  public send(request: WireRequest): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      if (this.session.closed || this.session.destroyed) {
        reject(new ConnectionLost('the session ended', 'ECONNRESET'));
        return;
      }
      const stream = this.session.request(
        {
          ':method': request.method,
          ':path': request.path,
          ':authority': this.url.host,
          ...headersOf(request, this.credentials),
        },
        // Left to itself, node ends a DELETE before its body.
        { signal: request.signal, endStream: request.body === undefined },
      );
      this.streams.add(stream);
      let headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      let body = '';
      let complete = false;
      stream.setEncoding('utf8');
      stream.on('response', each => {
        headers = each;
      });
      stream.on('data', (chunk: string) => {
        if (request.onData && headers[':status'] === 200) request.onData(chunk);
        else body += chunk;
      });
      stream.on('end', () => {
        complete = headers[':status'] !== undefined;
      });
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (!request.signal?.aborted) reject(new ConnectionLost(error.message, error.code));
      });
      stream.on('close', () => {
        this.streams.delete(stream);
        if (request.signal?.aborted) reject(request.signal.reason);
        else if (complete && stream.rstCode === 0) resolve({ status: headers[':status']!, headers, body });
        else reject(new ConnectionLost('the answer broke off', 'ECONNRESET'));
      });
      if (request.body !== undefined) stream.end(request.body);
    });
  }
}

/** For servers and balancers that speak HTTP/1.1 only. */
class Http1 implements Channel {
  private readonly agent: https.Agent;

  constructor(
    private readonly url: URL,
    private readonly credentials: Credentials,
    options: tls.ConnectionOptions,
  ) {
    this.agent = new https.Agent({ ...options, keepAlive: true, maxSockets: 64 });
  }

  public close(): void {
    this.agent.destroy();
  }

  public send(request: WireRequest): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) =>
        reject(request.signal?.aborted ? request.signal.reason : new ConnectionLost(error.message, error.code));
      const outgoing = https.request(
        new URL(request.path, this.url),
        {
          method: request.method,
          agent: this.agent,
          headers: {
            ...headersOf(request, this.credentials),
            ...(request.body ? { 'content-length': Buffer.byteLength(request.body) } : {}),
          },
          signal: request.signal,
        },
        incoming => {
          let body = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            if (request.onData && incoming.statusCode === 200) request.onData(chunk);
            else body += chunk;
          });
          incoming.on('error', fail);
          incoming.on('close', () => {
            if (incoming.complete) resolve({ status: incoming.statusCode!, headers: incoming.headers, body });
            else fail(new Error('the answer broke off'));
          });
        },
      );
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
  }
}
