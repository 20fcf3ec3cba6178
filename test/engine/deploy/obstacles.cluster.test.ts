import * as fs from 'node:fs';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { apply, type DeployOptions, destroy } from '../../../engine/deploy';
import { KubeClient } from '../../../engine/deploy/client';
import { readKubeconfig } from '../../../engine/deploy/kubeconfig';
import type { Manifest } from '../../../engine/deploy/types';
import { testKubeconfig } from '../../support/cluster';
import { selfSigned } from '../../support/fault-proxy';
import { KubernetesObject, sample } from './program';

// What stands in the way of a run though the way to the API server is well: another cluster, a CRD whose names are taken,
// webhooks that do not answer.

jest.setTimeout(90_000);

let client: KubeClient;
const folder = fs.mkdtempSync(path.join(tmpdir(), 'flowyard-obstacles-'));
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  client = new KubeClient(readKubeconfig(testKubeconfig()));
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
  client.close();
  fs.rmSync(folder, { recursive: true });
});

function fixture(name: string) {
  const stack = `${name}-${process.pid}`;
  const options = (program: () => unknown, more: Partial<DeployOptions> = {}): DeployOptions => ({
    ...{ stack, project: 'shop', kubeconfig: testKubeconfig(), readySeconds: 5, program },
    ...more,
  });
  cleanups.push(() => destroy(options(() => {})));
  return { stack, options };
}

const namespace = (name: string) =>
  new KubernetesObject('namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

test('F16: another cluster than last time is refused before any write, and let through when said', async () => {
  const { stack, options } = fixture('moved');
  const memory = path.join(folder, 'memory.json');
  fs.writeFileSync(memory, JSON.stringify({ cluster: 'that-one', server: 'https://that.example.com' }));

  await expect(apply(options(sample({ namespace: stack }), { memory }))).rejects.toThrow(
    `stack '${stack}' was last deployed to cluster 'that-one' at https://that.example.com, this one is '`,
  );

  expect(await client.get(`/api/v1/namespaces/${stack}`)).toBeUndefined();
  const readySeconds = 60;
  const moved = { memory, newCluster: true, readySeconds };
  expect(await apply(options(sample({ namespace: stack }), moved))).toMatchObject({ ok: true });
  // From now on it is this one.
  expect(await apply(options(sample({ namespace: stack }), { memory, readySeconds }))).toMatchObject({ ok: true });
});

test('F17: a CRD whose names are taken ends the wait with the condition, and no object of its kind is sent', async () => {
  const { stack, options } = fixture('taken');
  const group = `${stack}.example.com`;
  const definition = (plural: string, id: string) =>
    new KubernetesObject(id, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        ...{ group, scope: 'Namespaced', names: { plural, kind: 'Widget', listKind: 'WidgetList', singular: plural } },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
  const first = () => {
    namespace(stack);
    definition('widgets', 'first');
  };
  expect(await apply(options(first, { readySeconds: 30 }))).toMatchObject({ ok: true });

  const result = await apply(
    options(() => {
      first();
      const second = definition('gadgets', 'second');
      const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one', namespace: stack } };
      new KubernetesObject('widget', widget, { dependsOn: [second] });
    }),
  );

  expect(result.failures).toMatchObject([{ object: { name: `gadgets.${group}` } }]);
  expect(result.failures[0]!.reason).toMatch(/^NamesAccepted: .*"Widget(List)?" is already in use/);
  expect(result.skipped).toMatchObject([{ kind: 'Widget', name: 'one' }]);
  expect((await client.list(`/apis/${group}/v1/widgets`)).items).toEqual([]);
});

/** A webhook that every ConfigMap of a namespace must pass. */
async function guard(stack: string, url: string, caBundle?: string): Promise<void> {
  await client.apply(webhookPath(stack), {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: stack },
    webhooks: [
      {
        name: 'guard.example.com',
        ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', timeoutSeconds: 1 },
        clientConfig: { url, ...(caBundle ? { caBundle: Buffer.from(caBundle).toString('base64') } : {}) },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': stack } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
    ],
  });
  // The API server learns of it a moment later.
  for (let tries = 0; tries < 100; tries++) {
    const probe = `/api/v1/namespaces/${stack}/configmaps/probe`;
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace: stack } };
    const refused = await client.apply(probe, manifest, { dryRun: true }).then(
      () => false,
      () => true,
    );
    if (refused) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('the webhook is never called');
}

const webhookPath = (name: string) => `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`;

/** A namespace with a guarded ConfigMap, something that needs it, and something that does not. */
function guarded(stack: string, withSettings = true) {
  return () => {
    const at = { dependsOn: [namespace(stack)] };
    const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, metadata: { name, namespace: stack } });
    new KubernetesObject('account', object('ServiceAccount', 'worker'), at);
    if (!withSettings) return;
    const settings = new KubernetesObject('settings', object('ConfigMap', 'settings'), at);
    new KubernetesObject('secret', object('Secret', 'after'), { dependsOn: [settings] });
  };
}

test('F19: a webhook whose backend is dead is the cause that is named, in bounded time; the rest goes on', async () => {
  const { stack, options } = fixture('dead');
  expect(await apply(options(guarded(stack, false)))).toMatchObject({ ok: true });
  await guard(stack, 'https://127.0.0.1:9/guard');
  cleanups.push(() => client.delete(webhookPath(stack)));

  const result = await apply(options(guarded(stack)));

  expect(result.failures).toMatchObject([{ object: { kind: 'ConfigMap', name: 'settings' } }]);
  expect(result.failures[0]!.reason).toMatch(/failed calling webhook "guard.example.com".*connection refused/);
  expect(result.skipped).toMatchObject([{ kind: 'Secret', name: 'after' }]);
  expect(result.seconds).toBeLessThan(60);
  await client.delete(webhookPath(stack));
  await eventually(() => apply(options(guarded(stack))));
});

test('F21: a webhook with a wrong CA is the cause that is named; once it has the right one, the next run converges', async () => {
  const { stack, options } = fixture('distrust');
  expect(await apply(options(guarded(stack, false)))).toMatchObject({ ok: true });
  const { key, cert } = selfSigned(1);
  const server = https.createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const review: Manifest = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...review, response: { uid: review.request.uid, allowed: true } }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/guard`;
  await guard(stack, url, selfSigned(1).cert);
  cleanups.push(async () => {
    await client.delete(webhookPath(stack));
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  const result = await apply(options(guarded(stack)));

  expect(result.failures).toMatchObject([{ object: { kind: 'ConfigMap', name: 'settings' } }]);
  expect(result.failures[0]!.reason).toMatch(/failed calling webhook "guard.example.com".*x509: certificate/);
  const live = (await client.get(webhookPath(stack)))!;
  live.webhooks[0].clientConfig.caBundle = Buffer.from(cert).toString('base64');
  await client.update(webhookPath(stack), live);
  await eventually(() => apply(options(guarded(stack))));
});

/** Runs until one succeeds: the API server takes a moment to use a webhook as it is now. */
async function eventually(run: () => ReturnType<typeof apply>): Promise<void> {
  let reasons: unknown;
  for (let tries = 0; tries < 5; tries++) {
    const result = await run();
    if (result.ok) return;
    reasons = result.failures.map(({ reason }) => reason);
  }
  expect(reasons).toEqual([]);
}
