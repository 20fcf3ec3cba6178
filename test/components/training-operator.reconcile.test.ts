import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { MPIJob, PyTorchJob, TFJob } from '../../components/training-operator/jobs';
import { addresses, apiObjects, type Manifest, type NodePool } from '../../constructs';
import { prepareBinaries } from '../../engine/control-plane';
import { readKubeconfig } from '../../engine/deploy/kubeconfig';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { testKubeconfig } from '../support/cluster';
import { eventually, RealController } from '../support/controller';
import { DeployedPlatform } from '../support/platform';

jest.setTimeout(180_000);

const { serviceMesh: _, workflows: __, trainer: ___, ...platformSettings } = loadEnvironment('local').platform;
const environment = defineEnvironment({ ...loadEnvironment('local'), name: 'training-v1', platform: platformSettings });
const pool = environment.infrastructure.nodePools.find(({ gpu }) => gpu) as NodePool;

const namespace = 'team-vision';
const editor = 'grace@example.com';
const jobs = `/apis/kubeflow.org/v1/namespaces/${namespace}`;

const folder = mkdtempSync(join(tmpdir(), 'flowyard-training-v1-'));
const certificates = join(folder, 'certificates');
const socket = join(folder, 'api-server');
let platform: DeployedPlatform;
let operator: RealController;
let way: Server;

beforeAll(async () => {
  platform = await DeployedPlatform.up(environment);
  const binaries = await prepareBinaries({ names: ['training-operator'] });
  const config = (await platform.client.get('/api/v1/namespaces/kubeflow/configmaps/training-operator-config'))!;
  const template = join(folder, 'initContainer.yaml');
  writeFileSync(template, config.data['initContainer.yaml']);
  const { hostname, port } = new URL(readKubeconfig(testKubeconfig()).server);
  way = createServer(near => {
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on('error', () => [near, far].map(each => each.destroy()));
  }).listen(socket);
  operator = await RealController.start(platform.client, {
    binary: alone(binaries['training-operator'], Number(port)),
    args: ['--metrics-bind-address=0', `--pytorch-init-container-template-file=${template}`, '--kube-api-qps=100'],
    env: { PATH: process.env.PATH!, MY_POD_NAMESPACE: 'kubeflow', MY_POD_NAME: 'training-operator' },
    account: { namespace: 'kubeflow', name: 'training-operator' },
    withheldPorts: [],
  });
  // The kubelet's part: what the operator writes into its Secret appears in its pod.
  const { data } = await eventually('the operator writes its certificate', 30, async () => {
    const secret = await platform.client.get('/api/v1/namespaces/kubeflow/secrets/training-operator-webhook-cert');
    return secret?.data?.['tls.crt'] ? secret : undefined;
  }).catch(withLog);
  for (const file of ['tls.crt', 'tls.key']) writeFileSync(join(certificates, file), Buffer.from(data[file], 'base64'));
  const working = async () => (/Starting workers.*tfjob/i.test(operator.log) ? true : undefined);
  await eventually('the operator works', 60, working).catch(withLog);
}, 600_000);

afterAll(async () => {
  await platform?.down().finally(() => operator?.stop());
  way?.close();
  rmSync(folder, { recursive: true });
});

function withLog(error: Error): never {
  throw new Error(`${error.message}:\n${operator.log.slice(-4000)}`);
}

/**
 * A command that runs the operator in a network of its own. Its webhooks listen on all addresses, and cannot be told
 * otherwise; its certificate has one place. The way to the API server is a socket.
 */
function alone(binary: string, port: number): string {
  mkdirSync(certificates);
  const place = '/tmp/k8s-webhook-server/serving-certs';
  if (!existsSync(place)) mkdirSync(place, { recursive: true });
  const [forward, open] = [join(folder, 'forward.js'), join(folder, 'open')];
  writeFileSync(
    forward,
    `const { connect, createServer } = require('node:net');
createServer(near => {
  const far = connect(${JSON.stringify(socket)});
  near.pipe(far).pipe(near);
  for (const end of [near, far]) end.on('error', () => [near, far].map(each => each.destroy()));
}).listen(${port}, '127.0.0.1', () => require('node:fs').writeFileSync(${JSON.stringify(open)}, ''));
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 500);
`,
  );
  const command = join(folder, 'training-operator');
  writeFileSync(
    command,
    `#!/bin/sh
exec unshare --map-root-user --net --mount sh -c '
  ip link set lo up && mount --bind ${certificates} ${place} || exit 1
  ${process.execPath} ${forward} &
  until [ -e ${open} ]; do sleep 0.1; done
  exec "$0" "$@"' ${binary} "$@"
`,
  );
  chmodSync(command, 0o755);
  return command;
}

function rendered(add: (chart: Chart) => unknown): Manifest {
  const chart = new Chart(new App(), 'chart', { namespace, disableResourceNameHashes: true });
  add(chart);
  return apiObjects(chart)[0]!.toJson();
}

/** The pods of a job, as soon as there are so many on nodes. */
async function podsOf(name: string, count: number): Promise<Map<string, Manifest>> {
  return eventually(`'${name}' has ${count} pods`, 60, async () => {
    const { items } = await platform.client.list(
      `/api/v1/namespaces/${namespace}/pods?labelSelector=training.kubeflow.org/job-name%3D${name}`,
    );
    const found = items as Manifest[];
    if (found.length < count || !found.every(({ spec }) => spec.nodeName)) return undefined;
    return new Map(found.map(pod => [pod.metadata.name, pod]));
  }).catch(withLog);
}

const part = {
  image: { repository: 'example.com/train', tag: '1' },
  command: ['torchrun', 'train.py'],
  resources: { cpu: '1', memory: '1Gi' },
};
const variable = (pod: Manifest, name: string): string =>
  pod.spec.containers[0].env.find((each: { name: string }) => each.name === name)?.value;

test('a TFJob gets its pods, which know each other by TF_CONFIG; its workers are on the pool', async () => {
  const job = rendered(
    chart =>
      new TFJob(chart, 'Job', {
        name: 'recommender',
        tfReplicaSpecs: { Chief: part, PS: part, Worker: { ...part, replicas: 2, pool, gpus: 1 } },
      }),
  );

  expect(await platform.createAs(editor, `${jobs}/tfjobs`, job)).toEqual({ status: 201 });

  const pods = await podsOf('recommender', 4);
  const at = (kind: string, index: number) => `recommender-${kind}-${index}.${namespace}.svc:2222`;
  for (const index of [0, 1]) {
    const worker = pods.get(`recommender-worker-${index}`)!;
    expect(worker.spec.nodeName).toMatch(new RegExp(`^${pool.name}-`));
    expect(JSON.parse(variable(worker, 'TF_CONFIG'))).toEqual({
      cluster: { chief: [at('chief', 0)], ps: [at('ps', 0)], worker: [at('worker', 0), at('worker', 1)] },
      task: { type: 'worker', index },
      environment: 'cloud',
    });
  }
});

test('a PyTorchJob gets its pods, and workers that wait for the master', async () => {
  const specs = { Master: part, Worker: part };
  const job = rendered(chart => new PyTorchJob(chart, 'Job', { name: 'mnist', pytorchReplicaSpecs: specs }));

  expect(await platform.createAs(editor, `${jobs}/pytorchjobs`, job)).toEqual({ status: 201 });

  const pods = await podsOf('mnist', 2);
  const worker = pods.get('mnist-worker-0')!;
  expect(variable(worker, 'MASTER_ADDR')).toBe('mnist-master-0');
  expect(variable(worker, 'WORLD_SIZE')).toBe('2');
  expect(worker.spec.initContainers).toHaveLength(1);
});

test('an MPIJob gets its workers, and an account that may run commands in them', async () => {
  const cluster = {
    apiServerPeers: [addresses('10.0.0.0/8')],
    apiServer: { peers: [addresses('10.0.0.0/8')], ports: [6443] },
  };
  const runAs = { user: 1000, group: 1000 };
  const job = rendered(
    chart =>
      new MPIJob(chart, 'Job', {
        name: 'resnet',
        cluster,
        mpiReplicaSpecs: { Launcher: { ...part, runAs }, Worker: part },
      }),
  );

  expect(await platform.createAs(editor, `${jobs}/mpijobs`, job)).toEqual({ status: 201 });

  expect((await podsOf('resnet', 1)).has('resnet-worker-0')).toBe(true);
  const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/team-vision/roles/resnet-launcher';
  const { rules } = (await eventually('the launcher has its role', 30, () => platform.client.get(role)))!;
  expect(rules).toContainEqual({
    apiGroups: [''],
    resources: ['pods/exec'],
    resourceNames: ['resnet-worker-0'],
    verbs: ['create'],
  });
});

test("a launcher of MPI is refused for its init container, which only namespaces held to 'baseline' admit", async () => {
  const refused = /"resnet-launcher" is forbidden: violates PodSecurity "restricted[^"]*": [^\n]*kubectl-delivery/;

  const said = async () => (refused.test(operator.log.replaceAll('\\"', '"')) ? true : undefined);
  expect(await eventually('the launcher is refused', 30, said).catch(withLog)).toBe(true);
});

test('nothing else that the operator asked for was forbidden', () => {
  const requests = operator.requests();
  expect(requests.length).toBeGreaterThan(20);
  const forbidden = requests.filter(({ code }) => code === 403 || code === 401);
  const launchers = { code: 403, verb: 'create', uri: `/api/v1/namespaces/${namespace}/pods` };
  expect(forbidden.filter(request => JSON.stringify(request) !== JSON.stringify({ ...request, ...launchers }))).toEqual(
    [],
  );
  const reasons = operator.log.replaceAll('\\"', '"').match(/pods "\S+" is forbidden: \w+/g) ?? [];
  expect(new Set(reasons)).toEqual(new Set(['pods "resnet-launcher" is forbidden: violates']));
  expect(operator.log).not.toMatch(/cannot (get|list|watch|create|update|patch|delete) resource/);
});
