import * as fs from 'node:fs';
import * as https from 'node:https';
import type { ClusterPaths } from './paths';

/** An object of Kubernetes, as far as we look into it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the callers know their kinds
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the callers know their kinds
  readonly status?: any;
}

/** An answer other than 2xx. */
export class ApiError extends Error {
  constructor(
    public readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A few plain calls to one API server; deploying a platform is the business of the engine. */
export class Api {
  private readonly agent: https.Agent;

  constructor(
    private readonly port: number,
    credentials: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer },
    private readonly signal?: AbortSignal,
  ) {
    this.agent = new https.Agent({ ...credentials, keepAlive: true, maxSockets: 8 });
  }

  /** As the administrator that kwokctl made; the deployer's name stays out of what the control plane does itself. */
  public static asControlPlane(paths: ClusterPaths, port: number, signal?: AbortSignal): Api {
    const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map(file => fs.readFileSync(paths.pki(file)));
    return new Api(port, { ca, cert, key }, signal);
  }

  /** Whether the API server says that it is ready. Not reachable is not ready. */
  public async ready(): Promise<boolean> {
    return this.request('GET', '/readyz').then(
      () => true,
      () => {
        this.signal?.throwIfAborted();
        return false;
      },
    );
  }

  public async list(path: string): Promise<KubeObject[]> {
    return (JSON.parse(await this.request('GET', path)) as { items: KubeObject[] }).items;
  }

  public create(path: string, body: object): Promise<string> {
    return this.request('POST', path, body);
  }

  public patch(path: string, body: object): Promise<string> {
    return this.request('PATCH', path, body, 'application/merge-patch+json');
  }

  public delete(path: string): Promise<string> {
    return this.request('DELETE', path);
  }

  public async exists(path: string): Promise<boolean> {
    try {
      await this.request('GET', path);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return false;
      }
      throw error;
    }
  }

  public close(): void {
    this.agent.destroy();
  }

  private request(method: string, path: string, body?: object, contentType = 'application/json'): Promise<string> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload ? { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) } : {};
    const { agent, port, signal } = this;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, agent, headers, signal, timeout: 10_000 };
      const request = https.request(options, response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) {
            resolve(text);
          } else {
            reject(new ApiError(status, `${method} ${path} answered ${status}: ${text.slice(0, 500)}`));
          }
        });
      });
      request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      request.on('error', reject);
      request.end(payload);
    });
  }
}
