import { Testing } from 'cdk8s';
import { parse } from 'yaml';
import { CertManager } from '../../components/cert-manager';
import { Istio } from '../../components/istio';
import { Katib, type KatibProps } from '../../components/katib';
import { Kubeflow } from '../../components/kubeflow';
import { Tenant } from '../../components/profiles';
import { addresses, type Manifest } from '../../constructs';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { renderEnvironment, trialResources } from '../../stacks/platform';
import { StubDatabase } from '../support/sql-database';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

function fixture(props: Partial<KatibProps> = {}, { meshed = false } = {}) {
  const app = Testing.app();
  const database = new StubDatabase(app);
  const certificates = new CertManager(app, 'cert-manager', { cluster });
  const mesh = meshed ? new Istio(app, 'istio', { cluster }) : undefined;
  new Kubeflow(app, 'kubeflow', { mesh });
  const katib = new Katib(app, 'katib', { cluster, certificates, database, mesh, ...props });
  const objects = (): Manifest[] => katib.toJson();
  return { app, katib, database, mesh, objects, find: (kind: string, name: string) => find(objects(), kind, name) };
}

function find(objects: Manifest[], kind: string, name: string): Manifest {
  const found = objects.find(object => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} '${name}'`);
  return found;
}

const config = (find: (kind: string, name: string) => Manifest) =>
  parse(find('ConfigMap', 'katib-config').data['katib-config.yaml']);

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };

const rights = ({ rules }: Manifest, resource: string): string[] =>
  rules.filter(({ resources }: Rule) => resources.includes(resource)).flatMap(({ verbs }: Rule) => verbs);

const container = (object: Manifest) => object.spec.template.spec.containers[0];

test('renders as before with default props', () => {
  expect(fixture().objects()).toMatchSnapshot();
});

test('renders no empty maps and no nulls but the status subresource', () => {
  const empty: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (value === null) empty.push(path);
    if (typeof value !== 'object' || value === null) return;
    if (Object.keys(value).length === 0) empty.push(path);
    for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
  };
  for (const object of fixture().objects()) visit(object, object.kind);

  expect([...new Set(empty)]).toEqual(['CustomResourceDefinition.spec.versions.0.subresources.status']);
});

describe('trial resources', () => {
  test('are Jobs alone by default, in the settings, the rights and the webhook', () => {
    const { find, katib } = fixture();

    expect(katib.trialResources).toEqual(['Job.v1.batch']);
    expect(config(find).init.controller.trialResources).toEqual(['Job.v1.batch']);
    const role = find('ClusterRole', 'katib-controller');
    expect(rights(role, 'jobs')).toEqual(['get', 'list', 'watch', 'create', 'delete']);
    for (const plural of ['tfjobs', 'trainjobs', 'jobsets', 'workflows', 'pipelineruns', 'taskruns']) {
      expect(rights(role, plural)).toEqual([]);
    }
  });

  test.each([
    ['TrainJob.v1alpha1.trainer.kubeflow.org', 'trainjobs', { jobs: ['get'], jobsets: ['get'] }, 'Job'],
    ['TFJob.v1.kubeflow.org', 'tfjobs', {}, 'TFJob'],
    ['PyTorchJob.v1.kubeflow.org', 'pytorchjobs', {}, 'PyTorchJob'],
    ['MPIJob.v1.kubeflow.org', 'mpijobs', {}, 'MPIJob'],
    ['XGBoostJob.v1.kubeflow.org', 'xgboostjobs', {}, 'XGBoostJob'],
    ['Workflow.v1alpha1.argoproj.io', 'workflows', {}, 'Workflow'],
    ['PipelineRun.v1.tekton.dev', 'pipelineruns', { taskruns: ['get'] }, 'TaskRun'],
  ] as const)('%s brings its rights, and those between it and its pods', (resource, plural, between, owner) => {
    const { find } = fixture({ trialResources: [resource] });
    const role = find('ClusterRole', 'katib-controller');

    expect(rights(role, plural)).toEqual(['get', 'list', 'watch', 'create', 'delete']);
    for (const [name, verbs] of Object.entries(between)) expect(rights(role, name)).toEqual(verbs);
    if (!('jobs' in between)) expect(rights(role, 'jobs')).toEqual([]);
    const [, pods] = find('MutatingWebhookConfiguration', 'katib.kubeflow.org').webhooks;
    expect(pods.matchConditions[1].expression).toContain(`owner.kind in ["${owner}"]`);
  });

  test('a kind that is added later counts as one that was given', () => {
    const { katib, find } = fixture();

    katib.addTrialResource('PyTorchJob.v1.kubeflow.org');
    katib.addTrialResource('PyTorchJob.v1.kubeflow.org');

    expect(config(find).init.controller.trialResources).toEqual(['Job.v1.batch', 'PyTorchJob.v1.kubeflow.org']);
    expect(rights(find('ClusterRole', 'katib-controller'), 'pytorchjobs')).toContain('create');
  });

  test('a kind of which nothing is known here is taken with its plural', () => {
    const { find } = fixture({
      trialResources: [
        { resource: 'RayJob.v1.ray.io', plural: 'rayjobs', between: [{ group: 'ray.io', plural: 'rayclusters' }] },
      ],
    });

    const role = find('ClusterRole', 'katib-controller');
    expect(rights(role, 'rayjobs')).toContain('create');
    expect(rights(role, 'rayclusters')).toEqual(['get']);
  });

  test.each([
    [
      'PyTorchJob',
      "'trialResources' takes 'Kind.version.group' such as 'PyTorchJob.v1.kubeflow.org', got 'PyTorchJob'",
    ],
    ['RayJob.v1.ray.io', "as in { resource: 'RayJob.v1.ray.io', plural: 'rayjobs' }"],
  ])('throws when given %s alone', (resource, message) => {
    expect(() => fixture({ trialResources: [resource as never] })).toThrow(message);
  });

  test('a platform has those whose controllers it has', () => {
    const { platform } = loadEnvironment('full');

    expect(trialResources(platform)).toEqual([
      'Job.v1.batch',
      'TrainJob.v1alpha1.trainer.kubeflow.org',
      'TFJob.v1.kubeflow.org',
      'PyTorchJob.v1.kubeflow.org',
      'MPIJob.v1.kubeflow.org',
      'XGBoostJob.v1.kubeflow.org',
      'Workflow.v1alpha1.argoproj.io',
    ]);
    const none = { trainer: false, trainingOperator: false, workflows: undefined };
    expect(trialResources({ ...platform, ...none })).toEqual(['Job.v1.batch']);
  });
});

describe('the controller', () => {
  test('neither reads Secrets nor writes roles, webhooks or accounts', () => {
    const role = fixture().find('ClusterRole', 'katib-controller');

    for (const resource of ['secrets', 'roles', 'rolebindings', 'serviceaccounts', 'mutatingwebhookconfigurations']) {
      expect(rights(role, resource)).toEqual([]);
    }
  });

  test('suggestion services and collectors pass Pod Security restricted', () => {
    const { init, runtime } = config(fixture().find);

    expect(init.controller.injectSecurityContext).toBe(true);
    expect(runtime.suggestions).toHaveLength(11);
    for (const suggestion of runtime.suggestions) {
      expect(suggestion.serviceAccountName).toBe('katib-suggestion');
      expect(suggestion.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
  });

  test('images that are used at run time come from the mirror too', () => {
    const environment = loadEnvironment('full');
    const mirrored = { ...environment, platform: { ...environment.platform, imageRegistry: 'mirror.example.com/x' } };
    const { objects } = renderEnvironment(defineEnvironment(mirrored));
    const texts = ['katib-config', 'trial-templates'].map(name =>
      JSON.stringify(objects.find(({ manifest }) => manifest.metadata.name === name)!.manifest.data),
    );

    for (const text of texts) {
      expect(text).toContain('mirror.example.com/x/kubeflow/katib/');
      expect(text).not.toContain('ghcr.io');
    }
  });

  test('serves the webhooks with a certificate that is issued, by its full names', () => {
    const { find } = fixture();

    expect(find('Certificate', 'katib-webhook-cert').spec).toMatchObject({
      secretName: 'katib-webhook-cert',
      dnsNames: ['katib-controller.kubeflow.svc', 'katib-controller.kubeflow.svc.cluster.local'],
    });
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
      expect(find(kind, 'katib.kubeflow.org').metadata.annotations).toEqual({
        'cert-manager.io/inject-ca-from': 'kubeflow/katib-webhook-cert',
      });
    }
  });

  test('is reached by the API server alone, on the webhook port', () => {
    const { spec } = fixture().find('NetworkPolicy', 'katib-controller');

    expect(spec.ingress).toEqual([{ from: cluster.apiServerPeers, ports: [{ port: 8443, protocol: 'TCP' }] }]);
  });

  test('pods that no trial resource owns start without it', () => {
    const [, pods] = fixture().find('MutatingWebhookConfiguration', 'katib.kubeflow.org').webhooks;

    expect(pods.failurePolicy).toBe('Fail');
    expect(pods.matchConditions).toEqual([
      {
        name: 'exclude-katib-controller',
        expression: 'request.userInfo.username != "system:serviceaccount:kubeflow:katib-controller"',
      },
      {
        name: 'owned-by-a-trial-resource',
        expression:
          'has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(owner, owner.kind in ["Job"])',
      },
    ]);
  });
});

describe('the database', () => {
  test('gives Katib a user and a database of its own, whose password comes from a Secret', () => {
    const { database, find } = fixture();

    expect(database.accounts).toEqual([
      { name: 'katib', databases: ['katib'], namespace: 'kubeflow', secretName: 'katib-mysql-secrets' },
    ]);
    expect(container(find('Deployment', 'katib-db-manager')).env).toEqual([
      { name: 'DB_NAME', value: 'mysql' },
      { name: 'DB_USER', valueFrom: { secretKeyRef: { name: 'katib-mysql-secrets', key: 'username' } } },
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'katib-mysql-secrets', key: 'password' } } },
      { name: 'KATIB_MYSQL_DB_HOST', value: 'mysql.databases.svc.cluster.local' },
      { name: 'KATIB_MYSQL_DB_PORT', value: '3306' },
      { name: 'KATIB_MYSQL_DB_DATABASE', value: 'katib' },
    ]);
  });

  test('is reached by its manager, which the controller, the UI and pods of experiments reach', () => {
    const { find } = fixture();
    const { ingress, egress } = find('NetworkPolicy', 'katib-db-manager').spec;

    expect(egress).toEqual([
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'databases' } } }],
        ports: [{ port: 3306, protocol: 'TCP' }],
      },
    ]);
    expect(ingress.slice(0, -1).map(({ from }: Manifest) => from[0].podSelector.matchLabels)).toEqual([
      { 'katib.kubeflow.org/component': 'controller' },
      { 'katib.kubeflow.org/component': 'ui' },
    ]);
  });

  test('is up before Katib', () => {
    const { katib, database } = fixture();

    expect([...katib.needed]).toContain(database);
  });
});

describe('a namespace for experiments', () => {
  function tenant() {
    const { app, katib, objects } = fixture();
    const team = new Tenant(app, 'tenant-vision', {
      namespace: 'team-vision',
      owner: 'ada@example.com',
      quota: { cpu: '1', memory: '1Gi', storage: '1Gi' },
      tuning: katib,
    });
    return { katib, team, mine: team.toJson() as Manifest[], objects };
  }

  test('has an account that may report what early stopping did, and nothing else', () => {
    const { mine } = tenant();

    expect(find(mine, 'ServiceAccount', 'katib-suggestion').automountServiceAccountToken).toBe(true);
    expect(find(mine, 'Role', 'katib-suggestion').rules).toEqual([
      { apiGroups: ['kubeflow.org'], resources: ['trials'], verbs: ['get'] },
      { apiGroups: ['kubeflow.org'], resources: ['trials/status'], verbs: ['patch'] },
    ]);
  });

  test('lets its trials and services reach the database manager, and the controller reach the services', () => {
    const { mine, objects } = tenant();
    const labelled = (key: string) => ({ matchExpressions: [{ key, operator: 'Exists' }] });
    const dbManager = {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kubeflow' } },
          podSelector: { matchLabels: { 'katib.kubeflow.org/component': 'db-manager' } },
        },
      ],
      ports: [{ port: 6789, protocol: 'TCP' }],
    };

    expect(find(mine, 'NetworkPolicy', 'katib-trials').spec).toEqual({
      podSelector: labelled('katib.kubeflow.org/trial'),
      policyTypes: ['Egress'],
      egress: [dbManager],
    });
    const services = find(mine, 'NetworkPolicy', 'katib-suggestions').spec;
    expect(services.podSelector).toEqual(labelled('katib.kubeflow.org/suggestion'));
    expect(services.egress[0]).toEqual(dbManager);
    expect(services.ingress[0].ports.map(({ port }: { port: number }) => port)).toEqual([6789, 6788]);
    const { egress } = find(objects(), 'NetworkPolicy', 'katib-controller').spec;
    expect(egress.at(-1).to).toEqual([
      {
        // Every namespace that has experiments: one more changes nothing of Katib.
        namespaceSelector: { matchLabels: { 'katib.kubeflow.org/metrics-collector-injection': 'enabled' } },
        podSelector: labelled('katib.kubeflow.org/suggestion'),
      },
    ]);
    const { ingress } = find(objects(), 'NetworkPolicy', 'katib-db-manager').spec;
    expect(ingress.at(-1).from.map(({ podSelector }: Manifest) => podSelector)).toEqual([
      labelled('katib.kubeflow.org/suggestion'),
      labelled('katib.kubeflow.org/trial'),
    ]);
  });

  test('comes up after Katib, and carries the label by which trials are observed', () => {
    const { katib, team, mine } = tenant();

    expect([...team.needed]).toContain(katib);
    expect(find(mine, 'Namespace', 'team-vision').metadata.labels).toMatchObject({
      'katib.kubeflow.org/metrics-collector-injection': 'enabled',
    });
  });
});

describe('with a mesh', () => {
  test('users reach the UI by /katib/, through the gateway alone', () => {
    const { find } = fixture({}, { meshed: true });

    expect(find('VirtualService', 'katib-ui').spec.http).toEqual([
      {
        match: [{ uri: { prefix: '/katib/' } }],
        rewrite: { uri: '/katib/' },
        route: [{ destination: { host: 'katib-ui.kubeflow.svc.cluster.local', port: { number: 80 } } }],
      },
    ]);
    expect(find('AuthorizationPolicy', 'katib-ui').spec.rules[0].to).toEqual([{ operation: { ports: ['8080'] } }]);
  });

  test('the database manager takes plain text, and the table of exceptions says why', () => {
    const { mesh, find } = fixture({}, { meshed: true });

    expect(mesh!.plaintextPorts.map(({ name, ports }) => [name, ports])).toEqual([['katib-db-manager', [6789]]]);
    expect(find('PeerAuthentication', 'katib-db-manager').spec.portLevelMtls).toEqual({ 6789: { mode: 'PERMISSIVE' } });
  });

  test('the controller stays out', () => {
    const { template } = fixture({}, { meshed: true }).find('Deployment', 'katib-controller').spec;

    expect(template.metadata.labels).toMatchObject({ 'sidecar.istio.io/inject': 'false' });
  });
});

test('the UI asks the API server what its users may, and has no wildcard', () => {
  const { find } = fixture();

  expect(container(find('Deployment', 'katib-ui')).env).toContainEqual({ name: 'APP_DISABLE_AUTH', value: 'false' });
  const role = find('ClusterRole', 'katib-ui');
  expect(rights(role, 'subjectaccessreviews')).toEqual(['create']);
  expect(JSON.stringify(role.rules)).not.toContain('*');
});

test('highly available, there are two of each, and controllers agree by one Lease', () => {
  const { find, objects } = fixture({ highlyAvailable: true });

  for (const name of ['katib-controller', 'katib-db-manager', 'katib-ui']) {
    expect(find('Deployment', name).spec.replicas).toBe(2);
    expect(find('PodDisruptionBudget', name).spec.maxUnavailable).toBe(1);
  }
  expect(config(find).init.controller.enableLeaderElection).toBe(true);
  expect(find('Role', 'katib-controller-leader-election').rules[1].resourceNames).toEqual([
    '3fbc96e9.katib.kubeflow.org',
  ]);
  expect(objects().filter(({ kind }) => kind === 'Role')).toHaveLength(1);
});

test('overrides have the last word over workloads and settings', () => {
  const { find } = fixture({
    overrides: {
      controller: { replicas: 3 },
      dbManager: { replicas: 4 },
      ui: { replicas: 5 },
      config: settings => ({
        ...settings,
        runtime: { ...settings.runtime, earlyStoppings: [] },
      }),
    },
  });

  expect(
    ['katib-controller', 'katib-db-manager', 'katib-ui'].map(name => find('Deployment', name).spec.replicas),
  ).toEqual([3, 4, 5]);
  expect(config(find).runtime.earlyStoppings).toEqual([]);
});

test('tenants edit and view experiments by the roles that profiles bind', () => {
  const { find } = fixture();

  expect(find('ClusterRole', 'kubeflow-katib-edit').metadata.labels).toMatchObject({
    'rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit': 'true',
    'rbac.authorization.kubeflow.org/aggregate-to-kubeflow-katib-admin': 'true',
  });
  expect(rights(find('ClusterRole', 'kubeflow-katib-edit'), 'experiments')).toContain('create');
  expect(rights(find('ClusterRole', 'kubeflow-katib-view'), 'experiments')).toEqual(['get', 'list', 'watch']);
});

test('beside a platform it passes every policy and has no dangling reference', () => {
  const { objects, advice } = renderEnvironment(loadEnvironment('full'));

  expect(objects.filter(({ id }) => id.startsWith('katib/')).length).toBeGreaterThan(30);
  expect(advice).toEqual([]);
});

test('renders in another namespace as a whole', () => {
  const namespaces = fixture({ namespace: 'tuning' })
    .objects()
    .map(({ metadata }) => metadata.namespace)
    .filter(Boolean);

  expect(new Set(namespaces)).toEqual(new Set(['tuning']));
});

test('an extension adds to it', () => {
  const { katib } = fixture({ extensions: [{ bind: part => part.addTrialResource('TFJob.v1.kubeflow.org') }] });

  expect(katib.trialResources).toEqual(['Job.v1.batch', 'TFJob.v1.kubeflow.org']);
});
