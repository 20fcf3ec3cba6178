import { App, Chart } from 'cdk8s';
import { Mysql, type MysqlProps } from '../../components/mysql';
import type { SqlAccountProps } from '../../components/roles';
import { generatedKeys, type Manifest } from '../../constructs';

const katib: SqlAccountProps = {
  ...{ name: 'katib', databases: ['katib'], namespace: 'tuning', secretName: 'katib-database' },
};

function fixture(props: MysqlProps = {}, accounts: readonly SqlAccountProps[] = [katib]) {
  const app = new App();
  const mysql = new Mysql(app, 'mysql', props);
  const chart = new Chart(app, 'consumer', { namespace: 'tuning', disableResourceNameHashes: true });
  const given = accounts.map((account, at) => mysql.addAccount(chart, `Database${at}`, account));
  const objects: Manifest[] = [...mysql.toJson(), ...chart.toJson()];
  const find = (kind: string, name: string) =>
    objects.find(object => object.kind === kind && object.metadata.name === name)!;
  return { mysql, given, objects, find };
}

test('renders as before with one account', () => {
  expect(fixture().objects).toMatchSnapshot();
});

test('an account has a generated password in its own namespace, and the provisioning a copy', () => {
  const { find, given } = fixture();

  expect(given[0]).toMatchObject({ secretName: 'katib-database', password: { key: 'password' } });
  const keys = (name: string) => generatedKeys(find('Secret', name).metadata.annotations);
  expect(keys('katib-database')).toMatchObject({ username: { plain: 'katib' }, password: { random: 40 } });
  expect(Object.keys(keys('mysql-accounts'))).toEqual(['katib']);
  expect(find('ConfigMap', 'mysql-provisioning').data.accounts).toBe('katib katib:katib\n');
});

test('root has a generated password, and the server refuses to go without', () => {
  const { find, objects } = fixture();

  expect(generatedKeys(find('Secret', 'mysql-root').metadata.annotations)).toMatchObject({ password: { random: 40 } });
  const { env } = find('Deployment', 'mysql').spec.template.spec.containers[0];
  expect(env).toEqual([
    { name: 'MYSQL_ROOT_PASSWORD', valueFrom: { secretKeyRef: { name: 'mysql-root', key: 'password' } } },
  ]);
  expect(JSON.stringify(objects)).not.toContain('EMPTY_PASSWORD');
});

test('only namespaces with an account, and the provisioning, reach the server', () => {
  const { find } = fixture({}, [katib, { ...katib, name: 'other', databases: ['other'], secretName: 'other' }]);

  const peers = find('NetworkPolicy', 'mysql').spec.ingress.flatMap(({ from }: Manifest) => from);
  expect(peers).toEqual([
    { podSelector: { matchLabels: { app: 'mysql-provisioning' } } },
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tuning' } } },
  ]);
});

test('a grant names a database with an underscore and no other', () => {
  const { find } = fixture({}, [{ ...katib, databases: ['b_c', 'a'] }]);

  expect(find('ConfigMap', 'mysql-provisioning').data.accounts).toBe('katib a:a b_c:b\\_c\n');
});

test('what is said of size, class and resources is rendered', () => {
  const { find } = fixture({ capacity: '5Gi', storageClass: 'fast', resources: { cpu: '1', memory: '2Gi' } });

  expect(find('PersistentVolumeClaim', 'mysql-pv-claim').spec).toMatchObject({
    ...{ storageClassName: 'fast', resources: { requests: { storage: '5Gi' } } },
  });
  expect(find('Deployment', 'mysql').spec.template.spec.containers[0].resources.requests.cpu).toBe('1');
});

test('an override has the last word over server and provisioning', () => {
  const { find } = fixture({ overrides: { server: { minReadySeconds: 5 }, provisioning: { backoffLimit: 1 } } });

  expect(find('Deployment', 'mysql').spec.minReadySeconds).toBe(5);
  expect(find('Job', 'mysql-provisioning').spec.backoffLimit).toBe(1);
});

test.each<[string, SqlAccountProps[], string]>([
  ['a name has capitals', [{ ...katib, name: 'Katib' }], "'name' of an account takes 1 to 32 lower-case letters"],
  ['a name is that of root', [{ ...katib, name: 'root' }], "got 'root'"],
  ['a name is taken', [katib, { ...katib, databases: ['x'] }], "account 'katib' is added twice"],
  ['there is no database', [{ ...katib, databases: [] }], "'databases' of account 'katib' must name one at least"],
  ['a database is of the server', [{ ...katib, databases: ['mysql'] }], "got 'mysql'"],
  ['a database has a hyphen', [{ ...katib, databases: ['a-b'] }], "got 'a-b'"],
  [
    'a database is taken',
    [katib, { ...katib, name: 'b' }],
    "database 'katib' of account 'b' is account 'katib''s already",
  ],
])('throws when %s', (_, accounts, message) => {
  expect(() => fixture({}, accounts)).toThrow(message);
});

test('throws when the capacity is no size', () => {
  expect(() => fixture({ capacity: 'much' })).toThrow("'capacity' takes a size such as '20Gi', got 'much'");
});
