import { App, Chart, Testing } from 'cdk8s';
import { parse } from 'yaml';
import {
  ArgoWorkflows,
  type ArgoWorkflowsProps,
  CronWorkflow,
  Workflow,
  WorkflowTemplate,
} from '../../components/argo-workflows';
import { release } from '../../components/argo-workflows/release';
import { WorkflowEventBinding } from '../../components/argo-workflows/resources';
import { Minio } from '../../components/minio';
import { Tenant } from '../../components/profiles';
import { addresses, apiObjects, type Component, type Manifest, ServiceAccount } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

const rendered = (component: Component): Manifest[] => apiObjects(component).map(object => object.toJson());

function find(objects: Manifest[], kind: string, name: string): Manifest {
  const found = objects.find(object => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} '${name}'`);
  return found;
}

function fixture(props: Partial<ArgoWorkflowsProps> = {}) {
  const argo = new ArgoWorkflows(Testing.app(), 'argo-workflows', { cluster, ...props });
  const objects = rendered(argo);
  return { argo, objects, find: (kind: string, name: string) => find(objects, kind, name) };
}

/** The controller's settings, as it would read them. */
function settings(props: Partial<ArgoWorkflowsProps> = {}) {
  const { data } = fixture(props).find('ConfigMap', 'workflow-controller-configmap');
  // biome-ignore lint/suspicious/noExplicitAny: settings are read by path
  return Object.fromEntries(Object.entries(data).map(([key, value]): [string, any] => [key, parse(value as string)]));
}

function tenant(engine: (app: App) => ConstructorParameters<typeof Tenant>[2]['workflows'], store = true) {
  const app = new App();
  const objectStore = store ? new Minio(app, 'minio', {}) : undefined;
  const component = new Tenant(app, 'tenant-vision', {
    namespace: 'vision',
    owner: 'ada@example.com',
    quota: { cpu: '16', memory: '64Gi', storage: '200Gi' },
    objectStore,
    workflows: engine(app),
  });
  return { component, objects: rendered(component) };
}

const managed = (app: App) => new ArgoWorkflows(app, 'argo-workflows', { cluster });

const chart = () => new Chart(new App(), 'team', { namespace: 'vision', disableResourceNameHashes: true });
const echo = { name: 'echo', container: { image: 'example/echo:1', command: ['echo', 'hello'] } };
const metadata = { name: 'hello' };
type Spec = Parameters<typeof Workflow.create>[2]['spec'];
const workflow = (spec: Spec) => () => Workflow.create(chart(), 'Hello', { metadata, spec });

describe('ArgoWorkflows', () => {
  test('renders as before with default props', () => {
    expect(fixture().objects).toMatchSnapshot();
  });

  test('its release honours the security floor', () => {
    const [major, minor, patch] = release.version.split('.').map(Number);

    expect([major, minor]).toEqual([3, 7]);
    expect(patch).toBeGreaterThanOrEqual(15);
    for (const { tag } of Object.values(release.images)) expect(tag).toBe(`v${release.version}`);
  });

  test('no right is a wildcard, and no Secret of a tenant can be read', () => {
    const { objects, find } = fixture();
    const rules = objects.flatMap(object => object.rules ?? []);

    expect(rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs])).not.toContain(
      '*',
    );
    expect(find('ClusterRole', 'argo-cluster-role').rules.filter(reads('secrets'))).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        verbs: ['get'],
        resourceNames: ['argo-workflows-agent-ca-certificates'],
      },
    ]);
    expect(find('Role', 'argo-role').rules.filter(reads('secrets'))).toEqual([]);
  });

  test('templates for all namespaces are written by no role that is added up into others', () => {
    const writers = fixture().objects.filter(
      ({ kind, rules }) => kind === 'ClusterRole' && rules.some(changes('clusterworkflowtemplates')),
    );

    expect(writers).toEqual([]);
  });

  test('results are written by nobody but executors', () => {
    const writers = fixture().objects.flatMap(({ rules = [] }) => rules.filter(changes('workflowtaskresults')));

    expect(writers).toEqual([]);
  });

  test('the executor and the main container pass Pod Security restricted', () => {
    const { executor, mainContainer, workflowDefaults } = settings();

    expect(executor.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(mainContainer.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    expect(workflowDefaults.spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('finished workflows go after days, their pods after an hour', () => {
    expect(settings().workflowDefaults.spec).toMatchObject({
      ttlStrategy: { secondsAfterSuccess: 604_800, secondsAfterFailure: 1_209_600 },
      podGC: { strategy: 'OnWorkflowSuccess', deleteDelayDuration: '3600s' },
    });
  });

  test('retention is as told', () => {
    const { spec } = settings({
      retention: { secondsAfterSuccess: 60, secondsAfterFailure: 120, podGC: 'OnPodCompletion', podDelaySeconds: 0 },
    }).workflowDefaults;

    expect(spec.ttlStrategy).toEqual({ secondsAfterSuccess: 60, secondsAfterFailure: 120 });
    expect(spec.podGC).toEqual({ strategy: 'OnPodCompletion', deleteDelayDuration: '0s' });
    expect(settings({ retention: { podGC: 'never' } }).workflowDefaults.spec).not.toHaveProperty('podGC');
  });

  test('a workflow that names no account gets the one of the prop', () => {
    expect(settings().workflowDefaults.spec.serviceAccountName).toBe('default-editor');
    expect(settings({ serviceAccount: 'runner' }).workflowDefaults.spec.serviceAccountName).toBe('runner');
  });

  test('limits and restrictions reach the settings', () => {
    const found = settings({ parallelism: 40, namespaceParallelism: 10, templateReferencing: 'Strict' });

    expect(found).toMatchObject({
      parallelism: 40,
      namespaceParallelism: 10,
      workflowRestrictions: { templateReferencing: 'Strict' },
    });
    expect(Object.keys(settings()).sort()).toEqual(['executor', 'mainContainer', 'workflowDefaults']);
  });

  test('a repository for all namespaces names its keys and holds none', () => {
    const app = new App();
    const store = new Minio(app, 'minio', { buckets: [{ name: 'runs' }] });
    const identity = store.addIdentity(store, 'Identity', {
      name: 'workflows',
      namespace: 'vision',
      secretName: 'workflows-key',
      grants: [{ bucket: 'runs', access: 'readWrite' }],
    });
    const argo = new ArgoWorkflows(app, 'argo-workflows', {
      cluster,
      artifactRepository: { store, bucket: 'runs', prefix: 'all/', identity },
    });
    const { data } = find(rendered(argo), 'ConfigMap', 'workflow-controller-configmap');

    expect(parse(data.artifactRepository).s3).toMatchObject({
      endpoint: 'minio.minio.svc.cluster.local:9000',
      insecure: true,
      bucket: 'runs',
      accessKeySecret: { name: 'workflows-key', key: 'AWS_ACCESS_KEY_ID' },
      secretKeySecret: { name: 'workflows-key', key: 'AWS_SECRET_ACCESS_KEY' },
    });
    expect(argo.needed).toContain(store);
  });

  test('only the API server is reached, and registries where they are told', () => {
    const egress = (props: Partial<ArgoWorkflowsProps>) =>
      fixture(props).find('NetworkPolicy', 'workflow-controller').spec;

    expect(egress({})).toEqual({
      podSelector: { matchLabels: { app: 'workflow-controller' } },
      policyTypes: ['Egress'],
      egress: [{ to: cluster.apiServer.peers, ports: [{ port: 6443, protocol: 'TCP' }] }],
    });
    expect(egress({ registries: ['203.0.113.0/24'] }).egress[1]).toEqual({
      to: [{ ipBlock: { cidr: '203.0.113.0/24' } }],
      ports: [{ port: 443, protocol: 'TCP' }],
    });
  });

  test('highly available are two controllers, of which one can be evicted', () => {
    const { find, objects } = fixture({ highlyAvailable: true });

    expect(find('Deployment', 'workflow-controller').spec.replicas).toBe(2);
    expect(find('PodDisruptionBudget', 'workflow-controller').spec.maxUnavailable).toBe(1);
    expect(objects.length).toBe(fixture().objects.length + 1);
  });

  test('overrides have the last word over the workload and over the settings', () => {
    const overrides = {
      controller: { replicas: 3 },
      settings: { executor: { securityContext: { readOnlyRootFilesystem: false } } },
    };

    expect(fixture({ overrides }).find('Deployment', 'workflow-controller').spec.replicas).toBe(3);
    expect(settings({ overrides }).executor.securityContext).toMatchObject({
      readOnlyRootFilesystem: false,
      runAsNonRoot: true,
    });
  });

  test('an extension is bound after all is rendered', () => {
    const seen: number[] = [];
    fixture({ extensions: [{ bind: argo => seen.push(apiObjects(argo).length) }] });

    expect(seen).toEqual([fixture().objects.length]);
  });

  test.each([
    ['parallelism', { parallelism: 0 }, "'parallelism' must be a whole number of at least 1, got 0"],
    [
      'namespaceParallelism',
      { namespaceParallelism: 1.5 },
      "'namespaceParallelism' must be a whole number of at least 1, got 1.5",
    ],
    [
      'secondsAfterSuccess',
      { retention: { secondsAfterSuccess: 0 } },
      "'retention.secondsAfterSuccess' must be a whole number of at least 1",
    ],
    [
      'secondsAfterFailure',
      { retention: { secondsAfterFailure: -1 } },
      "'retention.secondsAfterFailure' must be a whole number of at least 1",
    ],
    [
      'podDelaySeconds',
      { retention: { podDelaySeconds: -1 } },
      "'retention.podDelaySeconds' must be a whole number of at least 0, got -1",
    ],
    ['registries', { registries: ['registry.example.com'] }, "an address range is written like '10.0.0.0/8'"],
  ] as [string, Partial<ArgoWorkflowsProps>, string][])('throws when %s is out of its limits', (_, props, message) => {
    expect(() => fixture(props)).toThrow(message);
  });
});

describe('the namespace of a tenant', () => {
  test('has an executor that reports results and does nothing else', () => {
    const { objects } = tenant(managed);

    expect(find(objects, 'Role', 'executor').rules).toEqual([
      { apiGroups: ['argoproj.io'], resources: ['workflowtaskresults'], verbs: ['create', 'patch'] },
    ]);
    expect(find(objects, 'RoleBinding', 'executor').subjects).toEqual([
      { kind: 'ServiceAccount', name: 'default-editor', namespace: 'vision' },
    ]);
  });

  test('mounts the token of default-editor where there are workflows, and only there', () => {
    const mounts = (objects: Manifest[]) =>
      find(objects, 'ServiceAccount', 'default-editor').automountServiceAccountToken;

    expect(mounts(tenant(managed).objects)).toBe(true);
    expect(mounts(tenant(() => undefined).objects)).toBe(false);
  });

  test("keeps artifacts under the tenant's own prefix, with the tenant's own key", () => {
    const { metadata, data } = find(tenant(managed).objects, 'ConfigMap', 'artifact-repositories');
    const key = metadata.annotations!['workflows.argoproj.io/default-artifact-repository']!;

    expect(metadata.namespace).toBe('vision');
    expect(parse(data[key])).toEqual({
      archiveLogs: true,
      s3: {
        endpoint: 'minio.minio.svc.cluster.local:9000',
        insecure: true,
        region: 'us-east-1',
        bucket: 'tenants',
        keyFormat:
          'vision/artifacts/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/' +
          '{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}',
        accessKeySecret: { name: 'minioaccess', key: 'AWS_ACCESS_KEY_ID' },
        secretKeySecret: { name: 'minioaccess', key: 'AWS_SECRET_ACCESS_KEY' },
      },
    });
  });

  test('has no repository without a store', () => {
    const names = tenant(managed, false).objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    expect(names).not.toContain('ConfigMap artifact-repositories');
    expect(names).toContain('Role executor');
  });

  test('lets the pods of running workflows reach the API server, and no others', () => {
    expect(find(tenant(managed).objects, 'NetworkPolicy', 'workflows').spec).toEqual({
      podSelector: { matchLabels: { 'workflows.argoproj.io/completed': 'false' } },
      policyTypes: ['Egress'],
      egress: [{ to: cluster.apiServer.peers, ports: [{ port: 6443, protocol: 'TCP' }] }],
    });
  });

  test('comes after the controller', () => {
    const { component } = tenant(managed);

    expect([...component.needed].map(({ node }) => node.id)).toEqual(['minio', 'argo-workflows']);
  });

  test('throws when the account keeps its token from the pods', () => {
    const app = new App();
    const argo = managed(app);
    const account = new ServiceAccount(argo, 'Runner', { name: 'runner' });

    expect(() => argo.addNamespace(argo, 'Runs', { account })).toThrow(
      "argo-workflows: 'account' of workflows must have 'mountsToken', by which their pods report results, got 'runner' without it",
    );
  });
});

describe('an Argo Workflows that the cluster has', () => {
  const existing = (app: App) => ArgoWorkflows.fromExisting(app, 'argo-workflows', { cluster });

  test('gets the roles of tenants, and nothing of its own', () => {
    const engine = existing(new App());

    expect(rendered(engine).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole kubeflow-workflows-edit',
      'ClusterRole kubeflow-workflows-view',
    ]);
    expect(engine.namespace).toBe('argo');
    expect(ArgoWorkflows.fromExisting(new App(), 'argo', { cluster, namespace: 'flows' }).namespace).toBe('flows');
  });

  test('its kinds are counted on', () => {
    expect(existing(new App()).existing.map(({ name }) => name)).toContain('cronworkflows.argoproj.io');
  });

  test('serves namespaces as our own does', () => {
    const own = (objects: Manifest[]) =>
      objects.filter(({ metadata }) => metadata.name.match(/^(executor|artifact|workf)/));

    expect(own(tenant(existing).objects)).toEqual(own(tenant(managed).objects));
  });
});

describe('a Workflow', () => {
  test('is rendered as it was written', () => {
    const object = workflow({
      entrypoint: 'main',
      arguments: { parameters: [{ name: 'text', value: 'hello' }] },
      volumeClaimTemplates: [{ metadata: { name: 'work' }, spec: { accessModes: ['ReadWriteOnce'] } }],
      templates: [
        {
          name: 'main',
          dag: {
            tasks: [
              { name: 'a', template: 'echo' },
              { name: 'b', template: 'echo', dependencies: ['a'], withItems: [1, 'two', { three: 3 }] },
              {
                name: 'c',
                depends: 'b.Succeeded',
                inline: { script: { image: 'i', command: ['sh'], source: 'true' } },
              },
            ],
          },
        },
        {
          ...echo,
          inputs: { parameters: [{ name: 'text' }] },
          outputs: { artifacts: [{ name: 'out', path: '/out' }] },
        },
      ],
    })();

    expect(object.toJson()).toMatchObject({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Workflow',
      metadata: { name: 'hello', namespace: 'vision' },
      spec: { entrypoint: 'main', templates: [{ name: 'main' }, { name: 'echo' }] },
    });
  });

  test.each([
    ['a container', echo],
    ['a script', { name: 'echo', script: { image: 'i', command: ['sh'], source: 'echo' } }],
    ['steps', { name: 'echo', steps: [[{ name: 'one', template: 'echo' }]] }],
    ['a resource', { name: 'echo', resource: { action: 'create' as const, manifest: 'kind: ConfigMap' } }],
    ['suspension', { name: 'echo', suspend: { duration: '20s' } }],
    ['a request', { name: 'echo', http: { url: 'https://example.com', timeoutSeconds: 20 } }],
    ['a plugin', { name: 'echo', plugin: { hello: {} } }],
    [
      'data',
      { name: 'echo', data: { source: { artifactPaths: { name: 'in' } }, transformation: [{ expression: 'data' }] } },
    ],
    ['a set of containers', { name: 'echo', containerSet: { containers: [{ name: 'main', image: 'i' }] } }],
  ])('can be %s', (_, template) => {
    expect(workflow({ entrypoint: 'echo', templates: [template] })).not.toThrow();
  });

  test('needs no templates of its own when it refers to one', () => {
    expect(workflow({ workflowTemplateRef: { name: 'nightly' } })).not.toThrow();
  });

  // What the compiler would refuse in TypeScript reaches the check from JavaScript and from data.
  const wrong = (spec: object) => workflow(spec as Spec);

  test.each([
    ['spec', { entrypont: 'echo' }, "'spec' has no field 'entrypont'; did you mean 'entrypoint'"],
    [
      'template',
      { entrypoint: 'echo', templates: [{ ...echo, retryStrategie: {} }] },
      "'spec.templates.0' has no field 'retryStrategie'; did you mean 'retryStrategy'",
    ],
    [
      'container',
      { entrypoint: 'echo', templates: [{ name: 'echo', container: { imgae: 'i' } }] },
      "'spec.templates.0.container' has no field 'imgae'; did you mean 'image'",
    ],
    [
      'task',
      { entrypoint: 'echo', templates: [{ name: 'echo', dag: { tasks: [{ name: 'a', tmplate: 'echo' }] } }] },
      "'spec.templates.0.dag.tasks.0' has no field 'tmplate'; did you mean 'template'",
    ],
    [
      'parameter',
      { entrypoint: 'echo', templates: [echo], arguments: { parameters: [{ name: 'a', valeu: '1' }] } },
      "'spec.arguments.parameters.0' has no field 'valeu'; did you mean 'value'",
    ],
    [
      'ttlStrategy',
      { entrypoint: 'echo', templates: [echo], ttlStrategy: { secondsAfterSucess: 1 } },
      "'spec.ttlStrategy' has no field 'secondsAfterSucess'; did you mean 'secondsAfterSuccess'",
    ],
  ])('throws when a field of its %s is misspelled', (_, spec, message) => {
    expect(wrong(spec)).toThrow(message);
  });

  test.each([
    ['it has no beginning', { templates: [echo] }, "'spec' lacks the field 'entrypoint'"],
    [
      'it begins with an unknown template',
      { entrypoint: 'ecko', templates: [echo] },
      "'spec.entrypoint' must name one of the templates 'echo', got 'ecko'",
    ],
    [
      'it ends with an unknown template',
      { entrypoint: 'echo', onExit: 'gone', templates: [echo] },
      "'spec.onExit' must name one of the templates 'echo'",
    ],
    [
      'two templates have one name',
      { entrypoint: 'echo', templates: [echo, echo] },
      "'spec.templates.0.name' must be unique, got 'echo' twice",
    ],
    [
      'a template has no name',
      { entrypoint: 'echo', templates: [echo, { suspend: {} }] },
      "'spec.templates.1' lacks the field 'name'",
    ],
    [
      'a template does two things',
      { entrypoint: 'echo', templates: [{ ...echo, suspend: {} }] },
      "must have exactly one of 'container', 'containerSet', 'dag', 'data', 'http', 'plugin', 'resource', 'script', 'steps', 'suspend', got 'container', 'suspend'",
    ],
    ['a template does nothing', { entrypoint: 'a', templates: [{ name: 'a' }] }, 'got none'],
    [
      'a step uses an unknown template',
      { entrypoint: 'a', templates: [{ name: 'a', steps: [[{ name: 'x', template: 'b' }]] }] },
      "'spec.templates.0.steps.0.0.template' must name one of the templates 'a', got 'b'",
    ],
    [
      'a task uses no template',
      { entrypoint: 'a', templates: [{ name: 'a', dag: { tasks: [{ name: 'x' }] } }] },
      "'spec.templates.0.dag.tasks.0' must have exactly one of 'template', 'templateRef', 'inline', got none",
    ],
    [
      'a task waits for an unknown one',
      {
        entrypoint: 'a',
        templates: [echo, { name: 'a', dag: { tasks: [{ name: 'x', template: 'echo', dependencies: ['y'] }] } }],
      },
      "'spec.templates.1.dag.tasks.0.dependencies' must name tasks among 'x', got 'y'",
    ],
    [
      'a word is not one of those it knows',
      { entrypoint: 'echo', templates: [echo], podGC: { strategy: 'Sometimes' } },
      "'spec.podGC.strategy' must be one of 'OnPodCompletion'",
    ],
  ])('throws when %s', (_, spec, message) => {
    expect(wrong(spec)).toThrow(message);
  });
});

test('a WorkflowTemplate may leave it to its users where to begin', () => {
  expect(() => WorkflowTemplate.create(chart(), 'Shared', { metadata, spec: { templates: [echo] } })).not.toThrow();
});

describe('a CronWorkflow', () => {
  type CronSpec = Parameters<typeof CronWorkflow.create>[2]['spec'];
  const workflowSpec = { entrypoint: 'echo', templates: [echo] };
  const cron = (spec: object) => () =>
    CronWorkflow.create(chart(), 'Nightly', { metadata, spec: { workflowSpec, ...spec } as CronSpec });

  test('takes several times, a zone and a policy', () => {
    const spec = {
      schedules: ['0 3 * * *', '@every 1h', '*/15 9-17 * * MON-FRI'],
      timezone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 0,
    };

    expect(cron(spec)().toJson().spec).toMatchObject(spec);
  });

  test('takes the single time of older releases', () => {
    expect(cron({ schedule: '@daily' })).not.toThrow();
  });

  test.each([
    ['there is no time', {}, "'spec.schedules' must have at least one time such as '0 3 * * *', got none"],
    [
      'a time has four fields',
      { schedules: ['0 3 * *'] },
      "'spec.schedules' takes five fields such as '0 3 * * *' or a word such as '@daily', got '0 3 * *'",
    ],
    ['a time is no known word', { schedules: ['@dayly'] }, "got '@dayly'"],
    [
      'the zone is unknown',
      { schedules: ['@daily'], timezone: 'Europe/Belrin' },
      "'spec.timezone' takes a name such as 'Europe/Berlin', got 'Europe/Belrin'",
    ],
    [
      'a field is misspelled',
      { schedules: ['@daily'], concurencyPolicy: 'Forbid' },
      "'spec' has no field 'concurencyPolicy'; did you mean 'concurrencyPolicy'",
    ],
    [
      'its workflow begins with an unknown template',
      { schedules: ['@daily'], workflowSpec: { ...workflowSpec, entrypoint: 'gone' } },
      "'spec.workflowSpec.entrypoint' must name one of the templates 'echo', got 'gone'",
    ],
  ])('throws when %s', (_, spec, message) => {
    expect(cron(spec)).toThrow(message);
  });
});

test('an event binding is checked at every depth', () => {
  const binding = (parameter: object) => () =>
    WorkflowEventBinding.create(chart(), 'Push', {
      metadata,
      spec: {
        event: { selector: 'true' },
        submit: {
          workflowTemplateRef: { name: 'build' },
          arguments: { parameters: [{ name: 'sha', ...parameter }] },
        },
      },
    });

  expect(binding({ valueFrom: { event: 'payload.sha' } })).not.toThrow();
  expect(binding({ valueFrom: { evnt: 'payload.sha' } })).toThrow("has no field 'evnt'; did you mean 'event'");
});

function reads(resource: string) {
  return ({ resources, verbs }: Rule) =>
    resources.includes(resource) && verbs.some(verb => ['get', 'list', 'watch'].includes(verb));
}

function changes(resource: string) {
  return ({ resources, verbs }: Rule) =>
    resources.includes(resource) && verbs.some(verb => ['create', 'update', 'patch', 'delete'].includes(verb));
}

interface Rule {
  readonly resources: string[];
  readonly verbs: string[];
}
