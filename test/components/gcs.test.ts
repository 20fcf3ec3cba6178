import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import { Gcs, type GcsIdentities, type GcsProps } from '../../components/gcs';
import type { StoreGrant } from '../../components/roles';
import { apiObjects, Component, type Manifest, ServiceAccount } from '../../constructs';

/** Stands for any component that keeps data in the store. */
class Client extends Component {
  constructor(scope: Construct, id: string) {
    super(scope, id, {}, 'team-a');
  }
}

const workload: GcsIdentities = { kind: 'workloadIdentity', project: 'acme-ml', accountPrefix: 'prod-' };
const grants: StoreGrant[] = [{ bucket: 'data', prefix: 'team-a/', access: 'readWrite', exclusive: true }];

function fixture(props: Partial<GcsProps> = {}) {
  const app = new App();
  const store = new Gcs(app, 'gcs', { buckets: ['data'], identities: workload, ...props });
  const client = new Client(app, 'client');
  const account = new ServiceAccount(client, 'Account', { name: 'default-editor' });
  const addAccount = (name = 'team-a') => store.tryAddAccount(client, name, { name, account, grants });
  const objects = (): Manifest[] => apiObjects(app).map(object => object.toJson());
  const find = (kind: string) => objects().find(object => object.kind === kind);
  return { app, store, client, addAccount, objects, find };
}

test('runs nothing, and speaks S3 over TLS to those that hold a key', () => {
  const { store, objects } = fixture();

  expect(objects().map(({ kind }) => kind)).toEqual(['ServiceAccount']);
  expect(store.endpoint.hostPort).toBe('storage.googleapis.com:443');
  expect([store.secure, store.region, fixture({ region: 'europe-west3' }).store.region]).toEqual([
    ...[true, 'auto', 'europe-west3'],
  ]);
});

test('a key is counted on, of an account with conditions that limit it to its prefix', () => {
  const { store, client } = fixture();

  const { accessKey } = store.addIdentity(client, 'Key', {
    ...{ name: 'team-a', namespace: 'team-a', secretName: 'minioaccess', grants },
  });

  expect(accessKey).toEqual({ namespace: 'team-a', name: 'minioaccess', key: 'AWS_ACCESS_KEY_ID' });
  expect(store.existing).toEqual([expect.objectContaining({ kind: 'Secret', name: 'minioaccess' })]);
  expect(store.access).toEqual([
    {
      ...{ name: 'team-a', namespace: 'team-a', by: { kind: 'key', secretName: 'minioaccess' } },
      bindings: [
        {
          ...{ bucket: 'data', role: 'roles/storage.objectUser' },
          condition:
            'resource.name.startsWith("projects/_/buckets/data/objects/team-a/") || ' +
            'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("team-a/")',
        },
      ],
    },
  ]);
});

test('one that reads a whole bucket needs no condition', () => {
  const { store, client } = fixture();

  const whole: StoreGrant[] = [{ bucket: 'data', access: 'read' }];
  store.addIdentity(client, 'Key', { name: 'reader', namespace: 'team-a', secretName: 'key', grants: whole });

  expect(store.access[0]!.bindings).toEqual([{ bucket: 'data', role: 'roles/storage.objectViewer' }]);
});

test("an account acts as one of Google's, and its pods reach the metadata server", () => {
  const { addAccount, find } = fixture();

  const account = addAccount();

  const email = 'prod-team-a@acme-ml.iam.gserviceaccount.com';
  expect(account).toEqual({ protocol: 'gcs', principal: email });
  expect(find('ServiceAccount')!.metadata.annotations).toEqual({ 'iam.gke.io/gcp-service-account': email });
  expect(find('NetworkPolicy')!.spec.egress.map(({ ports }: Manifest) => ports[0].port)).toEqual([80, 988]);
});

test('accounts whose names are too long for Google end in a hash', () => {
  const { addAccount } = fixture();

  const { principal } = addAccount('tenant-with-a-very-long-name')!;

  expect(principal.split('@')[0]).toMatch(/^prod-tenant-with-a-v.*-[0-9a-f]{8}$/);
  expect(principal.split('@')[0]!.length).toBeLessThanOrEqual(30);
});

test('accounts are unknown where there are keys alone', () => {
  expect(fixture({ identities: { kind: 'keys' } }).addAccount()).toBeUndefined();
});

test('what is asked of buckets is kept for who makes them', () => {
  const { store } = fixture();

  store.addBucket({ name: 'data', versioning: true });

  expect(store.buckets).toEqual([expect.objectContaining({ name: 'data', versioning: true })]);
});

describe('throws when', () => {
  test('a bucket is asked for that is not there', () => {
    const { app, store } = fixture();

    store.addBucket({ name: 'models' });

    expect(app.node.findAll().flatMap(node => node.node.validate())).toEqual([
      "bucket 'models' is asked for, but the buckets are 'data'; make it and name it in 'buckets'",
    ]);
  });

  test.each<[string, GcsIdentities, string]>([
    [
      'the project is malformed',
      { ...workload, project: 'X' } as GcsIdentities,
      "'identities.project' takes a project's id such as 'acme-ml', got 'X'",
    ],
    [
      'the prefix is too long',
      { ...workload, accountPrefix: 'a-very-long-one' } as GcsIdentities,
      "'identities.accountPrefix' takes up to 12 lower-case letters, digits and hyphens such as 'prod-', got 'a-very-long-one'",
    ],
  ])('%s', (_, identities, message) => {
    expect(() => fixture({ identities })).toThrow(message);
  });

  test('two stores claim one bucket', () => {
    const { app } = fixture();

    expect(() => new Gcs(app, 'again', { buckets: ['data'], identities: { kind: 'keys' } })).toThrow(
      "again: bucket 'data' of 'storage.googleapis.com:443' is claimed by 'gcs' already",
    );
  });
});
