import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { auditLogPath, createOrStart, remove } from '../../../engine/control-plane';
import { apply, type DeployEvent, type DeployOptions, destroy, plan, status } from '../../../engine/deploy';
import { KubeClient } from '../../../engine/deploy/client';
import { readKubeconfig } from '../../../engine/deploy/kubeconfig';
import type { Manifest } from '../../../engine/deploy/types';
import { KubernetesObject, type SampleOptions, sample } from './program';

const CLUSTER = 'test-deploy';
const NODE = { name: 'cpu-1', labels: {}, taints: [], capacity: { cpu: '16', memory: '64Gi' } };

let kubeconfig: string;
let client: KubeClient;

beforeAll(async () => {
  kubeconfig = (await createOrStart(CLUSTER, { nodes: [NODE] })).kubeconfigPath;
  client = new KubeClient(readKubeconfig(kubeconfig));
}, 180_000);
afterAll(async () => {
  client?.close();
  await remove(CLUSTER);
}, 60_000);
jest.setTimeout(90_000);

/** A stack of its own, in a namespace of its own. */
function fixture(stack: string) {
  const events: DeployEvent[] = [];
  const options = (change: SampleOptions = {}, more: Partial<DeployOptions> = {}): DeployOptions => ({
    ...{ stack, project: 'shop', kubeconfig, readySeconds: 60 },
    program: sample({ namespace: stack, ...change }),
    onEvent: event => events.push(event),
    ...more,
  });
  const up = async (change?: SampleOptions, more?: Partial<DeployOptions>) => {
    events.length = 0;
    return apply(options(change, more));
  };
  const get = (kind: string, name: string) => client.get(`${paths[kind]!.replace('NS', stack)}/${name}`);
  const versions = async () => {
    const objects = await Promise.all(
      kinds.map(kind =>
        client.list(paths[kind]!.replace('NS', stack).replace('GROUP', stack)).catch(() => ({ items: [] })),
      ),
    );
    const system = await Promise.all(
      ['configmaps', 'secrets', 'leases'].map(each =>
        client.list(paths[each] ?? `/api/v1/namespaces/flowyard-system/${each}`),
      ),
    );
    const all = [...objects, ...system].flatMap(each => each.items as Manifest[]);
    return Object.fromEntries(
      all.map(({ metadata }) => [metadata.uid, `${metadata.name} ${metadata.resourceVersion}`]),
    );
  };
  return { stack, events, options, up, get, versions };
}

const paths: Record<string, string> = {
  namespace: '/api/v1/namespaces',
  configmap: '/api/v1/namespaces/NS/configmaps',
  secret: '/api/v1/namespaces/NS/secrets',
  claim: '/api/v1/namespaces/NS/persistentvolumeclaims',
  deployment: '/apis/apps/v1/namespaces/NS/deployments',
  job: '/apis/batch/v1/namespaces/NS/jobs',
  widget: '/apis/GROUP.example.com/v1/namespaces/NS/widgets',
  crd: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  leases: '/apis/coordination.k8s.io/v1/namespaces/flowyard-system/leases',
};
const kinds = ['namespace', 'configmap', 'secret', 'claim', 'deployment', 'job', 'widget', 'crd'];

/** Requests of the deployer that changed something, or tried to, since a position in the audit log. */
function writes(from: number) {
  const lines = fs.readFileSync(auditLogPath(CLUSTER), 'utf8').slice(from).split('\n').filter(Boolean);
  return lines
    .map(line => JSON.parse(line))
    .filter(({ userAgent, verb, stage }) => {
      return (
        userAgent?.startsWith('flowyard/') && stage === 'ResponseComplete' && !['get', 'list', 'watch'].includes(verb)
      );
    })
    .map(({ verb, requestURI, responseStatus }) => ({
      verb,
      uri: requestURI as string,
      code: responseStatus.code as number,
    }))
    .filter(({ uri }) => !uri.includes('dryRun=All') && !uri.includes('selfsubjectaccessreviews'));
}

const auditPosition = () => fs.readFileSync(auditLogPath(CLUSTER), 'utf8').length;

test('a first run creates everything in order without one failed write, a second writes nothing at all', async () => {
  const { up, versions, events } = fixture('first');
  const start = auditPosition();
  const first = await up();
  expect(first).toMatchObject({ ok: true, counts: { created: 7, updated: 0, failed: 0 } });
  const sent = writes(start);
  expect(sent.filter(({ code }) => code >= 400)).toEqual([]);
  // Beside the objects: the namespace of the engine, generated values, and the inventory before and after.
  expect(sent.filter(({ verb }) => verb === 'patch')).toHaveLength(7 + 4);
  const moment = (type: string, kind: string) => events.findIndex(each => each.type === type && each.kind === kind);
  expect(moment('ready', 'Deployment')).toBeLessThan(moment('start', 'Job'));
  expect(moment('ready', 'Job')).toBeLessThan(moment('start', 'Widget'));
  expect(moment('ready', 'CustomResourceDefinition')).toBeLessThan(moment('start', 'Widget'));

  const before = await versions();
  const middle = auditPosition();
  const second = await up();

  expect(second).toMatchObject({ ok: true, counts: { created: 0, updated: 0, unchanged: 7 } });
  expect(second.seconds).toBeLessThan(2);
  expect(writes(middle)).toEqual([]);
  expect(await versions()).toEqual(before);
});

test('a plan names what the run then does, by component, and writes nothing', async () => {
  const { options, stack } = fixture('planned');
  const start = auditPosition();
  const made = await plan(options());

  expect(writes(start)).toEqual([]);
  expect(made.changed).toBe(true);
  expect(Object.fromEntries([...made.components].map(([name, { create }]) => [name, create]))).toEqual({
    ...{ base: 2, store: 4, widgets: 1 },
  });
  const result = await apply(made);
  expect(result.counts.created).toBe(7);
  expect((await status({ ...options(), stack })).objects.map(each => each.state)).toEqual(Array(7).fill('ready'));
});

test('a changed field updates its object only, and drift is put back', async () => {
  const { up, get, versions, options, stack } = fixture('changed');
  await up();
  const before = await versions();

  const changed = await up({ mode: 'b' });
  const after = await versions();
  expect(changed.counts).toMatchObject({ updated: 1, unchanged: 6 });
  const moved = Object.keys(after).filter(uid => after[uid] !== before[uid]);
  expect(moved.map(uid => after[uid]!.split(' ')[0])).toEqual(['settings', 'flowyard-inventory-changed']);

  const path = `/api/v1/namespaces/${stack}/configmaps/settings`;
  const live = (await get('configmap', 'settings'))!;
  await client.update(path, { ...live, data: { mode: 'hacked', foreign: 'stays' } });
  const drifted = await plan(options({ mode: 'b' }));
  expect(drifted.objects.filter(each => each.action !== 'unchanged')).toMatchObject([
    { object: { name: 'settings' }, action: 'update', changes: [{ path: 'data.mode' }] },
  ]);
  await up({ mode: 'b' });
  expect((await get('configmap', 'settings'))!.data).toEqual({ mode: 'b', foreign: 'stays' });
});

test('what is taken out of the program is removed, and what is deleted by hand comes back', async () => {
  const { up, get, stack } = fixture('pruned');
  await up({ extra: true });
  expect(await get('configmap', 'extra')).toMatchObject({ data: { a: 'b' } });
  await client.delete(`/apis/apps/v1/namespaces/${stack}/deployments/store`);

  const result = await up();

  expect(result.counts).toMatchObject({ created: 1, deleted: 1, unchanged: 6 });
  expect(await get('configmap', 'extra')).toBeUndefined();
  expect((await up()).counts).toMatchObject({ created: 0, deleted: 0, unchanged: 7 });
});

test('a role that the aggregation controller made anew after a run died is removed by the next one', async () => {
  const { options, up } = fixture('revived');
  const at = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
  const raw = client as unknown as { call(request: object): Promise<Manifest> };
  const sum = (name: string) => ({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'example.com/none': 'true' } }] },
  });
  const withSums = () => {
    sample({ namespace: 'revived' })();
    new KubernetesObject('revived', sum('revived'));
    new KubernetesObject('replaced-by-hand', sum('replaced-by-hand'));
  };
  expect(await apply(options({}, { program: withSums }))).toMatchObject({ ok: true });
  // As the controller does with what it has not yet seen go, and as somebody with kubectl does.
  for (const [name, fieldManager] of [
    ['revived', 'clusterrole-aggregation-controller'],
    ['replaced-by-hand', 'kubectl'],
  ]) {
    await client.delete(`${at}/${name}`);
    const { aggregationRule: _, ...bare } = sum(name!);
    const body = JSON.stringify({ ...bare, rules: [] });
    await raw.call({
      method: 'POST',
      path: `${at}?fieldManager=${fieldManager}`,
      contentType: 'application/json',
      body,
    });
  }

  expect(await up()).toMatchObject({ ok: true, counts: { created: 0, deleted: 0, unchanged: 7 } });

  expect(await client.get(`${at}/revived`)).toBeUndefined();
  expect(await client.get(`${at}/replaced-by-hand`)).toMatchObject({ metadata: { name: 'replaced-by-hand' } });
  await client.delete(`${at}/replaced-by-hand`);
});

test.each([
  ['left-over-rules', 'with rules', { rules: [] }],
  ['left-over-bare', 'when there was nothing to add up', {}],
])('%s: what the aggregation controller has left of a deleted role, %s, is taken over', async (name, _, left) => {
  const { options } = fixture(name);
  const at = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`;
  const raw = client as unknown as { call(request: object): Promise<Manifest> };
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } };
  const leave = (fieldManager: string, fields: object) =>
    raw.call({
      method: 'PATCH',
      path: `${at}?fieldManager=${fieldManager}&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: JSON.stringify({ ...role, ...fields }),
    });
  const program = () => {
    sample({ namespace: name })();
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { 'example.com/none': 'true' } }] };
    new KubernetesObject('sum', { ...role, aggregationRule });
  };

  await leave('kubectl', { rules: [] });
  await expect(apply(options({}, { program }))).rejects.toThrow(`ClusterRole '${name}': it exists, and this stack did`);
  await client.delete(at);
  await leave('clusterrole-aggregation-controller', left);

  expect(await apply(options({}, { program }))).toMatchObject({ ok: true });
  expect((await apply(options({}, { program }))).counts).toMatchObject({ updated: 0 });
  await client.delete(at);
});

test('a job whose template changed is made anew, and a generated password is kept', async () => {
  const { up, get } = fixture('replaced');
  await up();
  const [job, secret] = [await get('job', 'setup'), await get('secret', 'db')];

  const result = await up({ command: 'false' });

  expect(result).toMatchObject({ ok: true, counts: { replaced: 1, unchanged: 6 } });
  const anew = (await get('job', 'setup'))!;
  expect(anew.metadata.uid).not.toBe(job!.metadata.uid);
  expect(anew.spec.template.spec.containers[0].command).toEqual(['false']);
  expect(Buffer.from(secret!.data.password, 'base64').toString()).toMatch(/^[A-Za-z0-9]{24}$/);
  expect((await get('secret', 'db'))!.data).toEqual(secret!.data);
});

test('a failing object stops what needs it and nothing else, and is named with its reason', async () => {
  const { up, get, events } = fixture('failing');
  const result = await up({ invalid: true });

  expect(result).toMatchObject({ ok: false, counts: { created: 7, failed: 1, skipped: 1 } });
  expect(result.failures).toMatchObject([{ component: 'widgets', object: { kind: 'Widget', name: 'bad' } }]);
  expect(result.error!.message).toMatch(/widgets: Widget 'failing\/bad': .*\.spec\.size: expected numeric/);
  expect(result.error!.message).toContain("next: correct the object in component 'widgets'");
  expect(events.filter(each => each.type === 'skipped').map(each => each.name)).toEqual(['after-bad']);
  expect(await get('configmap', 'after-bad')).toBeUndefined();

  expect(await up()).toMatchObject({ ok: true, counts: { created: 0, unchanged: 7 } });
});

test('an object that never gets ready ends in time, and says why', async () => {
  const { stack, options } = fixture('unready');
  const labels = { app: 'huge' };
  const program = () => {
    new KubernetesObject('ns', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: stack } });
    const containers = [{ name: 'main', image: 'example.com/a:1', resources: { requests: { cpu: '999' } } }];
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
    new KubernetesObject('huge', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'huge', namespace: stack },
      spec,
    });
  };
  const result = await apply(options({}, { program, readySeconds: 4 }));

  expect(result.ok).toBe(false);
  expect(result.failures[0]!.reason).toMatch(
    /not ready after 4 s: 0 of 1 replicas available.*not scheduled.*Insufficient cpu/,
  );
  expect(await apply(options({}, { program, wait: false }))).toMatchObject({ ok: true, counts: { unchanged: 2 } });
});

test('a run that is stopped in the middle goes on where it was', async () => {
  const { up, versions } = fixture('stopped');
  const controller = new AbortController();
  const onEvent = ({ type, kind }: DeployEvent) => {
    if (type === 'applied' && kind === 'Deployment') controller.abort();
  };
  const stopped = await up({}, { signal: controller.signal, onEvent });
  expect(stopped.ok).toBe(false);
  expect(stopped.error).toMatchObject({ code: 130 });
  expect(stopped.counts.created).toBeLessThan(7);

  const resumed = await up();
  expect(resumed).toMatchObject({ ok: true, counts: { failed: 0 } });
  expect(resumed.counts.created + stopped.counts.created).toBe(7);
  const before = await versions();
  expect(await up()).toMatchObject({ counts: { unchanged: 7 } });
  expect(await versions()).toEqual(before);
});

test('throws when a second deployer comes while the first is at work', async () => {
  const { up, options } = fixture('exclusive');
  const prepared = await plan(options());
  let rival: Promise<unknown> | undefined;
  const onEvent = ({ type, kind }: DeployEvent) => {
    if (type === 'applied' && kind === 'Namespace') rival = apply(prepared).catch(error => error);
  };

  expect(await up({}, { onEvent })).toMatchObject({ ok: true });
  expect(await rival).toMatchObject({ message: expect.stringMatching(/is being changed by .* pid \d+, since/) });
});

test('a run that was killed leaves a lock that the next one lifts', async () => {
  const { up, stack } = fixture('killed');
  const script = path.join(__dirname, 'killed-run.ts');
  const outcome = spawnSync(process.execPath, ['--import', 'tsx', script, kubeconfig, stack], { encoding: 'utf8' });
  expect(outcome).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  const lease = await client.get(`${paths.leases}/flowyard-lock-${stack}`);
  expect(lease!.spec.holderIdentity).toContain(`pid ${outcome.pid}`);

  const resumed = await up();

  expect(resumed).toMatchObject({ ok: true, counts: { failed: 0 } });
  expect(resumed.counts.unchanged).toBeGreaterThan(0);
  expect(resumed.counts.created).toBeGreaterThan(0);
  expect(await client.get(`${paths.leases}/flowyard-lock-${stack}`)).toBeUndefined();
});

test('throws when an object exists that is not ours; adopts it when told', async () => {
  const { up, stack, get } = fixture('adopted');
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: stack } });
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { mode: 'theirs' } };
  // Another client writes under another name.
  await client.create(`/api/v1/namespaces/${stack}/configmaps`, settings);
  const start = auditPosition();

  await expect(up()).rejects.toThrow(/store: ConfigMap 'adopted\/settings': it exists, and this stack did not make it/);
  expect(writes(start)).toEqual([]);
  expect(await up({}, { adopt: true })).toMatchObject({ ok: true });
  expect((await get('configmap', 'settings'))!.data).toEqual({ mode: 'a' });
  expect(await up()).toMatchObject({ counts: { unchanged: 7 } });
});

test('what holds data is not removed unless it is named', async () => {
  const { up, get, options } = fixture('claims');
  await up({ claim: true });

  const name = 'PersistentVolumeClaim/claims/data';
  await expect(up()).rejects.toThrow(`it holds data (acknowledge as '${name}')`);
  const kept = await destroy(options());
  expect(kept).toMatchObject({ ok: true, kept: [{ acknowledge: 'Namespace/claims' }, { acknowledge: name }] });
  expect(await get('claim', 'data')).toMatchObject({ metadata: { name: 'data' } });
  expect(await get('deployment', 'store')).toBeUndefined();

  const gone = await destroy(options({}, { acknowledge: [name] }));
  expect(gone).toMatchObject({ ok: true, kept: [], counts: { deleted: 2 } });
  expect(await get('namespace', 'claims')).toBeUndefined();
});

test('a CRD with resources of others stays, and a namespace with their claims', async () => {
  const { up, stack, options, get } = fixture('tenants');
  await up();
  const theirs = {
    apiVersion: `${stack}.example.com/v1`,
    kind: 'Widget',
    metadata: { name: 'theirs' },
    spec: { size: 1 },
  };
  await client.create(paths.widget!.replace('GROUP', stack).replace('NS', stack), theirs);

  const kept = await destroy(options());

  expect(kept.kept).toMatchObject([
    {
      object: { kind: 'CustomResourceDefinition' },
      reason: "1 Widget that others made would go with it: 'tenants/theirs'",
    },
  ]);
  expect(await get('crd', `widgets.${stack}.example.com`)).toMatchObject({ kind: 'CustomResourceDefinition' });
});

test('a stuck finalizer ends the wait, and is named', async () => {
  const { up, stack, options } = fixture('stuck');
  await up();
  const path = `/api/v1/namespaces/${stack}/configmaps/settings`;
  const live = (await client.get(path))!;
  await client.update(path, { ...live, metadata: { ...live.metadata, finalizers: ['example.com/busy'] } });

  const result = await destroy(options({}, { readySeconds: 2 }));
  expect(result.failures).toMatchObject([{ object: { name: 'settings' } }]);
  expect(result.error!.message).toContain("not gone after 2 s, held by finalizer 'example.com/busy'");

  const held = (await client.get(path))!;
  await client.update(path, { ...held, metadata: { ...held.metadata, finalizers: [] } });
  expect(await destroy(options())).toMatchObject({ ok: true });
});

test('destroy leaves nothing, and twice is fine', async () => {
  const { up, get, options, stack, events } = fixture('destroyed');
  await up();
  events.length = 0;
  const start = auditPosition();

  const result = await destroy({ ...options(), stack });

  expect(result).toMatchObject({ ok: true, counts: { deleted: 7 }, kept: [] });
  expect(writes(start).filter(({ code }) => code >= 400)).toEqual([]);
  const order = events.filter(each => each.type === 'deleted').map(each => each.kind);
  expect(order.indexOf('Widget')).toBeLessThan(order.indexOf('CustomResourceDefinition'));
  expect(order.indexOf('Job')).toBeLessThan(order.indexOf('Deployment'));
  expect(order.at(-1)).toBe('Namespace');
  expect(await get('namespace', stack)).toBeUndefined();
  expect(await status(options())).toEqual({ stack, exists: false, objects: [] });
  expect(await destroy(options())).toMatchObject({ ok: true, counts: { deleted: 0 } });
});
