import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import {
  auditLogPath,
  type ClusterEvent,
  createOrStart,
  kubeconfigPath,
  list,
  logs,
  remove,
  type SimulatedNode,
  status,
  stop,
} from '../../../engine/control-plane';
import { Api } from '../../../engine/control-plane/api';
import { ClusterPaths, COMPONENTS } from '../../../engine/control-plane/paths';
import { readRecord } from '../../../engine/control-plane/ports';
import { runningComponents } from '../../../engine/control-plane/processes';

jest.setTimeout(120_000);

const NAME = `test-${process.pid}`;
const OTHER = `test-${process.pid}-other`;
const CPU: SimulatedNode = {
  name: 'cpu-1',
  labels: { pool: 'cpu' },
  taints: [],
  capacity: { cpu: '16', memory: '64Gi' },
};
const GPU: SimulatedNode = {
  name: 'gpu-1',
  labels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' },
  taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
  capacity: { cpu: '64', memory: '512Gi', 'nvidia.com/gpu': '8' },
};
const NODES = [CPU, GPU];

const paths = () => new ClusterPaths(NAME);
let api: Api;

function connect(name = NAME): Api {
  const user = parse(fs.readFileSync(kubeconfigPath(name), 'utf8'));
  const decode = (text: string) => Buffer.from(text, 'base64');
  const port = readRecord(new ClusterPaths(name).record)!.ports['kube-apiserver'];
  return new Api(port, {
    ca: decode(user.clusters[0].cluster['certificate-authority-data']),
    cert: decode(user.users[0].user['client-certificate-data']),
    key: decode(user.users[0].user['client-key-data']),
  });
}

/** Waits until an object looks as it should, and shows it when it does not. */
async function eventually<T>(read: () => Promise<T>, done: (value: T) => boolean, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (done(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`not so within ${seconds} s: ${JSON.stringify(value)?.slice(0, 3000)}`);
    }
    await sleep(100);
  }
}

/** The object, or nothing. */
async function get(kind: string, name: string) {
  return (await api.list(`${kind}?fieldSelector=metadata.name%3D${name}`))[0];
}

const pod = (container: object = {}) => ({
  containers: [{ name: 'main', image: 'example.com/main:1', ...container }],
});

beforeAll(async () => {
  const cluster = await createOrStart(NAME, { nodes: NODES });
  expect(cluster.outcome).toBe('created');
  api = connect();
});
afterAll(async () => {
  api?.close();
  await remove(NAME);
  await remove(OTHER);
});

test('nodes show labels, taints and GPUs, and are ready', async () => {
  const gpu = await get('/api/v1/nodes', 'gpu-1');

  expect(gpu.metadata.labels).toMatchObject({
    ...GPU.labels,
    'kubernetes.io/hostname': 'gpu-1',
    'kubernetes.io/os': 'linux',
  });
  expect(gpu.spec.taints).toEqual(GPU.taints);
  expect(gpu.status.capacity).toMatchObject({ ...GPU.capacity, pods: '110' });
  expect(gpu.status.allocatable).toMatchObject(GPU.capacity);
  expect(gpu.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
});

test('a running cluster is found at once, and its nodes follow the settings', async () => {
  const startedAt = performance.now();
  const cluster = await createOrStart(NAME, { nodes: NODES });
  const milliseconds = performance.now() - startedAt;
  expect(cluster.outcome).toBe('running');
  expect(milliseconds).toBeLessThan(300);

  const changed = { ...GPU, labels: { zone: 'b' }, taints: [], capacity: { cpu: '8', 'nvidia.com/gpu': '2' } };
  const added = { ...CPU, name: 'cpu-2' };
  await createOrStart(NAME, { nodes: [changed, added] });
  const gpu = await get('/api/v1/nodes', 'gpu-1');
  expect(gpu.metadata.labels).toMatchObject({ zone: 'b' });
  expect(gpu.metadata.labels).not.toHaveProperty(['nvidia.com/gpu.product']);
  expect(gpu.spec.taints ?? []).toEqual([]);
  expect(gpu.status.capacity).toMatchObject({ cpu: '8', 'nvidia.com/gpu': '2' });
  expect(gpu.status.capacity).not.toHaveProperty('memory');
  expect((await api.list('/api/v1/nodes')).map(node => node.metadata.name)).toEqual(['cpu-2', 'gpu-1']);

  await createOrStart(NAME, { nodes: NODES });
  expect((await api.list('/api/v1/nodes')).map(node => node.metadata.name)).toEqual(['cpu-1', 'gpu-1']);
  expect((await get('/api/v1/nodes', 'gpu-1')).spec.taints).toEqual(GPU.taints);
});

test('deployments, stateful sets with volumes, jobs and GPU pods come to their end', async () => {
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: pod() };
  await api.create('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'web' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  });
  await api.create('/apis/apps/v1/namespaces/default/statefulsets', {
    metadata: { name: 'db' },
    spec: {
      serviceName: 'db',
      replicas: 2,
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: pod({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
        },
      ],
    },
  });
  await api.create('/apis/batch/v1/namespaces/default/jobs', {
    metadata: { name: 'once' },
    spec: { template: { spec: { ...pod(), restartPolicy: 'Never' } } },
  });
  await api.create('/api/v1/namespaces/default/pods', {
    metadata: { name: 'train' },
    spec: {
      ...pod({ resources: { limits: { 'nvidia.com/gpu': '8' } } }),
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
    },
  });

  const web = () => get('/apis/apps/v1/namespaces/default/deployments', 'web');
  await eventually(web, each => each.status?.availableReplicas === 2);
  const db = () => get('/apis/apps/v1/namespaces/default/statefulsets', 'db');
  await eventually(db, each => each.status?.readyReplicas === 2);
  const claims = await api.list('/api/v1/namespaces/default/persistentvolumeclaims');
  expect(claims.map(claim => [claim.status.phase, claim.spec.storageClassName])).toEqual([
    ['Bound', 'standard'],
    ['Bound', 'standard'],
  ]);
  const once = () => get('/apis/batch/v1/namespaces/default/jobs', 'once');
  await eventually(once, each => each.status?.succeeded === 1 && each.status?.completionTime !== undefined);
  const train = () => get('/api/v1/namespaces/default/pods', 'train');
  expect((await eventually(train, each => each.status?.phase === 'Running')).spec.nodeName).toBe('gpu-1');
});

test('released volumes are replaced at the next start', async () => {
  await api.create('/api/v1/namespaces/default/persistentvolumeclaims', {
    metadata: { name: 'shared' },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
  });
  const claim = () => get('/api/v1/namespaces/default/persistentvolumeclaims', 'shared');
  const bound = await eventually(claim, each => each.status?.phase === 'Bound');
  const volume = () => get('/api/v1/persistentvolumes', bound.spec.volumeName);

  await api.delete('/api/v1/namespaces/default/persistentvolumeclaims/shared');
  await eventually(volume, each => each.status?.phase === 'Released');
  await createOrStart(NAME, { nodes: NODES });

  await eventually(volume, each => each === undefined);
  const volumes = () => api.list('/api/v1/persistentvolumes');
  await eventually(volumes, all => all.filter(each => each.status?.phase === 'Available').length >= 32);
});

test('a namespace goes away with its pods', async () => {
  await api.create('/api/v1/namespaces', { metadata: { name: 'gone' } });
  const account = () => get('/api/v1/namespaces/gone/serviceaccounts', 'default');
  await eventually(account, each => each !== undefined);
  await api.create('/api/v1/namespaces/gone/pods', {
    metadata: { name: 'p' },
    spec: { ...pod(), terminationGracePeriodSeconds: 1 },
  });
  const running = () => get('/api/v1/namespaces/gone/pods', 'p');
  await eventually(running, each => each.status?.phase === 'Running');

  await api.delete('/api/v1/namespaces/gone');

  await eventually(
    () => get('/api/v1/namespaces', 'gone'),
    each => each === undefined,
  );
});

test('admission is real: pod security, quota and a validating policy refuse', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await api.create('/api/v1/namespaces', { metadata: { name: 'strict', labels } });
  await eventually(
    () => get('/api/v1/namespaces/strict/serviceaccounts', 'default'),
    each => each !== undefined,
  );
  const create = (spec: object) => api.create('/api/v1/namespaces/strict/pods', { metadata: { name: 'p' }, spec });
  await expect(create(pod())).rejects.toThrow(/violates PodSecurity/);

  await api.create('/api/v1/namespaces/default/resourcequotas', {
    metadata: { name: 'none' },
    spec: { hard: { 'requests.nvidia.com/gpu': '0' } },
  });
  const quota = () => get('/api/v1/namespaces/default/resourcequotas', 'none');
  await eventually(quota, each => each.status?.hard !== undefined);
  const greedy = { metadata: { name: 'greedy' }, spec: pod({ resources: { limits: { 'nvidia.com/gpu': '1' } } }) };
  await expect(api.create('/api/v1/namespaces/default/pods', greedy)).rejects.toThrow(/exceeded quota/);

  await api.create('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', {
    metadata: { name: 'no-forbidden' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
      validations: [{ expression: `object.metadata.name != 'forbidden'`, message: 'that name is forbidden' }],
    },
  });
  await api.create('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
    metadata: { name: 'no-forbidden' },
    spec: { policyName: 'no-forbidden', validationActions: ['Deny'] },
  });
  const forbidden = '/api/v1/namespaces/default/configmaps?dryRun=All';
  const attempt = () =>
    api.create(forbidden, { metadata: { name: 'forbidden' } }).catch((error: Error) => error.message);
  await eventually(attempt, message => message.includes('that name is forbidden'));
});

test('the deployer is told from the controllers in the audit log', async () => {
  await api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'audited' }, data: { a: 'b' } });

  const entries = fs
    .readFileSync(auditLogPath(NAME), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const mine = entries.filter(entry => entry.verb === 'create' && entry.objectRef?.name === 'audited');
  expect(mine.map(entry => [entry.user.username, entry.level, entry.requestObject])).toEqual([
    ['flowyard', 'Metadata', undefined],
  ]);
  const nodes = entries.filter(entry => entry.verb === 'create' && entry.objectRef?.resource === 'nodes');
  expect(nodes.length).toBeGreaterThan(0);
  expect(nodes.every(entry => entry.user.username !== 'flowyard')).toBe(true);
  expect(fs.statSync(kubeconfigPath(NAME)).mode & 0o777).toBe(0o600);
});

test('an apiserver that was killed comes back with the next start', async () => {
  const before = await status(NAME);
  expect(before).toMatchObject({ state: 'running', healthy: true });
  process.kill(before.components.find(each => each.name === 'kube-apiserver')!.pid!, 'SIGKILL');
  await eventually(
    () => status(NAME),
    each => each.state === 'degraded',
  );

  const cluster = await createOrStart(NAME, { nodes: NODES });

  expect(cluster.outcome).toBe('started');
  await eventually(
    () => status(NAME),
    each => each.state === 'running',
  );
  expect(await get('/api/v1/namespaces/default/configmaps', 'audited')).toMatchObject({ data: { a: 'b' } });
});

test('stop and start keep data and ports, also when pid files lie as after a reboot', async () => {
  const { server } = await status(NAME);
  await stop(NAME);
  expect((await status(NAME)).state).toBe('stopped');
  expect(await runningComponents(paths())).toEqual({});
  // The number in a stale pid file may belong to anybody, such as this very process.
  COMPONENTS.forEach(component => {
    fs.writeFileSync(paths().pid(component), String(process.pid));
  });

  const cluster = await createOrStart(NAME, { nodes: NODES });

  expect(cluster).toMatchObject({ outcome: 'started', server });
  expect(await get('/api/v1/namespaces/default/configmaps', 'audited')).toMatchObject({ data: { a: 'b' } });
  expect(logs(NAME, 'etcd', 5).split('\n')).toHaveLength(5);
});

test('throws when a component cannot start, with its name, last lines and log', async () => {
  await stop(NAME);
  // Controllers read the certificate from the kubeconfig's path too, but it is the API server that fails first.
  const file = paths().pki('admin.key');
  const key = fs.readFileSync(file);
  fs.writeFileSync(file, 'nonsense');

  await expect(createOrStart(NAME, { nodes: NODES })).rejects.toThrow(
    /kube-apiserver of cluster 'test-.*' ended; the last lines of/,
  );

  expect(await runningComponents(paths())).toEqual({});
  fs.writeFileSync(file, key);
  expect((await createOrStart(NAME, { nodes: NODES })).outcome).toBe('started');
});

test('an aborted creation leaves no process behind, and the next one starts anew', async () => {
  const controller = new AbortController();
  const onProgress = (event: ClusterEvent) => {
    if (event.kind === 'cluster' && event.message.startsWith('waiting for the API server')) {
      controller.abort(new Error('stopped by the user'));
    }
  };

  await expect(createOrStart(OTHER, { nodes: [], signal: controller.signal, onProgress })).rejects.toThrow(
    'stopped by the user',
  );

  expect(await runningComponents(new ClusterPaths(OTHER))).toEqual({});
});

test('two clusters live side by side, listen on 127.0.0.1 only, and leave no process behind', async () => {
  await createOrStart(OTHER, { nodes: [CPU] });
  const other = connect(OTHER);

  expect(list()).toEqual(expect.arrayContaining([NAME, OTHER]));
  expect((await other.list('/api/v1/nodes')).map(node => node.metadata.name)).toEqual(['cpu-1']);
  expect((await api.list('/api/v1/nodes')).map(node => node.metadata.name)).toEqual(['cpu-1', 'gpu-1']);
  other.close();
  for (const name of [NAME, OTHER]) {
    const running = await runningComponents(new ClusterPaths(name));
    const sockets = Object.values(running).flatMap(listening);
    expect(sockets.length).toBeGreaterThanOrEqual(6);
    expect(new Set(sockets.map(socket => socket.address))).toEqual(new Set(['127.0.0.1']));
  }

  const pids = Object.values(await runningComponents(new ClusterPaths(OTHER)));
  expect(pids).toHaveLength(5);
  await remove(OTHER);

  expect(pids.filter(alive)).toEqual([]);
  expect(fs.existsSync(new ClusterPaths(OTHER).directory)).toBe(false);
  expect((await status(OTHER)).state).toBe('absent');
  expect((await status(NAME)).state).toBe('running');
});

/** Whether a process exists and is more than an entry that its parent has not collected. */
function alive(pid: number): boolean {
  return fs.existsSync(`/proc/${pid}/cmdline`) && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

/** Listening TCP sockets of a process, from the kernel's tables. */
function listening(pid: number): { address: string; port: number }[] {
  const inodes = new Set(
    fs
      .readdirSync(`/proc/${pid}/fd`)
      .map(fd => /socket:\[(\d+)\]/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1])
      .filter(Boolean),
  );
  return ['tcp', 'tcp6'].flatMap(table =>
    fs
      .readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(fields => fields[3] === '0A' && inodes.has(fields[9]))
      .map(fields => {
        const [hex, port] = fields[1].split(':');
        const address =
          hex.length === 8
            ? hex
                .match(/../g)!
                .reverse()
                .map(byte => Number.parseInt(byte, 16))
                .join('.')
            : hex;
        return { address, port: Number.parseInt(port, 16) };
      }),
  );
}

function readLink(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
