import { createHash, createHmac } from 'node:crypto';
import * as http from 'node:http';

/** An account of an S3 server. */
export interface Key {
  readonly user: string;
  readonly secret: string;
}

/** An answer of an S3 server. */
export interface Answer {
  readonly status: number;
  readonly body: string;

  /** Code of an error, such as `AccessDenied`; empty otherwise. */
  readonly code: string;
}

/** A request. The path goes out as it is, so that odd ones reach the server. */
export interface Request {
  readonly method?: 'GET' | 'PUT' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;

  /** Headers beside those that the signature needs. */
  readonly headers?: Readonly<Record<string, string>>;

  /** @default - anonymous */
  readonly key?: Key;
}

/** Speaks S3 to a server on this machine, one signed request at a time. */
export class S3 {
  constructor(
    private readonly port: number,
    private readonly region: string,
  ) {}

  public send(request: Request): Promise<Answer> {
    const { method = 'GET', path, body = '' } = request;
    const query = Object.entries(request.query ?? {})
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&');
    const headers = request.key ? this.sign(request, request.key, query) : { ...request.headers };
    const options = { host: '127.0.0.1', port: this.port, method, path: query ? `${path}?${query}` : path, headers };
    return new Promise((resolve, reject) => {
      const sent = http.request(options, response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const code = /<Error>.*<Code>(\w+)<\/Code>/s.exec(text)?.[1] ?? '';
          resolve({ status: response.statusCode!, body: text, code });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Signature Version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
  private sign(request: Request, key: Key, query: string): Record<string, string> {
    const { method = 'GET', body = '' } = request;
    const path = decodeURIComponent(request.path).split('/').map(encode).join('/');
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/${this.region}/s3/aws4_request`;
    const headers: Record<string, string> = {
      host: `127.0.0.1:${this.port}`,
      'x-amz-content-sha256': digest(body),
      'x-amz-date': time,
      ...request.headers,
    };
    const names = Object.keys(headers).sort().join(';');
    const lines = Object.keys(headers)
      .sort()
      .map(name => `${name}:${headers[name]}\n`);
    const canonical = [method, path, query, lines.join(''), names, digest(body)].join('\n');
    const text = ['AWS4-HMAC-SHA256', time, scope, digest(canonical)].join('\n');
    const signingKey = scope.split('/').reduce<string | Buffer>((from, part) => mac(from, part), `AWS4${key.secret}`);
    const signature = mac(signingKey, text).toString('hex');
    return {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${key.user}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    };
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function mac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
