import { readFileSync } from 'node:fs';
import { App, Chart } from 'cdk8s';
import { TFJob } from '../../components/training-operator';
import { apiObjects, type Manifest, type NodePool } from '../../constructs';
import { auditLogPath, DEPLOYER } from '../../engine/control-plane';
import { apply, destroy, plan, status } from '../../engine/deploy';
import { ApiError, KubeClient } from '../../engine/deploy/client';
import { Discovery, objectPath } from '../../engine/deploy/discovery';
import { readKubeconfig } from '../../engine/deploy/kubeconfig';
import { nameOf } from '../../engine/deploy/types';
import { loadEnvironment } from '../../environments';
import { deployPlatform, renderFor } from '../../stacks/program';
import { testCluster, testKubeconfig } from '../support/cluster';

jest.setTimeout(180_000);

const environment = loadEnvironment('local');
const rendering = renderFor(environment);
const kubeconfig = testKubeconfig();
const options = {
  stack: 'local',
  project: 'flowyard',
  kubeconfig,
  program: () => deployPlatform(rendering, { kubeconfig }),
};
const gpuPool = environment.infrastructure.nodePools.find(({ gpu }) => gpu) as NodePool;

let client: KubeClient;
let discovery: Discovery;
const startedAt = new Date().toISOString();

beforeAll(async () => {
  client = new KubeClient(readKubeconfig(kubeconfig));
  const result = await apply(options);
  expect(result.failures).toEqual([]);
  expect(result.ok).toBe(true);
  discovery = await Discovery.read(client);
});

afterAll(async () => {
  const { objects } = await status(options);
  const acknowledge = objects.map(({ object: { kind, namespace, name } }) =>
    [kind, namespace, name].filter(Boolean).join('/'),
  );
  const result = await destroy({ ...options, acknowledge });
  client.close();
  expect(result.failures).toEqual([]);
  expect(result.kept).toEqual([]);
});

function path(manifest: Manifest): string {
  const name = nameOf(manifest);
  return objectPath(discovery.find(name)!, name);
}

/** Sends an object as a dry run; the message of the API server when it says no. */
async function refusal(manifest: Manifest): Promise<string | undefined> {
  try {
    await client.apply(path(manifest), manifest, { dryRun: true });
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return (error as ApiError).message;
  }
}

/** What the deployer wrote since the tests began, from the audit log: the truth about what was sent. */
function writes(): { verb: string; requestURI: string; code: number }[] {
  return readFileSync(auditLogPath(testCluster), 'utf8')
    .split('\n')
    .filter(line => line.includes(`"username":"${DEPLOYER}"`))
    .map(line => JSON.parse(line))
    .filter(({ stage, verb, requestReceivedTimestamp }) => {
      return (
        stage === 'ResponseComplete' &&
        requestReceivedTimestamp >= startedAt &&
        !['get', 'list', 'watch'].includes(verb)
      );
    })
    .map(({ verb, requestURI, responseStatus }) => ({ verb, requestURI, code: responseStatus.code }));
}

test('the whole platform comes up without one failed write', () => {
  const all = writes();

  expect(all.length).toBeGreaterThanOrEqual(rendering.objects.length);
  expect(all.filter(({ code }) => code >= 400)).toEqual([]);
});

test('a second run changes nothing and moves no resourceVersion', async () => {
  const versions = () =>
    Promise.all(
      rendering.objects.map(async ({ manifest }) => (await client.get(path(manifest)))!.metadata.resourceVersion),
    );
  const before = await versions();

  const again = await plan(options);
  const result = await apply(again);

  expect(again.changed).toBe(false);
  expect(result.counts).toMatchObject({
    created: 0,
    updated: 0,
    replaced: 0,
    deleted: 0,
    unchanged: rendering.objects.length,
  });
  expect(await versions()).toEqual(before);
});

test('every Deployment is available and all pods are on the intended pool', async () => {
  for (const { manifest } of rendering.objects.filter(object => object.manifest.kind === 'Deployment')) {
    const { status: live, metadata } = (await client.get(path(manifest)))!;
    // Autoscaled ones start with one.
    expect([metadata.name, live.availableReplicas]).toEqual([metadata.name, manifest.spec.replicas ?? 1]);
  }
  const { items } = (await client.get('/api/v1/pods'))!;
  const ours = items.filter(({ metadata }: Manifest) =>
    rendering.objects.some(
      ({ manifest }) => manifest.kind === 'Namespace' && manifest.metadata.name === metadata.namespace,
    ),
  );
  expect(ours.length).toBeGreaterThanOrEqual(5);
  for (const { spec } of ours) expect(spec.nodeName).toMatch(/^system-\d$/);
});

const claiming = rendering.objects
  .map(({ manifest }) => manifest)
  .filter(
    ({ kind, metadata }) =>
      kind === 'Namespace' && metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'restricted',
  )
  .map(({ metadata }) => metadata.name);

test('every namespace of the platform claims the Pod Security Standard restricted', () => {
  expect(claiming.sort()).toEqual([
    'cert-manager',
    'istio-system',
    'kubeflow',
    'kubeflow-system',
    'minio',
    'team-forecast',
    'team-vision',
  ]);
});

test.each(claiming)('namespace %s refuses a pod that is not restricted', async namespace => {
  const spec = {
    containers: [{ name: 'main', image: 'example.com/main:1', securityContext: { privileged: true }, resources: {} }],
  };

  const message = await refusal({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'privileged', namespace }, spec });

  expect(message).toContain('violates PodSecurity "restricted:v1.33"');
});

describe('a TFJob in a tenant', () => {
  const image = { repository: 'example.com/trainer', tag: 'v1' };
  const resources = { cpu: '1', memory: '1Gi' };

  function fixture(): Manifest {
    const chart = new Chart(new App(), 'jobs', { namespace: 'team-vision', disableResourceNameHashes: true });
    new TFJob(chart, 'Job', {
      name: 'every-role',
      tfReplicaSpecs: {
        Chief: { image, resources },
        PS: { image, resources, replicas: 2 },
        Worker: { image, resources, replicas: 2, pool: gpuPool, gpus: 1 },
        Evaluator: { image, resources },
      },
    });
    return apiObjects(chart)[0]!.toJson();
  }

  test('with every replica type and a GPU is accepted', async () => {
    const job = fixture();

    expect(job.spec.tfReplicaSpecs.Worker.template.spec.containers[0].resources.limits['nvidia.com/gpu']).toBe('1');
    expect(await refusal(job)).toBeUndefined();
  });

  test.each([
    [
      'replicas in words',
      (job: Manifest) => Object.assign(job.spec.tfReplicaSpecs.PS, { replicas: 'two' }),
      'spec.tfReplicaSpecs.PS.replicas',
    ],
    [
      'an unknown policy',
      (job: Manifest) =>
        Object.assign(job.spec.runPolicy ?? (job.spec as { runPolicy: object }), { cleanPodPolicy: 'Some' }),
      'cleanPodPolicy',
    ],
    ['an unknown field', (job: Manifest) => Object.assign(job.spec, { tfReplicaSpec: {} }), 'tfReplicaSpec'],
    ['no replicas at all', (job: Manifest) => delete job.spec.tfReplicaSpecs, 'spec.tfReplicaSpecs: Required value'],
  ])('with %s is refused', async (_, change, message) => {
    const job = structuredClone(fixture()) as Manifest & { spec: { runPolicy?: object } };
    job.spec.runPolicy ??= {};

    change(job);

    expect(await refusal(job)).toContain(message);
  });
});

describe('an editor of a tenant', () => {
  const can = async (verb: string, group: string, resource: string, namespace = 'team-vision') => {
    const review = await client.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'system:serviceaccount:team-vision:default-editor',
        resourceAttributes: { verb, group, resource, namespace },
      },
    });
    return review.status.allowed as boolean;
  };

  test.each([
    ['create', '', 'pods', true],
    ['create', 'batch', 'jobs', true],
    ['create', 'kubeflow.org', 'tfjobs', true],
    ['get', '', 'secrets', true],
    ['create', 'networking.k8s.io', 'networkpolicies', false],
    ['create', 'networking.k8s.io', 'ingresses', false],
    ['update', '', 'resourcequotas', false],
    ['create', 'rbac.authorization.k8s.io', 'rolebindings', false],
    ['update', '', 'namespaces', false],
  ])('may %s %s/%s: %s', async (verb, group, resource, allowed) => {
    expect(await can(verb, group, resource)).toBe(allowed);
  });

  test('sees nothing of the other tenant', async () => {
    expect(await can('get', '', 'secrets', 'team-forecast')).toBe(false);
    expect(await can('list', '', 'pods', 'team-forecast')).toBe(false);
  });
});
