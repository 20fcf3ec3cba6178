import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Bucket, Certificates, StoreGrant } from '../../components/roles';
import { SeaweedFs, type SeaweedFsProps } from '../../components/seaweedfs';
import { apiObjects, Component, generatedKeys, type Manifest, podsIn } from '../../constructs';

/** Stands for any component that keeps data in the store. */
class Client extends Component {
  constructor(scope: Construct, id: string) {
    super(scope, id, {}, 'team-a');
  }
}

function fixture(props: SeaweedFsProps = {}) {
  const app = new App();
  const store = new SeaweedFs(app, 'seaweedfs', props);
  const client = new Client(app, 'client');
  const identity = (name: string, grants: readonly StoreGrant[]) =>
    store.addIdentity(client, name, { name, namespace: 'team-a', secretName: `${name}-key`, grants });
  const objects = (): Manifest[] => apiObjects(app).map(object => object.toJson());
  const object = (kind: string, name: string): Manifest => {
    const found = objects().find(each => each.kind === kind && each.metadata.name === name);
    if (!found) throw new Error(`no ${kind} '${name}' is rendered`);
    return found;
  };
  const server = () => object('Deployment', 'seaweedfs').spec.template.spec;
  return { app, store, client, identity, objects, object, server };
}

const own = (prefix?: string, access: StoreGrant['access'] = 'readWrite'): StoreGrant[] => [
  { bucket: 'data', prefix, access },
];

test('renders the same objects as before', () => {
  const { identity, objects } = fixture({ buckets: [{ name: 'data' }] });
  identity('team-a', own('team-a/'));

  expect(objects()).toMatchSnapshot();
});

test('S3 has its own port, and the one of the store that it took the place of', () => {
  const { store, object } = fixture();

  expect(store.endpoint.url()).toBe('http://seaweedfs.kubeflow.svc.cluster.local:8333');
  expect(object('Service', 'seaweedfs').spec.ports).toContainEqual({
    ...{ name: 'http-s3-compat', port: 9000, protocol: 'TCP', targetPort: 8333 },
  });
  expect([store.secure, store.region, store.metrics]).toEqual([false, 'us-east-1', undefined]);
});

test('the root key is of this installation, and locks the server from its start', () => {
  const { object, server } = fixture();

  const keys = generatedKeys(object('Secret', 'seaweedfs-root').metadata.annotations);
  expect(keys).toEqual({ accesskey: { random: 20 }, secretkey: { random: 40 } });
  expect(server().containers[0].env.map(({ name }: { name: string }) => name)).toEqual([
    ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ]);
});

test('the ports behind S3 are reached by the provisioning alone', () => {
  const { identity, objects } = fixture({ buckets: [{ name: 'data' }] });
  identity('team-a', own());

  const rules = objects()
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => spec.ingress ?? []);
  const admin = rules.filter(({ ports }) => ports.some(({ port }: { port: number }) => port !== 8333));
  expect(admin).toHaveLength(1);
  expect(admin[0].from).toEqual([{ podSelector: { matchLabels: { app: 'seaweedfs-provisioning' } } }]);
  expect(admin[0].ports.map(({ port }: { port: number }) => port)).toEqual([9333, 19333, 8888, 18888]);
});

describe('props', () => {
  test('capacity, class and namespace reach the claim', () => {
    const { object } = fixture({ capacity: '200Gi', storageClass: 'fast', namespace: 'storage' });

    const { metadata, spec } = object('PersistentVolumeClaim', 'seaweedfs-pvc');
    expect([metadata.namespace, spec.storageClassName, spec.resources.requests.storage]).toEqual([
      ...['storage', 'fast', '200Gi'],
    ]);
  });

  test('resources and the image reach the server, the image the provisioning too', () => {
    const image = { repository: 'registry.example.com/seaweedfs', tag: 'own' };
    const { object, server } = fixture({ resources: { cpu: '2', memory: '8Gi' }, image });

    expect(server().containers[0].resources.requests).toEqual({ cpu: '2', memory: '8Gi' });
    expect(server().containers[0].image).toBe('registry.example.com/seaweedfs:own');
    expect(object('Job', 'seaweedfs-buckets').spec.template.spec.containers[0].image).toBe(
      'registry.example.com/seaweedfs:own',
    );
  });

  test('metrics are served to the named, on a port of their own', () => {
    const { store, object, server } = fixture({ metrics: { from: [podsIn('monitoring')] } });

    expect(store.metrics).toMatchObject({ path: '/metrics', endpoint: { port: 9327 } });
    expect(server().containers[0].args).toContain('-metricsPort=9327');
    expect(object('NetworkPolicy', 'seaweedfs').spec.ingress).toContainEqual({
      ...{ from: [podsIn('monitoring')], ports: [{ port: 9327, protocol: 'TCP' }] },
    });
  });

  test('a certificate makes S3 speak TLS', () => {
    const certificates: Certificates = {
      issue: (_scope, _id, { secretName }) => ({
        ...{ secretName, caInjection: {} },
        volume: name => ({ name, source: { secret: { secretName } } }),
      }),
    };
    const { store, server } = fixture({ certificates });

    const [{ args, readinessProbe, volumeMounts }] = server().containers;
    expect(store.secure).toBe(true);
    expect(args).toEqual(expect.arrayContaining(['-s3.cert.file=/certs/tls.crt', '-s3.key.file=/certs/tls.key']));
    expect(readinessProbe.httpGet.scheme).toBe('HTTPS');
    expect(volumeMounts).toContainEqual({ name: 'certs', mountPath: '/certs' });
  });

  test('overrides have the last word over both workloads', () => {
    const { object } = fixture({
      overrides: {
        server: { template: { spec: { priorityClassName: 'system-cluster-critical' } } },
        provisioning: spec => ({ ...spec, ttlSecondsAfterFinished: 60 }),
      },
    });

    expect(object('Deployment', 'seaweedfs').spec.template.spec.priorityClassName).toBe('system-cluster-critical');
    expect(object('Job', 'seaweedfs-buckets').spec.ttlSecondsAfterFinished).toBe(60);
  });

  test('extensions add buckets', () => {
    const { store } = fixture({ extensions: [{ bind: each => each.addBucket({ name: 'backups' }) }] });

    expect(store.buckets.map(({ name }) => name)).toEqual(['backups']);
  });

  test('throws when capacity is malformed', () => {
    expect(() => fixture({ capacity: 'much' })).toThrow(
      "seaweedfs: 'capacity' takes a size such as '20Gi', got 'much'",
    );
  });
});

describe('buckets', () => {
  test('have objects expire by prefix', () => {
    const lifecycle = [{ prefix: 'tmp/', expireAfterDays: 7 }];
    const { object } = fixture({ buckets: [{ name: 'models' }, { name: 'data', lifecycle }] });

    const { buckets, expiry } = object('ConfigMap', 'seaweedfs-buckets').data;
    expect(buckets).toBe('data\nmodels\n');
    expect(expiry).toBe('/buckets/data/tmp/ 7\n');
  });

  test.each<[string, Bucket, string]>([
    [
      'versions are asked for',
      { name: 'data', versioning: true },
      "'versioning' of bucket 'data' needs old versions, which SeaweedFs does not keep; leave it out",
    ],
    [
      'objects are to be brought back',
      { name: 'data', retention: [{ restorableForDays: 7 }] },
      "'retention' of bucket 'data' needs old versions",
    ],
    [
      'objects expire late',
      { name: 'data', lifecycle: [{ expireAfterDays: 256 }] },
      "'expireAfterDays' of bucket 'data' is at most 255 in SeaweedFs, got 256",
    ],
    ['the name is malformed', { name: 'Data' }, "'name' of a bucket takes 3 to 63 lower-case letters"],
  ])('throws when %s', (_, bucket, message) => {
    const { store } = fixture();

    expect(() => store.addBucket(bucket)).toThrow(message);
  });
});

describe('identities', () => {
  test('may do what their grants say, as the server writes it', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }] });

    identity('team-a', own('team-a/'));
    identity('reader', own(undefined, 'read'));

    const actions = (name: string) =>
      object('Job', `seaweedfs-key-${name}`).spec.template.spec.containers[0].env.find(
        (each: { name: string }) => each.name === 'ACTIONS',
      ).value;
    expect(actions('team-a')).toBe('Read:data/team-a/*,List:data/team-a/*,Write:data/team-a/*,Tagging:data/team-a/*');
    expect(actions('reader')).toBe('Read:data,List:data');
  });

  test('one more changes nothing of the store and of the others but the list of names', () => {
    const { identity, objects } = fixture({ buckets: [{ name: 'data' }] });
    identity('first', own('first/'));
    const before = new Set(objects().map(each => JSON.stringify(each)));

    identity('second', own('second/'));

    const changed = objects().filter(each => !before.has(JSON.stringify(each)));
    expect(changed.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
      'ConfigMap/seaweedfs-identities',
      'Job/seaweedfs-key-second',
      'NetworkPolicy/seaweedfs-key-second',
      'Secret/seaweedfs-key-second',
      'Secret/second-key',
    ]);
  });

  test('another generation gives each another key', () => {
    const { identity, object } = fixture({ buckets: [{ name: 'data' }], keyGeneration: '2026-11' });

    identity('team-a', own());

    expect(generatedKeys(object('Secret', 'team-a-key').metadata.annotations).AWS_SECRET_ACCESS_KEY).toEqual({
      ...{ random: 40, generation: '2026-11' },
    });
  });

  test('keys may have the names that their reader expects', () => {
    const { client, store } = fixture({ buckets: [{ name: 'data' }] });

    const { accessKey, secretKey } = store.addIdentity(client, 'Key', {
      ...{ name: 'pipelines', namespace: 'kubeflow', secretName: 'mlpipeline-minio-artifact', grants: own() },
      secretKeys: { accessKey: 'accesskey', secretKey: 'secretkey' },
    });

    expect([accessKey.key, secretKey.key]).toEqual(['accesskey', 'secretkey']);
  });
});

test('throws when two stores claim one name', () => {
  const { app } = fixture();

  expect(() => new SeaweedFs(app, 'second')).toThrow(
    "second: 'seaweedfs.kubeflow.svc.cluster.local:8333' is claimed by 'seaweedfs' already",
  );
});
