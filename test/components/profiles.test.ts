import { App } from 'cdk8s';
import { Minio } from '../../components/minio';
import { Profiles, Tenant, type TenantProps } from '../../components/profiles';
import { apiObjects, type Manifest } from '../../constructs';

const quota = { cpu: '16', memory: '64Gi', storage: '200Gi' };

function fixture(props: Partial<TenantProps> = {}) {
  const app = new App();
  const objectStore = new Minio(app, 'minio', {});
  const tenant = new Tenant(app, 'tenant-vision', {
    namespace: 'vision',
    owner: 'ada@example.com',
    quota,
    objectStore,
    ...props,
  });
  const objects = (): Manifest[] => apiObjects(tenant).map(object => object.toJson());
  const find = (kind: string, name: string) =>
    objects().find(each => each.kind === kind && each.metadata.name === name)!;
  return { tenant, objects, find, objectStore };
}

test('the Profile kind is rendered as it always was', () => {
  expect(apiObjects(new Profiles(new App(), 'profiles')).map(object => object.toJson())).toMatchSnapshot();
});

test('a tenant is rendered as it always was', () => {
  expect(fixture({ members: [{ user: 'Grace.H@example.com', role: 'edit' }] }).objects()).toMatchSnapshot();
});

test('its namespace names the owner, so that the profile controller adopts it', () => {
  const { find } = fixture();

  expect(find('Namespace', 'vision').metadata.annotations).toEqual({ owner: 'ada@example.com' });
  expect(find('Profile', 'vision').spec.owner).toEqual({ kind: 'User', name: 'ada@example.com' });
});

test('a member is bound under the name that the access-management API would give', () => {
  const { find } = fixture({ members: [{ user: 'Grace.H@example.com', role: 'edit' }] });

  const binding = find('RoleBinding', 'user-grace-h-example-com-clusterrole-edit');

  expect(binding.roleRef.name).toBe('kubeflow-edit');
  expect(binding.subjects).toEqual([
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'Grace.H@example.com' },
  ]);
  expect(binding.metadata.annotations).toEqual({ role: 'edit', user: 'Grace.H@example.com' });
});

test('accelerators are counted by their resource; without a quota there are none', () => {
  const hard = (props: Partial<TenantProps>) => fixture(props).find('ResourceQuota', 'kf-resource-quota').spec.hard;

  expect(hard({})['requests.nvidia.com/gpu']).toBe('0');
  expect(hard({ quota: { ...quota, gpus: { 'nvidia.com/gpu': 4 } } })['requests.nvidia.com/gpu']).toBe('4');
});

test('the Profile and the quota say the same', () => {
  const { find } = fixture({ quota: { ...quota, pods: 7 } });

  expect(find('Profile', 'vision').spec.resourceQuotaSpec.hard).toEqual(
    find('ResourceQuota', 'kf-resource-quota').spec.hard,
  );
});

test('pods reach each other, name lookups and the object store; more only when said', () => {
  const egress = (props: Partial<TenantProps>) => fixture(props).find('NetworkPolicy', 'tenant').spec.egress;

  expect(egress({})).toEqual([
    { to: [{ podSelector: {} }] },
    {
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'minio' } } }],
      ports: [{ port: 9000, protocol: 'TCP' }],
    },
  ]);
  expect(egress({ egress: ['192.0.2.0/24'] })).toContainEqual({
    to: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
    ports: [{ port: 443, protocol: 'TCP' }],
  });
});

test('its key opens its own part of the store only', () => {
  const { tenant, objectStore } = fixture();

  expect(tenant.store).toMatchObject({
    secretName: 'minioaccess',
    accessKey: { namespace: 'vision', key: 'AWS_ACCESS_KEY_ID' },
  });
  expect(objectStore.buckets).toEqual([expect.objectContaining({ name: 'tenants' })]);
});

test('without a store it has no key', () => {
  const { tenant, objects } = fixture({ objectStore: undefined });

  expect(tenant.store).toBeUndefined();
  expect(objects().filter(({ kind }) => kind === 'Secret')).toEqual([]);
});
