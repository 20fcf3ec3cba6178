import { setTimeout as sleep } from 'node:timers/promises';
import { FlowyardError } from '../errors';
import { version } from '../version';
import { Connection, ConnectionLost, type WireResponse } from './connection';
import type { Cluster } from './kubeconfig';
import type { Manifest } from './types';

/** Name under which the API server notes the fields that we set. */
export const FIELD_MANAGER = 'flowyard';

const USER_AGENT = `flowyard/${version}`;

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** The API server said no. */
export class ApiError extends Error {
  constructor(
    public readonly status: number,

    /** One word, such as `Invalid`. */
    public readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Settings of `KubeClient`. */
export interface ClientOptions {
  /**
   * Requests at once. More than this brings nothing: an API server on two cores takes as many as it can.
   *
   * @default 64
   */
  readonly parallel?: number;

  /**
   * How long the API server may be out of reach before a request fails.
   *
   * @default 60
   */
  readonly retrySeconds?: number;

  /** @default 60 */
  readonly requestSeconds?: number;

  /** @default - runs to its end */
  readonly signal?: AbortSignal;
}

/** Settings of one write. */
export interface ApplyOptions {
  readonly dryRun?: boolean;

  /** Whether the whole object comes back, rather than its metadata. */
  readonly whole?: boolean;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;

  /** Tries in all when the server fails, rather than the connection. */
  readonly attempts?: number;
}

/** Plain JSON over one connection, with bounded parallelism and retries. All its writes can be repeated safely. */
export class KubeClient {
  private readonly connection: Connection;
  private readonly gate: Gate;
  private readonly retryMilliseconds: number;
  private readonly requestMilliseconds: number;

  /** Requests sent, retries included. */
  public requests = 0;

  constructor(
    public readonly cluster: Cluster,
    private readonly options: ClientOptions = {},
  ) {
    this.connection = new Connection(cluster);
    this.gate = new Gate(options.parallel ?? 64);
    this.retryMilliseconds = (options.retrySeconds ?? 60) * 1000;
    this.requestMilliseconds = (options.requestSeconds ?? 60) * 1000;
  }

  /** An object, or undefined when there is none. */
  public async get(path: string, accept?: string): Promise<Manifest | undefined> {
    try {
      return await this.call({ method: 'GET', path, accept });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a collection, page by page. */
  public async list(
    path: string,
    options: { metadataOnly?: boolean; limit?: number } = {},
  ): Promise<{ items: Manifest[]; resourceVersion: string }> {
    const items: Manifest[] = [];
    const accept = options.metadataOnly ? METADATA_LIST : undefined;
    const separator = path.includes('?') ? '&' : '?';
    for (let next = ''; ; ) {
      const query = `${separator}limit=${options.limit ?? 1000}${next ? `&continue=${encodeURIComponent(next)}` : ''}`;
      const page = await this.call({ method: 'GET', path: path + query, accept });
      items.push(...(page.items ?? []));
      next = page.metadata?.continue ?? '';
      if (!next || options.limit) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  }

  /** Server-side apply. Returns metadata, or the whole object. */
  public apply(path: string, manifest: Manifest, options: ApplyOptions = {}): Promise<Manifest> {
    const query = `fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Strict${options.dryRun ? '&dryRun=All' : ''}`;
    return this.call({
      method: 'PATCH',
      path: `${path}?${query}`,
      accept: options.whole ? undefined : METADATA,
      contentType: 'application/apply-patch+yaml',
      body: JSON.stringify(manifest),
      attempts: options.dryRun ? 2 : undefined,
    });
  }

  /** Creates what must not exist yet; fails with 409 when it does. */
  public create(path: string, manifest: Manifest): Promise<Manifest> {
    const body = JSON.stringify(manifest);
    return this.call({
      method: 'POST',
      path: `${path}?fieldManager=${FIELD_MANAGER}`,
      contentType: 'application/json',
      body,
    });
  }

  /** Replaces an object at the version that its metadata names; fails with 409 when it has moved on. */
  public update(path: string, manifest: Manifest): Promise<Manifest> {
    const body = JSON.stringify(manifest);
    return this.call({
      method: 'PUT',
      path: `${path}?fieldManager=${FIELD_MANAGER}`,
      contentType: 'application/json',
      body,
    });
  }

  /** Deletes: `absent` when there was nothing, `leaving` when something still holds the object. */
  public async delete(path: string, uid?: string): Promise<'absent' | 'gone' | 'leaving'> {
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid ? { preconditions: { uid } } : {}),
    };
    try {
      const body = JSON.stringify(options);
      const answer = await this.call({ method: 'DELETE', path, contentType: 'application/json', body });
      return answer.kind === 'Status' ? 'gone' : 'leaving';
    } catch (error) {
      // A conflict means that the object of that uid is gone, and another one took its name.
      if (error instanceof ApiError && (error.status === 404 || (uid && error.status === 409))) return 'absent';
      throw error;
    }
  }

  /** Follows a collection from a version on, until the server or the signal ends it. */
  public async watch(
    path: string,
    version: string,
    onEvent: (type: string, object: Manifest) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let rest = '';
    const onData = (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { type, object } = JSON.parse(line);
        onEvent(type, object);
      }
    };
    const separator = path.includes('?') ? '&' : '?';
    const query = `${separator}watch=1&resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=240`;
    this.requests++;
    await this.connection.send({ method: 'GET', path: path + query, headers: headers({}), onData, signal });
  }

  public close(): void {
    this.connection.close();
  }

  private async call(call: Call): Promise<Manifest> {
    return this.gate.run(() => this.persist(call));
  }

  /** Repeats while the server is out of reach or out of breath. Other refusals are final. */
  private async persist(call: Call): Promise<Manifest> {
    const { signal } = this.options;
    const deadline = Date.now() + this.retryMilliseconds;
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      let pause = Math.min(4_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
      try {
        const response = await this.once(call);
        if (response.status < 300) return parse(response);
        const error = errorOf(response);
        if (response.status === 401 && !renewed) {
          renewed = true;
          this.connection.renew();
          continue;
        }
        const busy = [429, 503, 504].includes(error.status);
        const attempts = isStarting(error) ? Number.POSITIVE_INFINITY : (call.attempts ?? (busy ? 6 : 4));
        if (!(busy || error.status === 500) || attempt >= attempts || Date.now() > deadline) throw error;
        if (isStarting(error)) pause = Math.min(pause, 1_000);
        const seconds = Number(response.headers['retry-after']);
        if (seconds > 0) pause = Math.min(seconds, 30) * 1000;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || signal?.aborted) throw error;
        if (Date.now() + pause > deadline || isFinal(error)) throw this.unreachable(error);
      }
      await sleep(pause, undefined, { signal });
    }
  }

  private async once(call: Call): Promise<WireResponse> {
    this.requests++;
    const patience = AbortSignal.timeout(this.requestMilliseconds);
    try {
      // An abort ends the run at a step boundary, so a request that was begun is finished.
      return await this.connection.send({ ...call, headers: headers(call), signal: patience });
    } catch (error) {
      if (patience.aborted) throw new ConnectionLost(`no answer within ${this.requestMilliseconds / 1000} s`);
      throw error;
    }
  }

  private unreachable(error: ConnectionLost): FlowyardError {
    const { server, context } = this.cluster;
    return new FlowyardError(`the API server at ${server} cannot be reached: ${error.message}`, {
      next: `check that the cluster of context '${context}' runs, then run the same command again`,
      cause: error,
    });
  }
}

/** Of this package, from wherever the compiled file lies in it. */
/** A server that has just come back answers before it can: it is no more in reach than one that does not answer. */
function isStarting({ status, message }: ApiError): boolean {
  return status === 503 && message.includes('before all known HTTP paths have been installed');
}

/** Errors that waiting does not heal. */
function isFinal({ code }: ConnectionLost): boolean {
  return code !== undefined && (code.startsWith('ERR_TLS') || code.includes('CERT') || code === 'ENOTFOUND');
}

function headers(call: { accept?: string; contentType?: string }): Record<string, string> {
  return {
    accept: call.accept ?? 'application/json',
    'user-agent': USER_AGENT,
    ...(call.contentType ? { 'content-type': call.contentType } : {}),
  };
}

function parse({ body, status }: WireResponse): Manifest {
  try {
    return JSON.parse(body);
  } catch {
    throw new ConnectionLost(`the answer ${status} is not JSON: ${body.slice(0, 80)}`);
  }
}

function errorOf({ status, body }: WireResponse): ApiError {
  try {
    const { reason, message } = JSON.parse(body);
    // The server blames itself for a field of the wrong type in an apply; trying again does not help.
    if (/^failed to create typed patch object/.test(message)) return new ApiError(422, 'Invalid', message);
    if (status === 401) return new ApiError(401, 'Unauthorized', 'credentials expired or not accepted');
    return new ApiError(status, reason ?? String(status), message ?? body);
  } catch {
    return new ApiError(status, String(status), body.trim().slice(0, 300) || `status ${status}`);
  }
}

/** Lets a number of tasks in at once. */
export class Gate {
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(size: number) {
    this.free = size;
  }

  public async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>(resolve => this.waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
