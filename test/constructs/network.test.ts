import { App } from 'cdk8s';
import { addresses, apiObjects, Component, Namespace, NetworkRules, podsIn, podsWith } from '../../constructs';

class Sample extends Component {
  constructor() {
    super(new App(), 'sample', {}, 'sample');
  }

  public kinds(kind: string) {
    return apiObjects(this)
      .filter(object => object.kind === kind)
      .map(object => object.toJson());
  }
}

describe('network rules', () => {
  function fixture() {
    const sample = new Sample();
    const rules = new NetworkRules(sample, 'Rules', { name: 'server', namespace: 'sample', pods: { app: 'server' } });
    return { rules, spec: () => sample.kinds('NetworkPolicy')[0].spec };
  }

  test('grow, and name a direction only when something is said of it', () => {
    const { rules, spec } = fixture();

    rules.addIngress([podsWith({ app: 'client' })], ['http', 9000]);

    expect(spec()).toEqual({
      podSelector: { matchLabels: { app: 'server' } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { app: 'client' } } }],
          ports: [
            { port: 'http', protocol: 'TCP' },
            { port: 9000, protocol: 'TCP' },
          ],
        },
      ],
    });
  });

  test('pods of another namespace are selected by the name that the API server sets', () => {
    const { rules, spec } = fixture();

    rules.addEgress([podsIn('minio')], [{ port: 53, protocol: 'UDP' }]);

    expect(spec().egress).toEqual([
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'minio' } } }],
        ports: [{ port: 53, protocol: 'UDP' }],
      },
    ]);
  });

  test('throws when a rule names nobody, which would mean everybody', () => {
    expect(() => fixture().rules.addIngress([], ['http'])).toThrow("'from' must name its peers, got none");
  });

  test('throws when an address range is none', () => {
    expect(() => addresses('10.0.0.0')).toThrow("an address range is written like '10.0.0.0/8', got '10.0.0.0'");
  });
});

test('a namespace claims a pinned Pod Security level and denies all traffic but name lookups', () => {
  const sample = new Sample();

  new Namespace(sample, 'Namespace', { name: 'sample' });

  expect(sample.kinds('Namespace')[0].metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/enforce-version': 'v1.33',
  });
  const policies = sample
    .kinds('NetworkPolicy')
    .map(({ metadata, spec }) => [metadata.name, spec.podSelector, spec.policyTypes]);
  expect(policies).toEqual([
    ['default-deny', {}, ['Ingress', 'Egress']],
    ['allow-dns', {}, ['Egress']],
  ]);
});
