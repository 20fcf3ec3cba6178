import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import { Minio, type MinioProps, release } from '../../components/minio';
import type { Bucket, Certificates, StoreGrant } from '../../components/roles';
import { apiObjects, Component, generatedKeys, type Manifest, orderObjects, podsIn } from '../../constructs';

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
  const policy = (name: string) => {
    const { env } = object('Job', `minio-key-${name}`).spec.template.spec.containers[0];
    return JSON.parse(env.find((each: { name: string }) => each.name === 'POLICY').value);
  };
  return { app, minio, client, identity, objects, object, files, policy };
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

test('every reference leads somewhere, and what makes an identity comes after its key', () => {
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

  const copy = ordered.indexOf('client/team-aAtMinio/Key/Secret');
  expect(ordered.indexOf('client/team-aAtMinio/Job/Job')).toBeGreaterThan(copy);
  expect(copy).toBeGreaterThan(ordered.indexOf('client/team-a/Secret'));
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

describe('several servers', () => {
  test('share a pool of drives, each with a volume of its own', () => {
    const { object, objects } = fixture({ distributed: { servers: 4 }, capacity: '100Gi', storageClass: 'fast' });

    const { spec } = object('StatefulSet', 'minio');
    const [container] = spec.template.spec.containers;
    expect(container.command).toContain('http://minio-{0...3}.minio-svc.minio.svc/export');
    expect([spec.replicas, spec.serviceName, spec.podManagementPolicy]).toEqual([4, 'minio-svc', 'Parallel']);
    expect(spec.volumeClaimTemplates).toMatchObject([
      {
        metadata: { name: 'export' },
        spec: { storageClassName: 'fast', resources: { requests: { storage: '100Gi' } } },
      },
    ]);
    expect(container.volumeMounts).toContainEqual({ name: 'export', mountPath: '/export' });
    expect(spec.template.spec.volumes.map(({ name }: { name: string }) => name)).not.toContain('export');
    expect(objects().some(({ kind }) => kind === 'PersistentVolumeClaim' || kind === 'Deployment')).toBe(false);
  });

  test('find and reach each other, and at most one is evicted at a time', () => {
    const { object } = fixture({ distributed: { servers: 4 } });

    const pods = { podSelector: { matchLabels: { app: 'minio', release: 'minio' } } };
    const { spec } = object('Service', 'minio-svc');
    const policy = object('NetworkPolicy', 'minio').spec;
    expect([spec.clusterIP, spec.publishNotReadyAddresses]).toEqual(['None', true]);
    expect(policy.ingress).toContainEqual({ from: [pods], ports: [{ port: 9000, protocol: 'TCP' }] });
    expect(policy.egress).toEqual([{ to: [pods], ports: [{ port: 9000, protocol: 'TCP' }] }]);
    expect(object('PodDisruptionBudget', 'minio').spec.maxUnavailable).toBe(1);
  });

  test('have several drives each where told', () => {
    const { object } = fixture({ distributed: { servers: 2, drivesPerServer: 2 } });

    const { template, volumeClaimTemplates } = object('StatefulSet', 'minio').spec;
    expect(template.spec.containers[0].command).toContain('http://minio-{0...1}.minio-svc.minio.svc/export-{0...1}');
    expect(volumeClaimTemplates.map(({ metadata }: Manifest) => metadata.name)).toEqual(['export-0', 'export-1']);
  });

  test('have an override of their own', () => {
    const { object } = fixture({
      distributed: { servers: 4 },
      overrides: { distributedServer: { minReadySeconds: 10 } },
    });

    expect(object('StatefulSet', 'minio').spec.minReadySeconds).toBe(10);
  });

  test.each<[string, MinioProps, string]>([
    [
      'there are 3 drives',
      { distributed: { servers: 3 } },
      "'distributed' must have at least 4 drives, got 3 servers with 1 each",
    ],
    [
      'there is one',
      { distributed: { servers: 1, drivesPerServer: 4 } },
      "'distributed.servers' must be at least 2, got 1",
    ],
    [
      'drives are no number',
      { distributed: { servers: 4, drivesPerServer: 0.5 } },
      "'distributed.drivesPerServer' must be a whole number of at least 1, got 0.5",
    ],
    [
      'an override is of one server',
      { distributed: { servers: 4 }, overrides: { server: {} } },
      "'overrides.server' is of the other mode",
    ],
    [
      'an override is of several servers',
      { overrides: { distributedServer: {} } },
      "'overrides.distributedServer' is of the other mode",
    ],
  ])('throws when %s', (_, props, message) => {
    expect(() => fixture(props)).toThrow(message);
  });
});

describe('TLS', () => {
  const asked: Record<string, unknown>[] = [];
  const certificates: Certificates = {
    issue: (_scope, _id, props) => {
      asked.push(props);
      return { secretName: props.secretName, caInjection: {}, volume: name => ({ name, source: {} }) };
    },
  };

  test('is spoken with a certificate for every name of the server', () => {
    const { minio, object } = fixture({ certificates, distributed: { servers: 4 } });

    const { spec } = object('StatefulSet', 'minio').spec.template;
    expect(minio.secure).toBe(true);
    expect(asked.at(-1)!.dnsNames).toEqual([
      ...['minio', 'minio.minio', 'minio.minio.svc', 'minio.minio.svc.cluster.local'],
      ...['*.minio-svc.minio.svc', '*.minio-svc.minio.svc.cluster.local'],
    ]);
    expect(spec.containers[0].command[2]).toMatch(/^https:/);
    expect(spec.containers[0].readinessProbe.httpGet.scheme).toBe('HTTPS');
    expect(spec.volumes).toContainEqual({
      name: 'cert-secret-volume',
      secret: {
        secretName: 'minio-tls',
        items: [
          { key: 'tls.crt', path: 'public.crt' },
          { key: 'tls.key', path: 'private.key' },
          { key: 'ca.crt', path: 'CAs/public.crt' },
        ],
      },
    });
  });

  test('is what provisioning speaks, and whom it trusts', () => {
    const { object } = fixture({ certificates });

    const { containers, volumes } = object('Job', 'minio-post-job').spec.template.spec;
    expect(containers[0].env).toContainEqual({ name: 'MINIO_SCHEME', value: 'https' });
    expect(containers[0].volumeMounts).toContainEqual({
      ...{ name: 'authority', mountPath: '/tmp/mc/certs/CAs', readOnly: true },
    });
    expect(volumes).toContainEqual({
      name: 'authority',
      secret: { secretName: 'minio-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
    });
  });
});

describe('metrics', () => {
  const from = [podsIn('monitoring')];
  const auth = (object: (kind: string, name: string) => Manifest) =>
    object('Deployment', 'minio').spec.template.spec.containers[0].env.find(
      ({ name }: { name: string }) => name === 'MINIO_PROMETHEUS_AUTH_TYPE',
    )?.value;

  test('ask for a token, and are reached by the named', () => {
    const { minio, object } = fixture({ metrics: { access: 'bearer', from } });

    expect(minio.metrics).toMatchObject({ path: '/minio/v2/metrics/cluster', access: 'bearer' });
    expect(auth(object)).toBeUndefined();
    expect(object('NetworkPolicy', 'minio').spec.ingress).toContainEqual({
      ...{ from, ports: [{ port: 9000, protocol: 'TCP' }] },
    });
  });

  test('ask for none where told, as upstream has it', () => {
    const { object } = fixture({ metrics: { access: 'public', from } });

    expect(auth(object)).toBe('public');
  });
});

test('throws when two stores claim one name', () => {
  const { app } = fixture();

  expect(() => new Minio(app, 'second', {})).toThrow(
    "second: 'minio.minio.svc.cluster.local:9000' is claimed by 'minio' already; use that store, or give this one another name",
  );
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

  test('what was deleted stays restorable where told, versions being kept for it', () => {
    const { files } = fixture({
      buckets: [
        {
          name: 'data',
          lifecycle: [{ prefix: 'runs/', expireAfterDays: 30 }],
          retention: [
            { prefix: 'runs/', restorableForDays: 7 },
            { prefix: 'models/', restorableForDays: 90 },
          ],
        },
      ],
    });

    const rules = JSON.parse(files()['lifecycle.data.json']!).Rules;
    expect(files().buckets).toBe('data versioned\n');
    expect(rules).toEqual([
      {
        ...{ ID: 'expire-1', Status: 'Enabled', Filter: { Prefix: 'runs/' } },
        ...{ Expiration: { Days: 30 }, NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
      },
      {
        ...{ ID: 'restore-1', Status: 'Enabled', Filter: { Prefix: 'models/' } },
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      },
    ]);
  });

  test.each<[string, Bucket, string]>([
    [
      'a protected prefix is restorable for 0 days',
      { name: 'data', retention: [{ prefix: 'runs/', restorableForDays: 0 }] },
      "'restorableForDays' of bucket 'data' must be a whole number of at least 1, got 0",
    ],
    [
      'versions are off',
      { name: 'data', versioning: false, retention: [{ restorableForDays: 7 }] },
      "'retention' of bucket 'data' needs old versions, got 'versioning' false; set it to true",
    ],
    [
      'a rule around it ends earlier',
      {
        name: 'data',
        lifecycle: [{ expireAfterDays: 3 }],
        retention: [{ prefix: 'runs/', restorableForDays: 7 }],
      },
      "'lifecycle' of bucket 'data' removes what is below '' after 3 days, old versions too, but 'retention' keeps " +
        "'runs/' restorable for 7; make it at least 7 days",
    ],
    [
      'one prefix lies inside another',
      {
        name: 'data',
        retention: [
          { prefix: 'runs/', restorableForDays: 7 },
          { prefix: 'runs/a/', restorableForDays: 9 },
        ],
      },
      "'retention' of bucket 'data' protects 'runs/' and 'runs/a/', one inside the other; keep one",
    ],
    [
      'a prefix has no slash at its end',
      { name: 'data', retention: [{ prefix: 'runs', restorableForDays: 7 }] },
      "'prefix' of retention of bucket 'data' must end in '/'",
    ],
  ])('throws when %s', (_, bucket, message) => {
    const { minio } = fixture();

    expect(() => minio.addBucket(bucket)).toThrow(message);
  });

  test('throws when two parts contradict each other about what is protected', () => {
    const { minio } = fixture({ buckets: [{ name: 'data', retention: [{ restorableForDays: 7 }] }] });

    expect(() => minio.addBucket({ name: 'data', lifecycle: [{ prefix: 'tmp/', expireAfterDays: 1 }] })).toThrow(
      "'lifecycle' of bucket 'data' removes what is below 'tmp/' after 1 days",
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
  test('one gets its key in its namespace, and the store a copy of the secret part that its Job rolls with', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    const { accessKey, secretKey, secretName } = identity('reader', own());

    const keys = (name: string) => generatedKeys(object('Secret', name).metadata.annotations);
    expect(object('Secret', secretName).metadata.namespace).toBe('team-a');
    expect(keys(secretName)).toEqual({ AWS_ACCESS_KEY_ID: { plain: 'reader' }, AWS_SECRET_ACCESS_KEY: { random: 40 } });
    expect(keys('minio-key-reader')).toEqual({ secretKey: { copyOf: secretKey } });
    const { annotations } = object('Job', 'minio-key-reader').spec.template.metadata;
    expect(annotations['flowyard.dev/rolls-with']).toBe('["team-a/reader-key/AWS_SECRET_ACCESS_KEY"]');
    expect(accessKey).toEqual({ namespace: 'team-a', name: 'reader-key', key: 'AWS_ACCESS_KEY_ID' });
  });

  test('a prefix limits objects and listing, and nobody may administer', () => {
    const { identity, policy } = fixture({ buckets: [{ name: 'data' }] });

    identity('team-a', own('team-a/'));

    const { Statement } = policy('team-a');
    const [, list, objects, ...denied] = Statement;
    expect(list.Condition).toEqual({ StringLike: { 's3:prefix': ['team-a/*'] } });
    expect(objects.Resource).toEqual(['arn:aws:s3:::data/team-a/*']);
    expect(objects.Action).toContain('s3:PutObject');
    expect(denied).toEqual([
      { Effect: 'Deny', Action: ['s3:DeleteObjectVersion'], Resource: ['arn:aws:s3:::*'] },
      { Effect: 'Deny', Action: ['admin:*'] },
    ]);
  });

  test('a grant without a prefix holds for the bucket, and one to read holds for nothing else', () => {
    const { identity, policy } = fixture({ buckets: [{ name: 'data' }] });

    identity('reader', own(undefined, 'read'));

    const [, list, objects] = policy('reader').Statement;
    expect(list.Condition).toBeUndefined();
    expect(objects).toEqual({
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: ['arn:aws:s3:::data/*'],
    });
  });

  test('the namespace of each reaches the server, and no other does', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    identity('one', own());
    identity('pipelines', own(), 'kubeflow');

    const from = (name: string) =>
      object('NetworkPolicy', name).spec.ingress.flatMap((rule: { from: unknown[] }) => rule.from);
    const namespace = (name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    });
    expect(from('minio')).toEqual([{ podSelector: { matchLabels: { app: 'minio-job', release: 'minio' } } }]);
    expect(from('minio-key-one')).toEqual([namespace('team-a')]);
    expect(from('minio-key-pipelines')).toEqual([namespace('kubeflow')]);
  });

  test('one more changes nothing of the store and of the others but the list of names', () => {
    const { identity, objects } = fixture({ buckets: [{ name: 'data' }] });
    identity('first', own('first/'));
    const before = new Set(objects().map(object => JSON.stringify(object)));
    const count = before.size;

    identity('second', own('second/'));

    const changed = objects().filter(object => !before.has(JSON.stringify(object)));
    expect(changed.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
      'ConfigMap/minio-identities',
      'Job/minio-key-second',
      'NetworkPolicy/minio-key-second',
      'Secret/minio-key-second',
      'Secret/second-key',
    ]);
    expect(objects()).toHaveLength(count + 4);
    expect(changed.find(({ kind }) => kind === 'ConfigMap')!.data).toEqual({ identities: 'first\nsecond\n' });
  });

  test('what the sweep reads does not change its CronJob', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });
    const before = object('CronJob', 'minio-sweep');

    identity('late', own());

    const { jobTemplate, schedule, concurrencyPolicy } = object('CronJob', 'minio-sweep').spec;
    expect(object('CronJob', 'minio-sweep')).toEqual(before);
    expect([schedule, concurrencyPolicy]).toEqual(['17 * * * *', 'Forbid']);
    expect(jobTemplate.spec.template.spec.volumes).toContainEqual({
      name: 'identities',
      configMap: { name: 'minio-identities' },
    });
  });

  test('another generation gives each another key, and leaves the root key', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }], keyGeneration: '2026-11' });

    identity('team-a', own());

    const keys = (name: string) => generatedKeys(object('Secret', name).metadata.annotations);
    expect(keys('team-a-key').AWS_SECRET_ACCESS_KEY).toEqual({ random: 40, generation: '2026-11' });
    expect(keys('minio').rootPassword).toEqual({ random: 40 });
  });

  test('keys may have the names that their reader expects', () => {
    const { client, minio } = fixture({ buckets: [{ name: 'data' }] });

    const { accessKey, secretKey } = minio.addIdentity(client, 'Key', {
      ...{ name: 'pipelines', namespace: 'kubeflow', secretName: 'mlpipeline-minio-artifact', grants: own() },
      secretKeys: { accessKey: 'accesskey', secretKey: 'secretkey' },
    });

    expect([accessKey.key, secretKey.key]).toEqual(['accesskey', 'secretkey']);
  });

  test('a long name ends in its hash, within what the name of a Job takes', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    identity('a'.repeat(100), own());

    expect(object('Job', `minio-key-${'a'.repeat(44)}-a3edb150`).metadata.name).toHaveLength(63);
  });

  test.each([
    ['the same prefix', 'team/', 'team/'],
    ['a prefix inside', 'team/', 'team/private/'],
    ['the whole bucket', 'team/', undefined],
  ])('throws when two tenants own %s', (_, first, second) => {
    const { identity } = fixture({ buckets: [{ name: 'data' }] });
    const alone = (prefix?: string) => own(prefix).map(grant => ({ ...grant, exclusive: true }));
    identity('one', alone(first), 'one');

    expect(() => identity('two', alone(second), 'two')).toThrow(
      `'grants' of identity 'two' hold '${second ?? ''}' of bucket 'data' alone, which meets 'team/' of identity 'one'; ` +
        'give each tenant a prefix of its own',
    );
  });

  test.each([
    ['twins by name', 'team/', 'team-a/', 'other'],
    ['one namespace', 'team/', 'team/', 'one'],
  ])('%s do not meet', (_, first, second, namespace) => {
    const { identity, minio } = fixture({ buckets: [{ name: 'data' }] });
    const alone = (prefix?: string) => own(prefix).map(grant => ({ ...grant, exclusive: true }));
    identity('one', alone(first), 'one');

    identity('two', alone(second), namespace);

    expect(minio.buckets).toHaveLength(1);
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
