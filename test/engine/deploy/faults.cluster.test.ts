import * as fs from 'node:fs';
import { apply, type DeployOptions, destroy, plan, type Result } from '../../../engine/deploy';
import { KubeClient } from '../../../engine/deploy/client';
import { readKubeconfig } from '../../../engine/deploy/kubeconfig';
import { testKubeconfig } from '../../support/cluster';
import { type Fault, FaultProxy } from '../../support/fault-proxy';
import { Seeded } from '../../support/seeded';
import { type SampleOptions, sample } from './program';

jest.setTimeout(120_000);

const seed = Number(process.env.FLOWYARD_SEED ?? 20260311);
let proxy: FaultProxy;
let client: KubeClient;
const removals: (() => Promise<Result>)[] = [];

beforeAll(async () => {
  proxy = await FaultProxy.start(testKubeconfig());
  client = new KubeClient(readKubeconfig(testKubeconfig()));
});
afterAll(async () => {
  proxy.spoil();
  const destroyed = await Promise.all(removals.map(remove => remove()));
  expect(destroyed.flatMap(({ failures }) => failures)).toEqual([]);
  client.close();
  await proxy.close();
});

/** A stack of its own, deployed through the proxy; `clean` is the way around it. */
function fixture() {
  const stack = `faults-${process.pid}-${removals.length}`;
  const options = (change: SampleOptions = {}, more: Partial<DeployOptions> = {}): DeployOptions => ({
    ...{ stack, project: 'shop', kubeconfig: proxy.kubeconfig(), readySeconds: 60 },
    program: sample({ namespace: stack, ...change }),
    ...more,
  });
  const clean = { kubeconfig: testKubeconfig() };
  /** The end state is the fault-free one, and a further run has nothing to do. */
  const expectConverged = async (change?: SampleOptions) => {
    proxy.spoil();
    const again = await plan(options(change, clean));
    expect(again.objects.filter(({ action }) => action !== 'unchanged').map(({ key }) => key)).toEqual([]);
    expect(again.changed).toBe(false);
  };
  removals.push(() => destroy(options({}, clean)));
  return { stack, options, expectConverged };
}

const everyThird = (nth: number) => nth % 3 === 0;
const write = /PATCH|POST|PUT|DELETE/;

test.each<[string, Fault]>([
  ['429 with Retry-After', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  ['429 without', { kind: 'status', status: 429 }],
  ['500', { kind: 'status', status: 500 }],
  ['503', { kind: 'status', status: 503 }],
  ['504', { kind: 'status', status: 504 }],
  ['an answer that is lost though the write was made', { kind: 'lose-answer' }],
  ['an answer that breaks off', { kind: 'cut-answer' }],
  ['an answer that is half a JSON document', { kind: 'garbage' }],
  ['a page of a proxy in place of an answer', { kind: 'html' }],
  ['a session that goes away', { kind: 'go-away' }],
])('F3, F4, F7: %s at every third write: the same run converges', async (_, fault) => {
  const { stack, options, expectConverged } = fixture();
  proxy.spoil({ method: write, when: everyThird, fault });

  const result = await apply(options());

  expect(result.failures).toEqual([]);
  expect(proxy.seen.filter(each => each.fault).length).toBeGreaterThan(2);
  const perObject = new Map<string, number>();
  for (const { method, path } of proxy.seen) {
    if (method === 'PATCH' && path.includes(stack)) {
      const key = path.split('?')[0]!;
      perObject.set(key, (perObject.get(key) ?? 0) + 1);
    }
  }
  expect(Math.max(...perObject.values())).toBeLessThanOrEqual(4);
  await expectConverged();
});

test.each<[string, Fault]>([
  ['500', { kind: 'status', status: 500 }],
  ['an answer that is lost though the object was deleted', { kind: 'lose-answer' }],
])('F7: %s at every second delete: destroy ends well', async (_, fault) => {
  const { stack, options } = fixture();
  proxy.spoil();
  expect(await apply(options())).toMatchObject({ ok: true });
  proxy.spoil({ method: /DELETE/, when: nth => nth % 2 === 0, fault });

  expect(await destroy(options())).toMatchObject({ ok: true, failures: [] });

  expect(proxy.seen.filter(each => each.fault).length).toBeGreaterThan(2);
  expect(await client.get(`/api/v1/namespaces/${stack}`)).toBeUndefined();
});

test('F4: a 500 that stays fails its object and what needs it, and nothing else', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil({
    method: write,
    path: /configmaps\/settings/,
    when: () => true,
    fault: { kind: 'status', status: 500 },
  });

  const result = await apply(options());

  expect(result.failures).toMatchObject([{ object: { kind: 'ConfigMap', name: 'settings' }, reason: 'injected 500' }]);
  expect(result.skipped.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'Job', 'Widget']);
  expect(result.counts).toMatchObject({ created: 3 });
  proxy.spoil();
  expect(await apply(options())).toMatchObject({ ok: true });
  await expectConverged();
});

test('F5: 300 ms on every call and 5 s on one end well, in bounded time', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil(
    { method: write, path: /secrets\/db/, when: () => true, fault: { kind: 'delay', milliseconds: 5_000 } },
    { when: () => true, fault: { kind: 'delay', milliseconds: 300 } },
  );

  const result = await apply(options());

  expect(result.failures).toEqual([]);
  // Steps of the longest chain, each a few calls.
  expect(result.seconds).toBeLessThan(5 + 40 * 0.3 * 2);
  await expectConverged();
});

test('F10: watches that end at once are made up for by at most two polls a second', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil({ path: /[?&]watch=/, when: () => true, fault: { kind: 'empty' } });

  const result = await apply(options());

  expect(result.failures).toEqual([]);
  const watches = proxy.seen.filter(({ path }) => path.includes('watch='));
  const kinds = new Set(watches.map(({ path }) => path.split('?')[0]));
  expect(watches.length).toBeLessThanOrEqual(kinds.size * (2 * result.seconds + 2));
  await expectConverged();
});

test('F10: watches that never end and tell nothing are made up for by lists', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil({ path: /[?&]watch=/, when: () => true, fault: { kind: 'mute' } });

  const result = await apply(options());

  expect(result.failures).toEqual([]);
  expect(proxy.seen.filter(({ fault }) => fault === 'mute').length).toBeGreaterThan(0);
  await expectConverged();
});

test('stale lists of what is waited for do not end the wait', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil(
    { path: /[?&]watch=/, when: () => true, fault: { kind: 'empty' } },
    { method: /GET/, path: /deployments\?limit/, when: nth => nth <= 4, fault: { kind: 'stale' } },
  );

  expect(await apply(options())).toMatchObject({ ok: true });
  await expectConverged();
});

test('F11: a group whose server does not answer is a warning; other kinds are applied', async () => {
  const { options, expectConverged } = fixture();
  const at = '/apis/apiregistration.k8s.io/v1/apiservices/v1.absent.example.com';
  await client.apply(at, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1.absent.example.com' },
    spec: {
      ...{ group: 'absent.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 },
      ...{ service: { name: 'absent', namespace: 'default' }, insecureSkipTLSVerify: true },
    },
  });
  try {
    await new Promise(resolve => setTimeout(resolve, 2_000));
    const result = await apply(options({}, { kubeconfig: testKubeconfig() }));

    expect(result.failures).toEqual([]);
    expect(result.warnings).toEqual(["the server of API group 'absent.example.com/v1' does not answer"]);
  } finally {
    await client.delete(at);
  }
  await expectConverged();
});

test('F13: an API server that is too old or too new is refused before the first write, with both versions', async () => {
  const { options } = fixture();
  for (const minor of ['30', '39']) {
    const file = await versioned(minor);
    await expect(apply(options({}, { kubeconfig: file.kubeconfig }))).rejects.toThrow(
      `the API server runs Kubernetes v1.${minor}.0; supported are 1.33 to 1.36`,
    );
    expect(file.proxy.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    await file.proxy.close();
  }

  async function versioned(minor: string) {
    const faulty = await FaultProxy.start(testKubeconfig());
    faulty.versions = { major: '1', minor, gitVersion: `v1.${minor}.0` };
    return { proxy: faulty, kubeconfig: faulty.kubeconfig() };
  }
});

test('F14: a token that was renewed on disk meanwhile is picked up', async () => {
  const { options, expectConverged } = fixture();
  const tokenFile = proxy.file('token');
  fs.writeFileSync(tokenFile, 'first');
  proxy.spoil();
  const kubeconfig = proxy.kubeconfig({ tokenFile });
  const onEvent = ({ type, kind }: { type: string; kind?: string }) => {
    if (type !== 'applied' || kind !== 'Deployment') return;
    fs.writeFileSync(tokenFile, 'second');
    proxy.expired.add('first');
  };

  expect(await apply(options({}, { kubeconfig, onEvent }))).toMatchObject({ ok: true });
  proxy.expired.clear();
  await expectConverged();
});

test('F14: credentials that stay expired are named as the cause, and the next run goes on', async () => {
  const { options, expectConverged } = fixture();
  proxy.spoil();
  const kubeconfig = proxy.kubeconfig({ token: 'worn' });
  const onEvent = ({ type, kind }: { type: string; kind?: string }) => {
    if (type === 'applied' && kind === 'Secret') proxy.expired.add('worn');
  };

  const ended = await apply(options({}, { kubeconfig, onEvent })).then(
    ({ error }) => error!.message,
    error => error.message,
  );

  expect(ended).toContain('credentials expired or not accepted');
  proxy.expired.clear();
  expect(await apply(options())).toMatchObject({ ok: true });
  await expectConverged();
});

test('F15: a right that is missing is told before any write, with verb, kind and place', async () => {
  const { stack, options } = fixture();
  const made = await limitedUser(stack);
  const before = await namesOf('namespaces');

  const refused = plan(options({}, { kubeconfig: made }));

  const refusals = (await refused).refusals.map(({ reason }) => reason);
  expect(refusals).toContain('the user of the kubeconfig may not create namespaces in the whole cluster');
  expect(refusals).toContain(`the user of the kubeconfig may not patch deployments.apps in namespace '${stack}'`);
  expect(refusals.filter(reason => reason.includes('configmaps'))).toEqual([]);
  await expect(apply(options({}, { kubeconfig: made }))).rejects.toThrow('may not create namespaces');
  expect(await namesOf('namespaces')).toEqual(before);
});

test('an expired certificate of the API server ends the run at once, with the cause', async () => {
  const expired = await FaultProxy.start(testKubeconfig(), -1);
  const { options } = fixture();

  await expect(apply(options({}, { kubeconfig: expired.kubeconfig() }))).rejects.toThrow(/certificate has expired/);
  await expired.close();
});

test('runs with faults at random converge in at most three runs each', async () => {
  const seeded = new Seeded(seed);
  process.stderr.write(`faults at random: seed ${seed}\n`);
  const faults: Fault[] = [
    { kind: 'status', status: 429 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'lose-answer' },
    { kind: 'cut-answer' },
    { kind: 'garbage' },
    { kind: 'go-away' },
    { kind: 'delay', milliseconds: 400 },
  ];
  const { options, expectConverged } = fixture();
  for (let round = 0; round < Number(process.env.FLOWYARD_ROUNDS ?? 6); round++) {
    const mode = `mode-${seeded.below(100)}`;
    proxy.spoil({ when: () => seeded.chance(0.15), fault: seeded.pick(faults) });
    let runs = 0;
    let message = '';
    for (; runs < 3; runs++) {
      const ended = await apply(options({ mode })).catch(error => ({ ok: false, error: error as Error }));
      if (ended.ok) break;
      message = ended.error!.message;
    }
    expect({ round, runs: runs < 3, message }).toMatchObject({ round, runs: true });
    await expectConverged({ mode });
  }
});

async function namesOf(plural: string): Promise<string[]> {
  return (await client.list(`/api/v1/${plural}`)).items.map(({ metadata }) => metadata.name);
}

/** A user who may read everything, and write ConfigMaps and Secrets only. */
async function limitedUser(name: string): Promise<string> {
  const account = { kind: 'ServiceAccount', name, namespace: 'default' };
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const everything = { apiGroups: ['*'], resources: ['*'] };
  await client.apply(`/api/v1/namespaces/default/serviceaccounts/${name}`, {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } },
  });
  await client.apply(`${rbac}/clusterroles/${name}`, {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } },
    rules: [
      { ...everything, verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['*'] },
    ],
  });
  await client.apply(`${rbac}/clusterrolebindings/${name}`, {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [account],
  });
  const request = await client.create(`/api/v1/namespaces/default/serviceaccounts/${name}/token`, {
    ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name, namespace: 'default' } },
    spec: {},
  });
  const { server, ca } = readKubeconfig(testKubeconfig());
  const file = proxy.file(`limited-${name}.yaml`);
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'limited' },
    clusters: [
      { name: 'limited', cluster: { server, 'certificate-authority-data': Buffer.from(ca!).toString('base64') } },
    ],
    users: [{ name: 'limited', user: { token: request.status.token } }],
    contexts: [{ name: 'limited', context: { cluster: 'limited', user: 'limited' } }],
  };
  fs.writeFileSync(file, JSON.stringify(config));
  return file;
}
