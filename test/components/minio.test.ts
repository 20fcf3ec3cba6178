import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import { Minio, type MinioProps, release } from '../../components/minio';
import type { Bucket, StoreGrant } from '../../components/roles';
import { apiObjects, Component, generatedKeys, type Manifest, orderObjects } from '../../constructs';

/** Stands for any component that keeps data in the store. */
class Client extends Component {
  constructor(scope: Construct, id: string, namespace: string) {
    super(scope, id, {}, namespace);
  }
}

function fixture(props: MinioProps = {}) {
  const app = new App();
  const minio = new Minio(app, 'minio', props);
  const client = new Client(app, 'client', 'team-a');
  const identity = (name: string, grants: readonly StoreGrant[], namespace = 'team-a') =>
    minio.addIdentity(client, name, { name, namespace, secretName: `${name}-key`, grants });
  const objects = (): Manifest[] => apiObjects(app).map(object => object.toJson());
  const object = (kind: string, name: string): Manifest => {
    const found = objects().find(each => each.kind === kind && each.metadata.name === name);
    if (!found) throw new Error(`no ${kind} '${name}' is rendered`);
    return found;
  };
  const files = (): Record<string, string> => object('ConfigMap', 'minio').data;
  return { app, minio, client, identity, objects, object, files };
}

const own = (prefix?: string, access: StoreGrant['access'] = 'readWrite'): StoreGrant[] => [
  { bucket: 'data', prefix, access },
];

/** Messages of the app's validations, as a deployer sees them. */
function problems(app: App): string[] {
  return app.node.findAll().flatMap(node => node.node.validate());
}

test('renders the same objects as before', () => {
  const { objects } = fixture();

  expect(objects()).toMatchSnapshot();
});

test('every reference leads somewhere, and the Job comes after the keys of all identities', () => {
  const { app, identity, minio } = fixture({ buckets: [{ name: 'data' }] });
  identity('team-a', own('team-a/'));
  const manifests = apiObjects(app).map(object => ({
    id: object.node.path,
    component: Component.of(object).node.id,
    manifest: object.toJson() as Manifest,
  }));
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } };

  const ordered = orderObjects({
    nodes: [...manifests, { id: 'client/Namespace', component: 'client', manifest: namespace }],
    needs: new Map(),
    existing: minio.existing,
  }).map(({ id }) => id);

  const job = ordered.indexOf('minio/ProvisioningJob/Job');
  expect(job).toBeGreaterThan(ordered.indexOf('minio/IdentityKeys/Secret'));
  expect(ordered.indexOf('minio/IdentityKeys/Secret')).toBeGreaterThan(ordered.indexOf('client/team-a/Secret'));
});

test('clients get the endpoint with and without a scheme', () => {
  const { minio } = fixture();

  expect(minio.endpoint.url()).toBe('http://minio.minio.svc.cluster.local:9000');
  expect(minio.endpoint.hostPort).toBe('minio.minio.svc.cluster.local:9000');
  expect(minio.console.port).toBe(9001);
});

describe('props', () => {
  test('capacity and storage class reach the claim', () => {
    const { object } = fixture({ capacity: '200Gi', storageClass: 'fast' });

    const { spec } = object('PersistentVolumeClaim', 'minio');
    expect(spec.resources.requests.storage).toBe('200Gi');
    expect(spec.storageClassName).toBe('fast');
  });

  test('the region reaches the server and the provisioning', () => {
    const { minio, object } = fixture({ region: 'eu-central-1' });

    const env = (kind: string, name: string) => object(kind, name).spec.template.spec.containers[0].env;
    expect(env('Deployment', 'minio')).toContainEqual({ name: 'MINIO_SITE_REGION', value: 'eu-central-1' });
    expect(env('Job', 'minio-post-job')).toContainEqual({ name: 'REGION', value: 'eu-central-1' });
    expect(minio.region).toBe('eu-central-1');
  });

  test('resources reach the server', () => {
    const { object } = fixture({ resources: { cpu: '2', memory: '8Gi' } });

    const { resources } = object('Deployment', 'minio').spec.template.spec.containers[0];
    expect(resources).toEqual({ requests: { cpu: '2', memory: '8Gi' }, limits: { memory: '8Gi' } });
  });

  test('one image can be replaced, the other stays', () => {
    const { object } = fixture({ images: { server: { repository: 'registry.example.com/minio', tag: 'own' } } });

    const image = (kind: string, name: string) => object(kind, name).spec.template.spec.containers[0].image;
    expect(image('Deployment', 'minio')).toBe('registry.example.com/minio:own');
    expect(image('Job', 'minio-post-job')).toBe(`${release.images.client.repository}:${release.images.client.tag}`);
  });

  test('the namespace moves all objects and the endpoint', () => {
    const { minio, objects } = fixture({ namespace: 'storage' });

    const namespaces = objects().map(({ kind, metadata }) =>
      kind === 'Namespace' ? metadata.name : metadata.namespace,
    );
    expect([...new Set(namespaces)]).toEqual(['storage']);
    expect(minio.endpoint.host).toBe('minio.storage.svc.cluster.local');
  });

  test('overrides have the last word over both workloads', () => {
    const { object } = fixture({
      overrides: {
        server: { template: { spec: { priorityClassName: 'system-cluster-critical' } } },
        provisioning: spec => ({ ...spec, ttlSecondsAfterFinished: 60 }),
      },
    });

    expect(object('Deployment', 'minio').spec.template.spec.priorityClassName).toBe('system-cluster-critical');
    expect(object('Job', 'minio-post-job').spec.ttlSecondsAfterFinished).toBe(60);
  });

  test('extensions add buckets', () => {
    const { minio } = fixture({ extensions: [{ bind: store => store.addBucket({ name: 'backups' }) }] });

    expect(minio.buckets.map(({ name }) => name)).toEqual(['backups']);
  });

  test.each<[string, MinioProps, string]>([
    ['capacity', { capacity: 'much' }, "minio: 'capacity' takes a size such as '20Gi', got 'much'"],
    [
      'region',
      { region: 'Frankfurt' },
      "minio: 'region' takes lower-case letters, digits and hyphens such as 'us-east-1', got 'Frankfurt'",
    ],
  ])('throws when %s is malformed', (_, props, message) => {
    expect(() => fixture(props)).toThrow(message);
  });
});

describe('buckets', () => {
  test('are listed by name with their versioning, whatever the order of the calls', () => {
    const one = fixture({ buckets: [{ name: 'models', versioning: true }] });
    one.minio.addBucket({ name: 'data' });
    const other = fixture({ buckets: [{ name: 'data' }] });
    other.minio.addBucket({ name: 'models', versioning: true });

    expect(one.files().buckets).toBe('data plain\nmodels versioned\n');
    expect(other.files()).toEqual(one.files());
  });

  test('a lifecycle rule expires objects, and old versions where there are some', () => {
    const lifecycle = [{ prefix: 'tmp/', expireAfterDays: 7 }];
    const { files } = fixture({
      buckets: [
        { name: 'plain-one', lifecycle },
        { name: 'kept', versioning: true, lifecycle },
      ],
    });

    const rule = { ID: 'expire-1', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 7 } };
    expect(JSON.parse(files()['lifecycle.plain-one.json']!)).toEqual({ Rules: [rule] });
    expect(JSON.parse(files()['lifecycle.kept.json']!)).toEqual({
      Rules: [{ ...rule, NoncurrentVersionExpiration: { NoncurrentDays: 7 } }],
    });
  });

  test('one that is named twice takes from each what the other leaves out', () => {
    const { minio } = fixture({ buckets: [{ name: 'data', versioning: true }] });

    minio.addBucket({ name: 'data' });
    minio.addBucket({ name: 'data', lifecycle: [{ expireAfterDays: 30 }] });

    expect(minio.buckets).toEqual([{ name: 'data', versioning: true, lifecycle: [{ expireAfterDays: 30 }] }]);
  });

  test.each<[string, Bucket]>([
    ['versioning', { name: 'data', versioning: false }],
    ['lifecycle', { name: 'data', lifecycle: [{ prefix: 'tmp/', expireAfterDays: 8 }] }],
  ])('throws when one is declared twice with different %s', (_, second) => {
    const lifecycle = [{ prefix: 'tmp/', expireAfterDays: 7 }];
    const { minio } = fixture({ buckets: [{ name: 'data', versioning: true, lifecycle }] });

    expect(() => minio.addBucket(second)).toThrow(/bucket 'data' is declared with different settings, \{.*\} and \{/);
  });

  test.each([
    'ab',
    'a'.repeat(64),
    'Data',
    '-data',
    'data.',
    '.data',
    'da..ta',
    'a.-b',
    '10.0.0.1',
    'da_ta',
    'a b',
    'a\nb',
  ])('throws when the name is %j', name => {
    const { minio } = fixture();

    expect(() => minio.addBucket({ name })).toThrow(`'name' of a bucket takes 3 to 63 lower-case letters`);
  });

  test.each(['abc', 'a'.repeat(63), 'my-data.v2', '1-2'])('takes the name %j', name => {
    const { minio } = fixture();

    minio.addBucket({ name });

    expect(minio.buckets.map(bucket => bucket.name)).toEqual([name]);
  });

  test.each([0, -1, 1.5, Number.NaN])('throws when objects expire after %p days', expireAfterDays => {
    const { minio } = fixture();

    expect(() => minio.addBucket({ name: 'data', lifecycle: [{ expireAfterDays }] })).toThrow(
      `'expireAfterDays' of bucket 'data' must be a whole number of at least 1, got ${expireAfterDays}`,
    );
  });

  test('throws when two rules hold for the same prefix', () => {
    const { minio } = fixture();
    const lifecycle = [{ expireAfterDays: 1 }, { expireAfterDays: 2 }];

    expect(() => minio.addBucket({ name: 'data', lifecycle })).toThrow(
      "'lifecycle' of bucket 'data' has two rules for 'the whole bucket'; keep one",
    );
  });
});

describe('identities', () => {
  test('one gets its key in its namespace, and the store a copy of the secret part', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    const { accessKey, secretKey, secretName } = identity('reader', own());

    const keys = (name: string) => generatedKeys(object('Secret', name).metadata.annotations);
    expect(object('Secret', secretName).metadata.namespace).toBe('team-a');
    expect(keys(secretName)).toEqual({ AWS_ACCESS_KEY_ID: { plain: 'reader' }, AWS_SECRET_ACCESS_KEY: { random: 40 } });
    expect(keys('minio-identities')).toEqual({ reader: { copyOf: secretKey } });
    expect(accessKey).toEqual({ namespace: 'team-a', name: 'reader-key', key: 'AWS_ACCESS_KEY_ID' });
  });

  test('a prefix limits objects and listing, and nobody may administer', () => {
    const { identity, files } = fixture({ buckets: [{ name: 'data' }] });

    identity('team-a', own('team-a/'));

    const { Statement } = JSON.parse(files()['policy.team-a.json']!);
    const [, list, objects, deny] = Statement;
    expect(list.Condition).toEqual({ StringLike: { 's3:prefix': ['team-a/*'] } });
    expect(objects.Resource).toEqual(['arn:aws:s3:::data/team-a/*']);
    expect(objects.Action).toContain('s3:PutObject');
    expect(deny).toEqual({ Effect: 'Deny', Action: ['admin:*'] });
  });

  test('a grant without a prefix holds for the bucket, and one to read holds for nothing else', () => {
    const { identity, files } = fixture({ buckets: [{ name: 'data' }] });

    identity('reader', own(undefined, 'read'));

    const [, list, objects] = JSON.parse(files()['policy.reader.json']!).Statement;
    expect(list.Condition).toBeUndefined();
    expect(objects).toEqual({
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: ['arn:aws:s3:::data/*'],
    });
  });

  test('their namespaces reach the server, each once, and no other does', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    identity('one', own());
    identity('two', own());
    identity('pipelines', own(), 'kubeflow');

    const namespace = (name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    });
    expect(object('NetworkPolicy', 'minio').spec.ingress.flatMap((rule: { from: unknown[] }) => rule.from)).toEqual([
      { podSelector: { matchLabels: { app: 'minio-job', release: 'minio' } } },
      namespace('team-a'),
      namespace('kubeflow'),
    ]);
  });

  test('one more makes the Job run again', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });
    const hash = () =>
      object('Job', 'minio-post-job').spec.template.metadata.annotations['flowyard.dev/hash-minio-configuration'];
    const before = hash();

    identity('late', own());

    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(hash()).toMatch(/^[0-9a-f]{16}$/);
    expect(hash()).not.toBe(before);
  });

  test('a bucket may be added after the identity that uses it', () => {
    const { app, identity, minio } = fixture();
    identity('early', own());

    minio.addBucket({ name: 'data' });

    expect(problems(app)).toEqual([]);
  });

  test('throws when a bucket is never added', () => {
    const { app, identity } = fixture({ buckets: [{ name: 'models' }] });

    identity('reader', own());

    expect(problems(app)).toEqual([
      "'grants' of identity 'reader' name bucket 'data', but the buckets are 'models'; add it with addBucket()",
    ]);
  });

  test.each([
    'team-a',
    '/',
    '',
    '*/',
    'team-*/',
    'team?/',
    '../',
    'a//b/',
    '/a/',
    './',
    '${aws:username}/',
    'a b/',
    'a\n/',
  ])('throws when the prefix is %j', prefix => {
    const { identity } = fixture({ buckets: [{ name: 'data' }] });

    expect(() => identity('team-a', own(prefix))).toThrow("'prefix' of a grant of identity 'team-a'");
  });

  test.each(['ab', 'Team', 'team_a', 'a=b', 'a,b', '-team', 'a b', 'a'.repeat(129)])(
    'throws when the name is %j',
    name => {
      const { identity } = fixture({ buckets: [{ name: 'data' }] });

      expect(() => identity(name, own())).toThrow(
        `'name' of an identity takes 3 to 128 lower-case letters, digits and hyphens, got '${name}'`,
      );
    },
  );

  test('throws when two have the same name', () => {
    const { identity } = fixture({ buckets: [{ name: 'data' }] });
    identity('team-a', own());

    expect(() => identity('team-a', own(), 'other')).toThrow("identity 'team-a' is added twice");
  });

  test('throws when one has no grants', () => {
    const { identity } = fixture();

    expect(() => identity('idle', [])).toThrow("'grants' of identity 'idle' must hold at least one, got none");
  });
});
