import { generateAnnotation } from '../../constructs';
import { collect } from '../../engine/deploy/collect';
import { loadEnvironment } from '../../environments';
import { renderEnvironment } from '../../stacks/platform';
import { deployPlatform } from '../../stacks/program';
import { simulate } from '../../stacks/simulated';

const rendering = renderEnvironment(loadEnvironment('local'));

/** What the program registers with the Pulumi SDK. */
function fixture() {
  return collect({
    stack: 'local',
    project: 'flowyard',
    program: () => deployPlatform(rendering, { kubeconfig: 'kubeconfig.yaml' }),
  });
}

test('every rendered object is a resource named by its construct path, with the type token of its kind', async () => {
  const { resources } = await fixture();

  const urns = new Map(resources.map(({ name, urn }) => [name, urn]));
  expect([...urns.keys()].sort()).toEqual(rendering.objects.map(({ id }) => id).sort());
  expect(urns.get('kubeflow/Namespace/Namespace')).toContain('kubernetes:core/v1:Namespace::');
  expect(urns.get('minio/Server/Deployment')).toContain('kubernetes:apps/v1:Deployment::');
});

test('dependencies are those of the graph', async () => {
  const { resources } = await fixture();

  const names = new Map(resources.map(({ urn, name }) => [urn, name]));
  const edges = (id: string) => resources.find(({ name }) => name === id)!.dependencies.map(urn => names.get(urn)!);
  for (const { id, dependsOn } of rendering.objects) expect(edges(id).sort()).toEqual([...dependsOn].sort());
});

test('what holds data is protected', async () => {
  const { resources } = await fixture();

  const kept = resources.filter(({ protect }) => protect).map(({ object }) => `${object.kind}/${object.name}`);
  expect(kept.sort()).toEqual([
    'CustomResourceDefinition/profiles.kubeflow.org',
    'Namespace/team-forecast',
    'Namespace/team-vision',
    'PersistentVolumeClaim/minio',
    'PersistentVolumeClaim/mysql-pv-claim',
    'Profile/team-forecast',
    'Profile/team-vision',
  ]);
});

test('a generated Secret gets values, and says no more how they are made', async () => {
  const { resources } = await fixture();

  const root = resources.find(({ object }) => object.kind === 'Secret' && object.name === 'minio')!.manifest;
  expect(Buffer.from(root.data.rootPassword, 'base64').toString()).toMatch(/^[A-Za-z0-9]{20,}$/);
  expect(root.metadata.annotations?.[generateAnnotation]).toBeUndefined();
});

test('the key of an identity is the same in the namespaces of the tenant and of the store', async () => {
  const { resources } = await fixture();

  const secrets = resources.filter(({ object }) => object.kind === 'Secret').map(({ manifest }) => manifest);
  const tenant = secrets.find(({ metadata }) => metadata.namespace === 'team-vision')!.data.AWS_SECRET_ACCESS_KEY;
  const copies = secrets.filter(
    ({ metadata, data }) => metadata.namespace === 'minio' && Object.values(data ?? {}).includes(tenant),
  );
  expect(copies).toHaveLength(1);
});

test('the program that `pulumi up` runs deploys the environment of its stack to its cluster', async () => {
  jest.doMock('../../stacks/local', () => ({ localCluster: async () => ({ kubeconfig: 'embedded.yaml' }) }));

  const { resources, outputs } = await collect({
    stack: 'local',
    project: 'flowyard',
    program: require('../../stacks'),
  });

  expect(resources).toHaveLength(rendering.objects.length);
  expect(outputs).toMatchObject({
    environment: 'local',
    version: '26.03.1',
    tenants: ['team-vision', 'team-forecast'],
  });
});

describe('for simulated pods', () => {
  const { rendering: simulated, silencedWebhooks } = simulate(rendering);

  test('webhooks stay and are never called', () => {
    const webhooks = simulated.objects.flatMap(({ manifest }) => manifest.webhooks ?? []);

    expect(webhooks).toHaveLength(silencedWebhooks);
    for (const webhook of webhooks)
      expect(webhook.matchConditions).toContainEqual(expect.objectContaining({ expression: 'false' }));
  });

  test('everything else stays as rendered', () => {
    const others = (objects: typeof rendering.objects) => objects.filter(({ manifest }) => !manifest.webhooks);

    expect(others(simulated.objects)).toEqual(others(rendering.objects));
  });
});
