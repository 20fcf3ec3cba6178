import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import type { StoreGrant } from '../../components/roles';
import { type ExistingS3Props, S3, type S3Identities, type S3Props } from '../../components/s3';
import { apiObjects, Component, type Manifest, ServiceAccount } from '../../constructs';

/** Stands for any component that keeps data in the store. */
class Client extends Component {
  constructor(scope: Construct, id: string) {
    super(scope, id, {}, 'team-a');
  }
}

const irsa: S3Identities = { kind: 'irsa', accountId: '123456789012', rolePrefix: 'prod-' };
const grants: StoreGrant[] = [{ bucket: 'data', prefix: 'team-a/', access: 'readWrite', exclusive: true }];

function fixture(props: Partial<S3Props> = {}, make?: (app: App) => S3) {
  const app = new App();
  const store =
    make?.(app) ?? new S3(app, 's3', { region: 'eu-central-1', buckets: ['data'], identities: irsa, ...props });
  const client = new Client(app, 'client');
  const account = new ServiceAccount(client, 'Account', { name: 'default-editor' });
  const identity = (name = 'team-a', granted = grants) =>
    store.addIdentity(client, name, { name, namespace: 'team-a', secretName: `${name}-key`, grants: granted });
  const addAccount = (name = 'team-a-account') => store.tryAddAccount(client, name, { name, account, grants });
  const objects = (): Manifest[] => apiObjects(app).map(object => object.toJson());
  const find = (kind: string) => objects().find(object => object.kind === kind);
  return { app, store, client, identity, addAccount, objects, find };
}

const existing = (props: Partial<ExistingS3Props> = {}) =>
  fixture({}, app =>
    S3.fromExisting(app, 's3', { endpoint: 'http://store.data.svc.cluster.local:9000', buckets: ['data'], ...props }),
  );

const problems = (app: App): string[] => app.node.findAll().flatMap(node => node.node.validate());

test('runs nothing, and is reached over TLS in its region', () => {
  const { store, objects } = fixture();

  expect(objects().map(({ kind }) => kind)).toEqual(['ServiceAccount']);
  expect(store.endpoint.url('https')).toBe('https://s3.eu-central-1.amazonaws.com:443');
  expect([store.secure, store.region]).toEqual([true, 'eu-central-1']);
  expect(store.endpoint.peers[0]!.ipBlock!.except).toContain('10.0.0.0/8');
});

describe('a key', () => {
  test('is counted on in the namespace of its reader, under the names that it reads', () => {
    const { store, client } = fixture();

    const identity = store.addIdentity(client, 'Key', {
      ...{ name: 'pipelines', namespace: 'kubeflow', secretName: 'mlpipeline-minio-artifact', grants },
      secretKeys: { accessKey: 'accesskey', secretKey: 'secretkey' },
    });

    expect(identity).toEqual({
      secretName: 'mlpipeline-minio-artifact',
      accessKey: { namespace: 'kubeflow', name: 'mlpipeline-minio-artifact', key: 'accesskey' },
      secretKey: { namespace: 'kubeflow', name: 'mlpipeline-minio-artifact', key: 'secretkey' },
    });
    expect(store.existing).toEqual([
      expect.objectContaining({ kind: 'Secret', namespace: 'kubeflow', name: 'mlpipeline-minio-artifact' }),
    ]);
  });

  test('is told to who makes it, with all that it may do', () => {
    const { store, identity } = fixture();

    identity();

    const [access] = store.access;
    expect(access).toMatchObject({ name: 'team-a', by: { kind: 'key', secretName: 'team-a-key' } });
    expect(JSON.stringify(access!.policy)).toContain('arn:aws:s3:::data/team-a/*');
    expect(JSON.stringify(access!.policy)).not.toContain('admin:');
    expect(JSON.stringify(access!.policy)).not.toContain('DeleteObjectVersion');
  });
});

describe('an account', () => {
  test('takes a role by annotation', () => {
    const { store, addAccount, find } = fixture();

    const account = addAccount();

    const principal = 'arn:aws:iam::123456789012:role/prod-team-a-account';
    expect(account).toEqual({ protocol: 's3', principal });
    expect(find('ServiceAccount')!.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': principal });
    expect(store.access[0]!.by).toEqual({
      ...{ kind: 'account', serviceAccount: 'default-editor', role: 'prod-team-a-account' },
    });
  });

  test('takes a role by association, and its pods reach the agent that gives it', () => {
    const { addAccount, find } = fixture({ identities: { kind: 'podIdentity', rolePrefix: 'prod-' } });

    const account = addAccount();

    expect(account).toEqual({ protocol: 's3', principal: 'prod-team-a-account' });
    expect(find('ServiceAccount')!.metadata.annotations).toBeUndefined();
    expect(find('NetworkPolicy')!.spec.egress).toEqual([
      { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }], ports: [{ port: 80, protocol: 'TCP' }] },
    ]);
  });

  test('is unknown where there are keys alone', () => {
    const { addAccount, store } = fixture({ identities: { kind: 'keys' } });

    expect(addAccount()).toBeUndefined();
    expect(store.access).toEqual([]);
  });

  test('has a role whose name fits', () => {
    const { addAccount } = fixture();

    const { principal } = addAccount('a'.repeat(80))!;

    expect(principal.split('/')[1]).toHaveLength(64);
  });
});

describe('one that others run', () => {
  test('in the cluster is reached by the pods of its namespace, in plain text where told', () => {
    const { store, addAccount } = existing();

    expect([store.endpoint.hostPort, store.secure, store.region]).toEqual([
      ...['store.data.svc.cluster.local:9000', false, 'us-east-1'],
    ]);
    expect(store.endpoint.peers).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } },
    ]);
    expect(store.existing).toEqual([expect.objectContaining({ kind: 'Service', namespace: 'data', name: 'store' })]);
    expect(addAccount()).toBeUndefined();
  });

  test('outside is reached at its addresses', () => {
    const { store } = existing({ endpoint: 'https://s3.example.com', addresses: ['192.0.2.0/24'], region: 'here' });

    expect([store.endpoint.hostPort, store.region]).toEqual(['s3.example.com:443', 'here']);
    expect(store.endpoint.peers).toEqual([{ ipBlock: { cidr: '192.0.2.0/24' } }]);
  });

  test.each(['s3.example.com', 'ftp://s3.example.com', 'https://s3.example.com/path', ''])(
    'throws when the endpoint is %j',
    endpoint => {
      expect(() => existing({ endpoint })).toThrow(
        `s3: 'endpoint' takes a scheme and a host such as 'https://s3.example.com:9000', got '${endpoint}'`,
      );
    },
  );
});

test('what is asked of buckets is kept for who makes them', () => {
  const { store } = fixture();

  store.addBucket({ name: 'data', lifecycle: [{ expireAfterDays: 7 }] });

  expect(store.buckets).toEqual([expect.objectContaining({ name: 'data', lifecycle: [{ expireAfterDays: 7 }] })]);
});

describe('throws when', () => {
  test('a bucket is asked for that is not there', () => {
    const { app, store, identity } = fixture();

    store.addBucket({ name: 'models' });
    identity('reader', [{ bucket: 'runs', access: 'read' }]);

    expect(problems(app)).toEqual([
      "bucket 'models' is asked for, but the buckets are 'data'; make it and name it in 'buckets'",
      "'grants' of identity 'reader' name bucket 'runs', but the buckets are 'data'; make it and name it in 'buckets'",
    ]);
  });

  test.each<[string, Partial<S3Props>, string]>([
    [
      'there is no region',
      { region: undefined },
      "'region' takes lower-case letters, digits and hyphens such as 'eu-central-1', got ''",
    ],
    ['the region is malformed', { region: 'Frankfurt' }, "got 'Frankfurt'"],
    [
      'the account is malformed',
      { identities: { ...irsa, accountId: '12' } as S3Identities },
      "'identities.accountId' takes the 12 digits of an AWS account, got '12'",
    ],
    [
      'the prefix is malformed',
      { identities: { ...irsa, rolePrefix: 'Prod' } as S3Identities },
      "'identities.rolePrefix' takes up to 31 lower-case letters",
    ],
  ])('%s', (_, props, message) => {
    expect(() => fixture(props)).toThrow(message);
  });

  test('two stores claim one bucket, and not when they claim one each', () => {
    const { app } = fixture();
    const again = (id: string, name: string) =>
      new S3(app, id, { region: 'eu-central-1', buckets: [name], identities: { kind: 'keys' } });

    expect(() => again('other', 'models')).not.toThrow();
    expect(() => again('same', 'data')).toThrow(
      "same: bucket 'data' of 's3.eu-central-1.amazonaws.com:443' is claimed by 's3' already; " +
        'use that store, or give this one another name',
    );
  });
});
