import { generateKeyPairSync } from 'node:crypto';
import * as fs from 'node:fs';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Duplex } from 'node:stream';
import * as forge from 'node-forge';
import { stringify } from 'yaml';
import { ApiError, KubeClient } from '../../../engine/deploy/client';
import { readKubeconfig } from '../../../engine/deploy/kubeconfig';
import { FlowyardError } from '../../../engine/errors';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  readonly at: number;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;

  /** What to do instead of answering. */
  readonly act?: (stream: Duplex, session: http2.Http2Session | undefined) => void;
}

/** A certificate for 127.0.0.1, signed by itself. */
function certificate(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.publicKeyFromPem(publicKey);
  cert.serialNumber = '01';
  cert.validity.notAfter.setFullYear(cert.validity.notBefore.getFullYear() + 1);
  const subject = [{ name: 'commonName', value: 'test' }];
  cert.setSubject(subject);
  cert.setIssuer(subject);
  cert.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  cert.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(cert), key: privateKey };
}

const tls = certificate();
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-client-'));
const opened: { close(): void }[] = [];

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** A server that gives these answers, one per request, the last for ever. */
async function fixture(
  answers: Answer[],
  options: { http1?: boolean; retrySeconds?: number; parallel?: number; slow?: boolean } = {},
) {
  const seen: Seen[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const state = { sessions: 0, running: 0, most: 0 };
  const server = options.http1 ? https.createServer(tls) : http2.createSecureServer({ ...tls, allowHTTP1: false });
  server.on('session', (session: http2.ServerHttp2Session) => {
    state.sessions++;
    sessions.add(session);
    session.on('error', () => {});
  });
  server.on('request', (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => {
    let body = '';
    state.most = Math.max(state.most, ++state.running);
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', async () => {
      seen.push({ method: request.method, path: request.url, headers: request.headers, body, at: performance.now() });
      const answer = answers[Math.min(seen.length, answers.length) - 1]!;
      if (options.slow) await new Promise(resolve => setTimeout(resolve, 5));
      state.running--;
      if (answer.act) return answer.act(request.stream, request.stream.session);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? { kind: 'Thing' }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const file = path.join(directory, `${port}.yaml`);
  const tokenFile = path.join(directory, `${port}.token`);
  fs.writeFileSync(tokenFile, 'first');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [
      {
        name: 'test',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': btoa(tls.cert) },
      },
    ],
    users: [{ name: 'test', user: { tokenFile } }],
  };
  fs.writeFileSync(file, stringify(config));
  const client = new KubeClient(readKubeconfig(file), {
    retrySeconds: options.retrySeconds,
    parallel: options.parallel,
  });
  const close = () => {
    client.close();
    for (const session of sessions) session.destroy();
    server.close();
  };
  opened.push({ close });
  return { client, seen, state, tokenFile, file, stop: close };
}

const failed = (status: number, headers = {}): Answer => ({ status, headers, body: { reason: 'No', message: 'no' } });

test('a write goes out as server-side apply, strict, with our name and credentials', async () => {
  const { client, seen } = await fixture([{ body: { metadata: { uid: '1' } } }]);

  expect(await client.apply('/api/v1/namespaces/a', { kind: 'Namespace' })).toEqual({ metadata: { uid: '1' } });
  expect(seen[0]).toMatchObject({ method: 'PATCH', body: '{"kind":"Namespace"}' });
  expect(seen[0]!.path).toBe('/api/v1/namespaces/a?fieldManager=flowyard&force=true&fieldValidation=Strict');
  expect(seen[0]!.headers).toMatchObject({
    'content-type': 'application/apply-patch+yaml',
    accept: expect.stringContaining('as=PartialObjectMetadata'),
    authorization: 'Bearer first',
    'user-agent': expect.stringMatching(/^flowyard\/\d/),
  });
});

test('a delete carries its body', async () => {
  const { client, seen } = await fixture([{ body: { kind: 'Status' } }]);

  expect(await client.delete('/x', 'uid-1')).toBe('gone');
  expect(JSON.parse(seen[0]!.body)).toMatchObject({ preconditions: { uid: 'uid-1' }, propagationPolicy: 'Background' });
});

test('many requests share one session, and only so many run at once', async () => {
  const { client, seen, state } = await fixture([{}], { parallel: 4, slow: true });

  await Promise.all(Array.from({ length: 40 }, (_, index) => client.get(`/${index}`)));

  expect(seen).toHaveLength(40);
  expect(state.sessions).toBe(1);
  expect(state.most).toBe(4);
});

test.each([429, 500, 503, 504])('%d is tried again', async status => {
  const { client, seen } = await fixture([failed(status), failed(status), {}]);

  await client.apply('/x', {});

  expect(seen).toHaveLength(3);
});

test('Retry-After is honoured', async () => {
  const { client, seen } = await fixture([failed(429, { 'retry-after': '1' }), {}]);

  await client.get('/x');

  expect(seen[1]!.at - seen[0]!.at).toBeGreaterThan(950);
});

test.each([400, 403, 409, 422])('%d is final', async status => {
  const { client, seen } = await fixture([failed(status), {}]);

  await expect(client.apply('/x', {})).rejects.toMatchObject({ status, reason: 'No', message: 'no' });
  expect(seen).toHaveLength(1);
});

test('a lasting 500 ends after four tries', async () => {
  const { client, seen } = await fixture([failed(500)]);

  await expect(client.apply('/x', {})).rejects.toBeInstanceOf(ApiError);
  expect(seen).toHaveLength(4);
});

test('a server that has come back and serves nothing yet is waited for, however often it says so', async () => {
  const message = 'the request has been made before all known HTTP paths have been installed, please try again';
  const starting = { status: 503, body: { reason: 'ServiceUnavailable', message } };
  const { client, seen } = await fixture([...Array(7).fill(starting), {}]);

  await client.apply('/x', {});

  expect(seen).toHaveLength(8);
}, 15_000);

test('a field of the wrong type is final, though the server calls it 500', async () => {
  const message = 'failed to create typed patch object (a/b): .spec.size: expected numeric';
  const { client, seen } = await fixture([{ status: 500, body: { reason: 'InternalError', message } }]);

  await expect(client.apply('/x', {})).rejects.toMatchObject({ status: 422, message });
  expect(seen).toHaveLength(1);
});

test('404 is no object, and nothing to delete', async () => {
  const { client } = await fixture([failed(404)]);

  expect(await client.get('/x')).toBeUndefined();
  expect(await client.delete('/x')).toBe('absent');
});

test('an expired token is read anew, once', async () => {
  const { client, seen, tokenFile } = await fixture([{}, failed(401), {}]);
  await client.get('/x');
  fs.writeFileSync(tokenFile, 'second');
  await client.get('/x');

  expect(seen.map(each => each.headers.authorization)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
});

test('throws when credentials stay refused', async () => {
  const { client, seen } = await fixture([failed(401)]);

  await expect(client.get('/x')).rejects.toThrow('credentials expired');
  expect(seen).toHaveLength(2);
});

test.each<[string, Answer['act']]>([
  ['the connection is cut', (_, session) => session!.destroy()],
  ['the stream is cut', stream => stream.destroy()],
])('a request is sent again when %s', async (_, act) => {
  const { client, seen } = await fixture([{ act }, {}]);

  await client.apply('/x', {});

  expect(seen).toHaveLength(2);
});

test('a server that goes away ends what it has begun, and gets no more on that session', async () => {
  const act: Answer['act'] = (stream, session) => {
    session!.goaway();
    (stream as http2.ServerHttp2Stream).respond({ ':status': 200 });
    setTimeout(() => stream.end('{"kind":"Last"}'), 30);
  };
  const { client, state } = await fixture([{ act }, {}]);

  expect(await client.get('/x')).toEqual({ kind: 'Last' });
  expect(await client.get('/x')).toEqual({ kind: 'Thing' });
  expect(state.sessions).toBe(2);
});

test('an answer that breaks off, or is a page of a proxy, is not taken for one', async () => {
  const cut: Answer = {
    act: (stream, session) => {
      (stream as http2.ServerHttp2Stream).respond({ ':status': 200 });
      stream.write('{"kind":"Thi');
      setTimeout(() => session!.destroy(), 20);
    },
  };
  const { client, seen } = await fixture([cut, { body: '<html>sign in</html>' }, {}]);

  expect(await client.get('/x')).toEqual({ kind: 'Thing' });
  expect(seen).toHaveLength(3);
});

test('throws when the server is gone for good, naming its address', async () => {
  const { client, stop } = await fixture([{}], { retrySeconds: 0.5 });
  await client.get('/x');
  stop();
  const other = new KubeClient(client.cluster, { retrySeconds: 0.5 });
  const error = await other.get('/x').catch(each => each);

  expect(error).toBeInstanceOf(FlowyardError);
  expect(error.message).toContain(client.cluster.server);
  expect(error.next).toContain("context 'test'");
});

test('throws at once when the certificate is not trusted', async () => {
  const { client } = await fixture([{}]);
  const other = new KubeClient({ ...client.cluster, ca: certificate().cert });
  const startedAt = performance.now();

  await expect(other.get('/x')).rejects.toThrow(/self-signed|certificate/);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('HTTP/1.1 will do', async () => {
  const { client, seen } = await fixture([failed(503), {}], { http1: true });

  expect(await client.apply('/x', { a: 1 })).toEqual({ kind: 'Thing' });
  expect(seen.map(each => each.body)).toEqual(['{"a":1}', '{"a":1}']);
});

test('a list is read page by page', async () => {
  const { client, seen } = await fixture([
    { body: { items: [{ a: 1 }], metadata: { continue: 'next', resourceVersion: '7' } } },
    { body: { items: [{ a: 2 }], metadata: { resourceVersion: '7' } } },
  ]);

  expect(await client.list('/x')).toEqual({ items: [{ a: 1 }, { a: 2 }], resourceVersion: '7' });
  expect(seen[1]!.path).toContain('continue=next');
});

test('a watch gives its events, however they are cut', async () => {
  const lines = [1, 2, 3].map(n => JSON.stringify({ type: 'ADDED', object: { n } })).join('\n') + '\n';
  const act: Answer['act'] = stream => {
    (stream as http2.ServerHttp2Stream).respond({ ':status': 200 });
    stream.write(lines.slice(0, 50));
    setTimeout(() => stream.end(lines.slice(50)), 10);
  };
  const { client } = await fixture([{ act }]);
  const numbers: number[] = [];
  await client.watch('/x', '5', (_, { n }) => numbers.push(n), new AbortController().signal);

  expect(numbers).toEqual([1, 2, 3]);
});

test('throws when the kubeconfig lacks the context, naming those it has', async () => {
  const { file } = await fixture([{}]);

  expect(() => readKubeconfig(file, 'prod')).toThrow("has no 'prod' among its contexts, it has 'test'");
  expect(() => readKubeconfig(`${file}.none`)).toThrow("'kubeconfig' cannot be read");
});
