import { Testing } from 'cdk8s';
import { parse } from 'yaml';
import { CertManager } from '../../components/cert-manager';
import { Kubeflow } from '../../components/kubeflow';
import { ClusterQueue, Kueue, type KueueProps } from '../../components/kueue';
import { Tenant } from '../../components/profiles';
import type { QueueShare } from '../../components/roles';
import { addresses, type Manifest, type NodePool } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

const pools: NodePool[] = [
  { name: 'system', nodes: 2, cpu: 4, memory: '16Gi' },
  { name: 'gpu-l4', nodes: 2, cpu: 16, memory: '64Gi', gpu: { type: 'nvidia-l4', count: 4 } },
  {
    ...{ name: 'gpu-small', nodes: 0, scaling: { min: 0, max: 2 }, cpu: 96, memory: '1100Gi', spot: true },
    gpu: { type: 'nvidia-a100-80gb', count: 8, mig: '1g.10gb' },
  },
  { name: 'amd', nodes: 1, cpu: 16, memory: '64Gi', gpu: { type: 'mi300x', count: 8, resource: 'amd.com/gpu' } },
];

function fixture(props: Partial<KueueProps> = {}, shares: Record<string, QueueShare> = {}) {
  const app = Testing.app();
  const certificates = new CertManager(app, 'cert-manager', { cluster });
  new Kubeflow(app, 'kubeflow', {});
  const queues = new Kueue(app, 'kueue', { cluster, certificates, pools, ...props });
  const tenants = Object.entries(shares).map(([namespace, share]) => {
    const quota = { cpu: share.cpu, memory: share.memory, storage: '1Gi' };
    const queue = { queues, share };
    return new Tenant(app, `tenant-${namespace}`, { namespace, owner: 'ada@example.com', quota, queue });
  });
  const objects = [...queues.toJson(), ...tenants.flatMap(tenant => tenant.toJson())] as Manifest[];
  const find = (kind: string, name: string) =>
    objects.find(object => object.kind === kind && object.metadata.name === name)!;
  return { queues, objects, find };
}

const share = (gpus: QueueShare['gpus'] = {}): QueueShare => ({ cpu: '16', memory: '64Gi', gpus });

test('renders as before with default props', () => {
  const { objects } = fixture({}, { 'team-a': share({ 'gpu-l4': { max: 4, guaranteed: 2 } }) });

  const own = objects.filter(({ kind, metadata }) =>
    kind === 'CustomResourceDefinition'
      ? false
      : metadata.labels?.['flowyard.dev/component'] === 'kueue' || /Queue$/.test(kind),
  );
  expect(own).toMatchSnapshot();
});

describe('pools', () => {
  test('each with accelerators is told apart, and jobs that get some of it are sent there', () => {
    const { find, objects } = fixture();

    expect(objects.filter(({ kind }) => kind === 'ResourceFlavor').map(({ metadata }) => metadata.name)).toEqual([
      'any-node',
      'gpu-l4',
      'gpu-small',
      'amd',
    ]);
    expect(find('ResourceFlavor', 'gpu-small').spec).toEqual({
      nodeLabels: { 'flowyard.dev/pool': 'gpu-small' },
      nodeTaints: [
        { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' },
        { key: 'flowyard.dev/spot', value: 'true', effect: 'NoSchedule' },
      ],
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Equal', value: 'present', effect: 'NoSchedule' },
        { key: 'flowyard.dev/spot', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
      ],
    });
  });

  test('what nobody is guaranteed is for all to borrow, of all nodes that there may be', () => {
    const { find } = fixture(
      {},
      {
        'team-a': share({ 'gpu-l4': { max: 6, guaranteed: 2 }, 'gpu-small': { max: 12 } }),
        'team-b': share({ 'gpu-l4': { max: 4 } }),
      },
    );

    const flavor = (name: string, resource: string, nominalQuota: number) => ({
      name,
      resources: [{ name: resource, nominalQuota }],
    });
    expect(find('Cohort', 'tenants').spec.resourceGroups).toEqual([
      {
        coveredResources: ['nvidia.com/gpu'],
        flavors: [flavor('gpu-l4', 'nvidia.com/gpu', 2), flavor('gpu-small', 'nvidia.com/gpu', 100)],
      },
      { coveredResources: ['amd.com/gpu'], flavors: [flavor('amd', 'amd.com/gpu', 8)] },
    ]);
  });
});

describe('the queue of a tenant', () => {
  test('holds its quota, lends what is idle, and borrows up to its ceiling', () => {
    const { find } = fixture({}, { 'team-a': share({ 'gpu-l4': { max: 6, guaranteed: 2 } }) });

    const { spec } = find('ClusterQueue', 'team-a');
    expect(spec.resourceGroups).toEqual([
      {
        coveredResources: ['cpu', 'memory'],
        flavors: [
          {
            name: 'any-node',
            resources: [
              { name: 'cpu', nominalQuota: '16', borrowingLimit: 0 },
              { name: 'memory', nominalQuota: '64Gi', borrowingLimit: 0 },
            ],
          },
        ],
      },
      {
        coveredResources: ['nvidia.com/gpu'],
        flavors: [{ name: 'gpu-l4', resources: [{ name: 'nvidia.com/gpu', nominalQuota: 2, borrowingLimit: 4 }] }],
      },
    ]);
    expect(spec.namespaceSelector).toEqual({ matchLabels: { 'kubernetes.io/metadata.name': 'team-a' } });
    expect(find('LocalQueue', 'default')).toMatchObject({
      metadata: { namespace: 'team-a' },
      spec: { clusterQueue: 'team-a' },
    });
  });

  test('gets back what is its own at once, or in time', () => {
    const reclaim = (props: Partial<KueueProps>) =>
      fixture(props, { 'team-a': share() }).find('ClusterQueue', 'team-a').spec.preemption.reclaimWithinCohort;

    expect(reclaim({})).toBe('Any');
    expect(reclaim({ reclaims: false })).toBe('Never');
  });

  test('throws when a pool is not there or has no accelerators', () => {
    const known = "must name a pool with accelerators among 'gpu-l4', 'gpu-small', 'amd'";

    expect(() => fixture({}, { 'team-a': share({ 'gpu-h100': { max: 1 } }) })).toThrow(`${known}, got 'gpu-h100'`);
    expect(() => fixture({}, { 'team-a': share({ system: { max: 1 } }) })).toThrow(`${known}, got 'system'`);
  });

  test('throws when more is guaranteed than is allowed', () => {
    expect(() => fixture({}, { 'team-a': share({ 'gpu-l4': { max: 1, guaranteed: 2 } }) })).toThrow(
      "'gpus.gpu-l4.guaranteed' of namespace 'team-a' must be at most 1, got 2",
    );
  });

  test('throws when a namespace gets two', () => {
    const { queues } = fixture({}, { 'team-a': share() });

    expect(() => queues.addNamespace(queues, 'Again', { namespace: 'team-a', share: share() })).toThrow(
      "namespace 'team-a' has a queue already",
    );
  });
});

describe('kinds of jobs', () => {
  const frameworks = ['batch/job', 'kubeflow.org/tfjob'] as const;

  test('those that are named wait, by webhooks and rights for them alone', () => {
    const { find } = fixture({ frameworks });

    const config = parse(find('ConfigMap', 'kueue-manager-config').data['controller_manager_config.yaml']);
    expect(config.integrations.frameworks).toEqual(frameworks);
    const { webhooks } = find('MutatingWebhookConfiguration', 'kueue-mutating-webhook-configuration');
    expect(webhooks.map(({ name }: { name: string }) => name)).toEqual([
      'mclusterqueue.kb.io',
      'mresourceflavor.kb.io',
      'mworkload.kb.io',
      'mjob.kb.io',
      'mtfjob.kb.io',
    ]);
    const { rules } = find('ClusterRole', 'kueue-manager-role');
    const groups = new Set(rules.flatMap(({ apiGroups }: { apiGroups: string[] }) => apiGroups));
    expect(groups).toContain('kubeflow.org');
    expect(groups).not.toContain('trainer.kubeflow.org');
  });

  test('of tenants only: a controller that is down holds up nothing of the platform', () => {
    const { objects } = fixture({ frameworks });

    const calls = objects.flatMap(object => object.webhooks ?? []);
    for (const { rules, namespaceSelector } of calls) {
      if (rules[0].apiGroups[0] === 'kueue.x-k8s.io') continue;
      expect(namespaceSelector).toEqual({ matchLabels: { 'app.kubernetes.io/part-of': 'kubeflow-profile' } });
    }
  });
});

test('the controller writes no Secret, no webhook and no pod', () => {
  const { rules } = fixture().find('ClusterRole', 'kueue-manager-role');

  const written = rules
    .filter(({ verbs }: { verbs: string[] }) => verbs.some(verb => !['get', 'list', 'watch'].includes(verb)))
    .flatMap(({ resources }: { resources: string[] }) => resources);
  expect(written).not.toContain('pods');
  expect(written).not.toContain('secrets');
  expect(written.join()).not.toContain('webhookconfigurations');
});

test('two controllers share the work when highly available', () => {
  expect(fixture({ highlyAvailable: true }).find('Deployment', 'kueue-controller-manager').spec.replicas).toBe(2);
});

test('an override has the last word over the controller', () => {
  const { find } = fixture({ overrides: { controller: { replicas: 3 } } });

  expect(find('Deployment', 'kueue-controller-manager').spec.replicas).toBe(3);
});

test('throws when a queue has a word that the API server would refuse', () => {
  const app = Testing.app();
  const queues = new Kueue(app, 'kueue', {
    cluster,
    pools,
    certificates: new CertManager(app, 'cert-manager', { cluster }),
  });

  expect(() =>
    ClusterQueue.create(queues, 'Queue', {
      metadata: { name: 'queue' },
      spec: { queueingStrategy: 'Random' as 'StrictFIFO' },
    }),
  ).toThrow("'spec.queueingStrategy' must be one of 'StrictFIFO', 'BestEffortFIFO', got \"Random\"");
});
