import {
  type DanglingReferences,
  type GraphNode,
  type Manifest,
  type OrderedNode,
  orderObjects,
} from '../../constructs';

/** A small platform: a controller with a webhook, and an object that the webhook guards. */
const platform = {
  namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } },
  account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'server', namespace: 'ns' } },
  role: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'server' }, rules: [] },
  binding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'server' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'server' },
    subjects: [{ kind: 'ServiceAccount', name: 'server', namespace: 'ns' }],
  },
  config: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: 'ns' },
    data: { mode: 'fast' },
  },
  secret: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'ns' }, stringData: { key: '' } },
  claim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'ns' }, spec: {} },
  server: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'server', namespace: 'ns' },
    spec: {
      template: {
        metadata: { labels: { app: 'server' } },
        spec: {
          serviceAccountName: 'server',
          containers: [
            {
              name: 'main',
              args: ['--peer=http://server.ns.svc.cluster.local:80'],
              env: [
                { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'config', key: 'mode' } } },
                { name: 'KEY', valueFrom: { secretKeyRef: { name: 'key', key: 'key' } } },
              ],
            },
          ],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
        },
      },
    },
  },
  service: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'server', namespace: 'ns' },
    spec: { selector: { app: 'server' } },
  },
  webhooks: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'server' },
    webhooks: [
      {
        clientConfig: { service: { name: 'server', namespace: 'ns', path: '/' } },
        rules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] }],
      },
    ],
  },
  crd: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names: { kind: 'Widget', plural: 'widgets' } },
  },
  widget: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'widget', namespace: 'ns' } },
} satisfies Record<string, Manifest>;

type Objects = Record<string, Manifest>;

function fixture(objects: Objects = platform, needs: Record<string, string[]> = {}): OrderedNode[] {
  const nodes = Object.entries(objects).map(
    ([id, manifest]): GraphNode => ({ id, component: id.split('/')[0]!, manifest }),
  );
  return orderObjects({
    nodes,
    needs: new Map(Object.entries(needs).map(([id, list]) => [id, new Set(list)])),
    existing: [],
  });
}

/** What an object waits for, directly or not. */
function before(order: OrderedNode[], id: string): string[] {
  const byId = new Map(order.map(node => [node.id, node]));
  const all = new Set<string>();
  const visit = (at: string): void =>
    byId.get(at)!.dependsOn.forEach(edge => {
      if (!all.has(edge)) {
        all.add(edge);
        visit(edge);
      }
    });
  visit(id);
  return [...all].sort();
}

/** The platform with one object changed at a path. */
function changed(name: keyof typeof platform, change: (manifest: Manifest) => void): Objects {
  const copy = structuredClone(platform) as Objects;
  change(copy[name]!);
  return copy;
}

test('pods wait for their namespace, account, its rights, and what they read and mount', () => {
  expect(before(fixture(), 'server')).toEqual(['account', 'binding', 'claim', 'config', 'namespace', 'role', 'secret']);
});

test('pods wait for the fences of their namespace, and no others', () => {
  const fence = (name: string, podSelector: object) => ({
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    metadata: { name, namespace: 'ns' },
    spec: { podSelector },
  });
  const deny = fence('deny', {});
  const own = fence('own', { matchLabels: { app: 'server' } });
  const other = fence('other', { matchLabels: { app: 'other' } });
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota', namespace: 'ns' }, spec: {} };

  const fences = { 'namespace/deny': deny, 'server/own': own, 'server/other': other, quota };

  const first = before(fixture({ ...platform, ...fences }), 'server');

  expect(first).toEqual(expect.arrayContaining(['namespace/deny', 'server/own', 'quota']));
  expect(first).not.toContain('server/other');
});

test('pods do not wait for what a later component lets in besides', () => {
  const more = {
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'more', namespace: 'ns' } },
    spec: { podSelector: { matchLabels: { app: 'server' } } },
  };

  expect(before(fixture({ ...platform, 'client/more': more }), 'server')).not.toContain('client/more');
});

test('a role waits for those that it is added up into, so that on removal it goes first', () => {
  const sum = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'sum' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'to-sum': 'true' } }] },
  };
  const part = { ...platform.role, metadata: { name: 'part', labels: { 'to-sum': 'true' } } };

  expect(before(fixture({ ...platform, part, sum }), 'part')).toEqual(['sum']);
});

test('pods do not wait for Services', () => {
  expect(before(fixture(), 'server')).not.toContain('service');
});

test('a webhook waits for the pods that answer it, and what it guards waits for the webhook', () => {
  const order = fixture();

  expect(before(order, 'webhooks')).toEqual(expect.arrayContaining(['server', 'service']));
  expect(before(order, 'widget')).toEqual(expect.arrayContaining(['crd', 'webhooks']));
});

test('what a webhook itself needs does not wait for it', () => {
  const objects = changed('webhooks', ({ webhooks }) => {
    webhooks[0].rules = [{ apiGroups: ['', 'apps'], apiVersions: ['v1'], resources: ['*'], operations: ['*'] }];
  });

  const order = fixture({
    ...objects,
    other: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other', namespace: 'ns' } },
  });

  expect(before(order, 'server')).not.toContain('webhooks');
  expect(before(order, 'other')).toContain('webhooks');
});

test('a webhook guards only namespaces that its selector picks', () => {
  const objects = changed('webhooks', ({ webhooks }) => {
    webhooks[0].namespaceSelector = { matchLabels: { guarded: 'true' } };
  });

  expect(before(fixture(objects), 'widget')).not.toContain('webhooks');
});

test('a custom resource waits for the controllers beside its CRD', () => {
  const { crd, widget, namespace, server, account, config, secret, claim, service } = platform;

  const order = fixture({
    'a/namespace': namespace,
    'a/account': account,
    'a/config': config,
    'a/secret': secret,
    'a/claim': claim,
    'a/service': service,
    'b/widget': widget,
    'a/crd': crd,
    'a/server': server,
  });

  expect(before(order, 'b/widget')).toContain('a/server');
});

test('pods of a component wait for those of the components it was given', () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'job', namespace: 'ns' },
    spec: { template: { spec: {} } },
  };

  const order = fixture({ ...platform, job }, { job: ['server'] });

  expect(before(order, 'job')).toContain('server');
});

test('dependencies that others imply are left out', () => {
  expect(fixture().find(({ id }) => id === 'widget')!.dependsOn).toEqual(['webhooks', 'crd']);
});

test('the order puts each object after what it depends on', () => {
  const order = fixture();
  const position = new Map(order.map(({ id }, at) => [id, at]));

  for (const { id, dependsOn } of order)
    for (const edge of dependsOn) expect(position.get(edge)).toBeLessThan(position.get(id)!);
  expect(order).toHaveLength(Object.keys(platform).length);
});

describe('throws when a reference leads nowhere, naming the nearest', () => {
  const rename = (name: keyof typeof platform, to: string) =>
    changed(name, ({ metadata }) => Object.assign(metadata, { name: to }));

  test.each([
    [
      'service account',
      rename('account', 'servers'),
      "server refers to ServiceAccount 'ns/server', which nothing renders; the nearest is 'ns/servers'",
    ],
    [
      'ConfigMap',
      rename('config', 'configs'),
      "server refers to ConfigMap 'ns/config', which nothing renders; the nearest is 'ns/configs'",
    ],
    [
      'Secret',
      rename('secret', 'keys'),
      "server refers to Secret 'ns/key', which nothing renders; the nearest is 'ns/keys'",
    ],
    [
      'PVC',
      rename('claim', 'datas'),
      "server refers to PersistentVolumeClaim 'ns/data', which nothing renders; the nearest is 'ns/datas'",
    ],
    [
      'role',
      rename('role', 'servant'),
      "binding refers to ClusterRole 'server', which nothing renders; the nearest is 'servant'",
    ],
    [
      'Service',
      rename('service', 'serves'),
      "webhooks refers to Service 'ns/server', which nothing renders; the nearest is 'ns/serves'",
    ],
    [
      'namespace',
      rename('namespace', 'nss'),
      "account refers to Namespace 'ns', which nothing renders; the nearest is 'nss'",
    ],
    [
      'CRD',
      changed('crd', ({ spec }) => Object.assign(spec.names, { kind: 'Widgets' })),
      "widget is of kind 'Widget.example.com', which no CRD defines; the nearest is 'Widgets'",
    ],
    [
      'key of a ConfigMap',
      changed('config', ({ data }) => Object.assign(data, { mood: data.mode, mode: undefined }) && delete data.mode),
      "server refers to key 'mode' of ConfigMap 'ns/config', which has none of that name; the nearest is 'mood'",
    ],
    [
      'label that a Service selects',
      changed('server', ({ spec }) => Object.assign(spec.template.metadata.labels, { app: 'servers' })),
      'service selects pods with app=server, which no workload of its namespace has',
    ],
  ])('%s', (_, objects, message) => {
    expect(() => fixture(objects)).toThrow(message);
  });

  test('all of them at once', () => {
    const { account, role, ...rest } = platform;

    const failure = (() => {
      try {
        fixture(rest);
      } catch (error) {
        return error as DanglingReferences;
      }
    })();

    expect(failure!.problems).toHaveLength(3);
  });
});

test('throws when a pod template inside a custom resource refers to nothing', () => {
  const widget = {
    ...platform.widget,
    spec: {
      replicas: {
        worker: {
          template: {
            spec: { serviceAccountName: 'server', containers: [{ envFrom: [{ secretRef: { name: 'keys' } }] }] },
          },
        },
      },
    },
  };

  expect(() => fixture({ ...platform, widget })).toThrow(
    "widget refers to Secret 'ns/keys', which nothing renders; the nearest is 'ns/key'",
  );
});

test('what is declared as existing may be referred to', () => {
  const { config, ...rest } = platform;
  const nodes = Object.entries(rest).map(([id, manifest]) => ({ id, component: id, manifest }));
  const existing = [{ group: '', kind: 'ConfigMap', namespace: 'ns', name: 'config', reason: 'made by hand' }];

  expect(orderObjects({ nodes, needs: new Map(), existing })).toHaveLength(nodes.length);
});

test('throws when two nodes render the same object', () => {
  expect(() => fixture({ ...platform, twin: platform.config })).toThrow(
    "twin and config both render ConfigMap 'ns/config'",
  );
});

test('throws when objects wait for each other', () => {
  const secret = (name: string, from: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      annotations: { 'flowyard.dev/generate': JSON.stringify({ a: { copyOf: { name: from, key: 'a' } } }) },
    },
  });

  expect(() => fixture({ a: secret('a', 'b'), b: secret('b', 'a') })).toThrow(
    'these objects wait for each other: a → b → a',
  );
});

test('a Secret that a certificate fills is referred to through it', () => {
  const { secret, ...rest } = platform;
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'certificates.cert-manager.io' },
    spec: { group: 'cert-manager.io', names: { kind: 'Certificate', plural: 'certificates' } },
  };
  const issuers = {
    ...crd,
    metadata: { name: 'issuers' },
    spec: { group: 'cert-manager.io', names: { kind: 'Issuer', plural: 'issuers' } },
  };
  const issuer = { apiVersion: 'cert-manager.io/v1', kind: 'Issuer', metadata: { name: 'ca', namespace: 'ns' } };
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'tls', namespace: 'ns' },
    spec: { secretName: 'key', issuerRef: { name: 'ca' } },
  };

  const order = fixture({ ...rest, certificates: crd, issuers, issuer, certificate });

  expect(before(order, 'server')).toEqual(expect.arrayContaining(['certificate', 'issuer']));
});
