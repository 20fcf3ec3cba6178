import { Chart, Testing } from 'cdk8s';
import { JobSet, JobSetKind, type JobSetProps } from '../../components/jobset';
import { addresses, type Manifest } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

function fixture(props: Partial<JobSetProps> = {}): Manifest[] {
  return new JobSet(Testing.app(), 'jobset', { cluster, ...props }).toJson();
}

const find = (objects: Manifest[], kind: string) => objects.find(object => object.kind === kind)!;

test('renders as before with default props', () => {
  expect(fixture().filter(({ kind }) => kind !== 'CustomResourceDefinition')).toMatchSnapshot();
});

test('two controllers share the work when highly available, and are evicted one at a time', () => {
  const objects = fixture({ highlyAvailable: true });

  expect(find(objects, 'Deployment').spec.replicas).toBe(2);
  expect(find(objects, 'PodDisruptionBudget').spec.maxUnavailable).toBe(1);
});

test('an override has the last word over the controller', () => {
  const objects = fixture({ overrides: { controller: { replicas: 3 } } });

  expect(find(objects, 'Deployment').spec.replicas).toBe(3);
});

test('only the API server reaches the controller, on the port of its webhooks', () => {
  const { spec } = find(fixture(), 'NetworkPolicy');

  expect(spec.ingress).toEqual([{ from: cluster.apiServerPeers, ports: [{ port: 9443, protocol: 'TCP' }] }]);
});

test('a controller that is down holds up no pods but those of JobSets', () => {
  const webhooks = fixture().flatMap(object => object.webhooks ?? []);

  const onPods = webhooks.filter(({ rules }) => rules[0].resources.includes('pods'));
  expect(onPods).toHaveLength(2);
  for (const { objectSelector } of onPods) {
    expect(objectSelector.matchExpressions).toEqual([{ key: 'jobset.sigs.k8s.io/jobset-name', operator: 'Exists' }]);
  }
});

test('throws when a JobSet has a word that the API server would refuse', () => {
  const chart = new Chart(Testing.app(), 'team');

  expect(() =>
    JobSetKind.create(chart, 'Set', {
      metadata: { name: 'set' },
      spec: { successPolicy: { operator: 'Most' as 'All' } },
    }),
  ).toThrow("'spec.successPolicy.operator' must be one of 'All', 'Any', got \"Most\"");
});
