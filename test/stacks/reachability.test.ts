import { defineEnvironment, loadEnvironment } from '../../environments';
import { renderEnvironment } from '../../stacks/platform';
import { type Flow, type Outside, obstacle, type PodLike, podsOf, surestObstacle } from '../../testing';

const local = loadEnvironment('local');
const environment = defineEnvironment({ ...local, platform: { ...local.platform, queues: { kind: 'kueue' } } });
const { objects } = renderEnvironment(environment);

const unmeshed = { 'sidecar.istio.io/inject': 'false' };
const deployment = (name: string) => podsOf(objects, { kind: 'Deployment', name });

const apiServer: Outside = { address: '10.96.0.1' };
const internet: Outside = { address: '203.0.113.1' };
const metadataServer: Outside = { address: '169.254.169.254' };
const dns: PodLike = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
const gateway = deployment('istio-ingressgateway');

/** Pods that controllers make in the namespace of a tenant. */
const ofTenant = (namespace: string) => ({
  notebook: { namespace, labels: { app: 'notebook' }, account: 'default-editor' },
  worker: { namespace, labels: { ...unmeshed, 'training.kubeflow.org/job-name': 'train' } },
  trial: { namespace, labels: { ...unmeshed, 'katib.kubeflow.org/trial': 'lstm-1' } },
  suggestion: {
    namespace,
    labels: { ...unmeshed, 'katib.kubeflow.org/suggestion': 'lstm' },
    account: 'katib-suggestion',
  },
  step: {
    namespace,
    labels: { ...unmeshed, 'workflows.argoproj.io/workflow': 'wf', 'workflows.argoproj.io/completed': 'false' },
    account: 'default-editor',
  },
});
const vision = ofTenant('team-vision');
const forecast = ofTenant('team-forecast');

type Row = [flow: string, from: PodLike | Outside, to: PodLike | Outside, port: number, more?: Partial<Flow>];
const flowOf = ([, from, to, port, more]: Row): Flow => ({ from, to, port, ...more });

const controllers = [
  'istiod',
  'cert-manager',
  'cert-manager-cainjector',
  'cert-manager-webhook',
  'training-operator',
  'jobset-controller-manager',
  'kubeflow-trainer-controller-manager',
  'workflow-controller',
  'katib-controller',
  'katib-ui',
  'kueue-controller-manager',
];
const webhooks: [string, number][] = [
  ['istiod', 15017],
  ['cert-manager-webhook', 10250],
  ['training-operator', 9443],
  ['jobset-controller-manager', 9443],
  ['kubeflow-trainer-controller-manager', 9443],
  ['katib-controller', 8443],
  ['kueue-controller-manager', 9443],
];
const members: [string, PodLike][] = [
  ...['minio', 'mysql', 'katib-db-manager', 'katib-ui', 'istio-ingressgateway', 'cluster-local-gateway'].map(
    (name): [string, PodLike] => [name, deployment(name)],
  ),
  ['notebook', vision.notebook],
];

const minio = deployment('minio');
const mysql = deployment('mysql');
const dbManager = deployment('katib-db-manager');
const katib = deployment('katib-controller');
const katibUi = deployment('katib-ui');

/** What parts need, from their flags, environment and code. */
const needed: Row[] = [
  ...controllers.map((name): Row => [`${name} calls the API server`, deployment(name), apiServer, 443]),
  ...webhooks.map(
    ([name, port]): Row => [`the API server calls the webhooks of ${name}`, apiServer, deployment(name), port],
  ),
  ...members.map(
    ([name, pod]): Row => [`the proxy of ${name} asks for its configuration`, pod, deployment('istiod'), 15012],
  ),
  ...members.map(([name, pod]): Row => [`${name} resolves names`, pod, dns, 53, { protocol: 'UDP' }]),
  ...Object.entries(vision).map(([name, pod]): Row => [`a ${name} resolves names`, pod, dns, 53, { protocol: 'UDP' }]),
  ...Object.entries(vision).map(([name, pod]): Row => [`a ${name} reaches the object store`, pod, minio, 9000]),
  ['buckets are made', podsOf(objects, { kind: 'Job', name: 'minio-post-job' }), minio, 9000],
  ['the key of a tenant is made', podsOf(objects, { kind: 'Job', name: 'minio-key-tenant-team-vision' }), minio, 9000],
  ['databases are made', podsOf(objects, { kind: 'Job', name: 'mysql-provisioning' }), mysql, 3306],
  ['Katib keeps observations', dbManager, mysql, 3306],
  ['the controller reads observations', katib, dbManager, 6789],
  ['the UI reads observations', katibUi, dbManager, 6789],
  ['a trial reports', vision.trial, dbManager, 6789],
  ['a suggestion service reads observations', vision.suggestion, dbManager, 6789],
  ['the controller asks for suggestions', katib, vision.suggestion, 6789],
  ['the controller asks whether to stop early', katib, vision.suggestion, 6788],
  ['a service of early stopping stops trials', vision.suggestion, apiServer, 443],
  ['a step of a workflow reports', vision.step, apiServer, 443],
  ['workers of a job meet', vision.worker, vision.worker, 2222],
  ['a notebook calls another', vision.notebook, { ...vision.notebook, labels: {} }, 8888],
  ['a browser reaches the door', internet, gateway, 8080, { path: '/katib/' }],
  ['the door reaches the UI of Katib', gateway, katibUi, 8080, { path: '/katib/' }],
];

test.each(needed)('%s', (...row) => {
  expect(obstacle(objects, flowOf(row as Row))).toBeUndefined();
});

const neighbours = Object.entries(vision).flatMap(([name, pod]) =>
  Object.entries(forecast).map(([other, target]): Row => [`a ${name} calls a neighbour's ${other}`, pod, target, 8888]),
);
const platformPorts: [string, PodLike, number][] = [
  ['the database', mysql, 3306],
  ["the object store's console", minio, 9001],
  ["Katib's webhook", katib, 8443],
  ["Katib's UI past the door", katibUi, 8080],
  ["istiod's debugging", deployment('istiod'), 8080],
  ['the webhook of cert-manager', deployment('cert-manager-webhook'), 10250],
  ['the webhook of queues', deployment('kueue-controller-manager'), 9443],
  ['metrics of the training operator', deployment('training-operator'), 8080],
];

/** What nobody needs, and somebody would like. */
const forbidden: Row[] = [
  ...neighbours,
  ...Object.entries(vision).flatMap(([name, pod]) =>
    platformPorts.map(([what, to, port]): Row => [`a ${name} calls ${what}`, pod, to, port]),
  ),
  ...(['notebook', 'worker', 'step'] as const).map(
    (name): Row => [`a ${name} makes up observations`, vision[name], dbManager, 6789],
  ),
  ...Object.entries(vision).flatMap(([name, pod]): Row[] => [
    [`a ${name} asks the cloud's metadata server`, pod, metadataServer, 80],
    [`a ${name} sends data out`, pod, internet, 443],
  ]),
  ['a notebook calls the API server', vision.notebook, apiServer, 443],
  ['a worker calls the API server', vision.worker, apiServer, 443],
  ['a pod of a foreign namespace calls the object store', { namespace: 'default', labels: {} }, minio, 9000],
  ['a pod of a foreign namespace calls the database', { namespace: 'default', labels: {} }, mysql, 3306],
  ['the internet calls the object store', internet, minio, 9000],
  ['the internet calls the UI of Katib', internet, katibUi, 8080],
  ['the door is asked for what no route names', internet, gateway, 8080, { path: '/metrics' }],
  ['the door calls the database', gateway, mysql, 3306],
  ["the door calls a tenant's notebook", gateway, vision.notebook, 8888],
  ['the UI of Katib calls the object store', katibUi, minio, 9000],
  ['the store calls out', minio, internet, 443],
  ['the database calls the API server', mysql, apiServer, 443],
];

test.each(forbidden)('not: %s', (...row) => {
  expect(surestObstacle(objects, flowOf(row as Row))).toBeDefined();
});

describe('each fence holds by itself', () => {
  const without = (...kinds: string[]) => objects.filter(({ manifest }) => !kinds.includes(manifest.kind));
  const flow: Flow = { from: vision.notebook, to: forecast.notebook, port: 8888 };

  test('network policies', () => {
    expect(surestObstacle(without('AuthorizationPolicy', 'PeerAuthentication'), flow)).toMatch(
      /^egress rules of 'team-vision'/,
    );
  });

  test('the mesh', () => {
    expect(surestObstacle(without('NetworkPolicy'), flow)).toMatch(/^no authorization policy allows it/);
    expect(surestObstacle(without('NetworkPolicy'), { ...flow, from: vision.worker })).toMatch(/^mutual TLS/);
  });

  test('and with both gone the call gets through', () => {
    expect(surestObstacle(without('NetworkPolicy', 'AuthorizationPolicy', 'PeerAuthentication'), flow)).toBeUndefined();
  });
});

test('whatever takes plain text is let in by network policies alone, from named pods', () => {
  const plain = objects
    .filter(({ manifest }) => manifest.kind === 'PeerAuthentication')
    .flatMap(({ manifest: { metadata, spec } }) =>
      Object.entries<{ mode: string }>(spec.portLevelMtls ?? {}).map(
        ([port, { mode }]) => `${metadata.namespace}/${metadata.name}:${port} ${mode}`,
      ),
    );

  expect(plain.sort()).toEqual([
    'kubeflow/katib-db-manager:6789 PERMISSIVE',
    'kubeflow/mysql:3306 PERMISSIVE',
    'minio/minio:9000 PERMISSIVE',
  ]);
});
