import { App, Chart, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import {
  JAXJob,
  MPIJob,
  PaddleJob,
  PyTorchJob,
  type Replica,
  TFJob,
  type TFJobProps,
  TrainingOperator,
  type TrainingOperatorProps,
  XGBoostJob,
} from '../../components/training-operator';
import { jobKinds, TFJobKind } from '../../components/training-operator/resources';
import { addresses, KubeObject, type Manifest, type NodePool } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

function fixture(props: Partial<TrainingOperatorProps> = {}) {
  const operator = new TrainingOperator(Testing.app(), 'training-operator', { cluster, ...props });
  const objects: Manifest[] = operator.toJson();
  return { operator, objects, find: (kind: string, name: string) => find(objects, kind, name) };
}

function find(objects: Manifest[], kind: string, name: string): Manifest {
  const found = objects.find(object => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} '${name}'`);
  return found;
}

const names = (objects: Manifest[], kind: string) =>
  objects.filter(object => object.kind === kind).map(object => object.metadata.name);

/** What a job construct renders: the job first. */
function job(add: (chart: Chart) => unknown): Manifest {
  return jobs(add)[0]!;
}

function jobs(add: (chart: Chart) => unknown): Manifest[] {
  const chart = new Chart(new App(), 'team', { namespace: 'boris', disableResourceNameHashes: true });
  add(chart);
  return chart.toJson();
}

const trainer: Replica = {
  image: { repository: 'example/trainer', tag: '1' },
  resources: { cpu: '1', memory: '1Gi' },
};
const l4: NodePool = { name: 'gpu-l4', nodes: 2, cpu: 8, memory: '32Gi', gpu: { type: 'nvidia-l4', count: 4 } };
const tfJob = (props: Partial<TFJobProps> = {}) =>
  job(chart => new TFJob(chart, 'Job', { name: 'tf', tfReplicaSpecs: { Worker: trainer }, ...props }));

describe('TrainingOperator', () => {
  test('renders as before with default props', () => {
    expect(fixture().objects).toMatchSnapshot();
  });

  test('renders no empty maps and no nulls but the status subresource', () => {
    const empty: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (value === null) empty.push(path);
      if (typeof value !== 'object' || value === null) return;
      if (Object.keys(value).length === 0) empty.push(path);
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    };
    for (const object of fixture().objects) visit(object, object.kind);

    expect([...new Set(empty)]).toEqual(['CustomResourceDefinition.spec.versions.0.subresources.status']);
  });

  test('the certificate Secret holds nothing: the operator fills it', () => {
    const { find } = fixture();

    expect(Object.keys(find('Secret', 'training-operator-webhook-cert')).sort()).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'type',
    ]);
    for (const { clientConfig } of find('ValidatingWebhookConfiguration', 'validator.training-operator.kubeflow.org')
      .webhooks) {
      expect(clientConfig).not.toHaveProperty('caBundle');
    }
  });

  test('only the API server reaches the pod, on the webhook port; only the API server is reached', () => {
    expect(fixture().find('NetworkPolicy', 'training-operator').spec).toEqual({
      podSelector: { matchLabels: { 'control-plane': 'kubeflow-training-operator' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: cluster.apiServerPeers, ports: [{ port: 9443, protocol: 'TCP' }] }],
      egress: [{ to: cluster.apiServer.peers, ports: [{ port: 6443, protocol: 'TCP' }] }],
    });
  });

  test('Secrets are read in its own namespace only, and one of them written', () => {
    const { objects, find } = fixture({ namespace: 'training' });
    const role = find('Role', 'training-operator-certificate');

    expect(role.metadata.namespace).toBe('training');
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] },
      {
        apiGroups: [''],
        resources: ['secrets'],
        verbs: ['get', 'update'],
        resourceNames: ['training-operator-webhook-cert'],
      },
    ]);
    const cluster = objects.filter(({ kind }) => kind === 'ClusterRole').flatMap(({ rules = [] }) => rules);
    expect(cluster.flatMap(({ resources }) => resources)).not.toContain('secrets');
  });

  test.each(['volcano', 'scheduler-plugins'] as const)('gang scheduling by %s reaches the operator', gangScheduling => {
    const { args } = fixture({ gangScheduling }).find('Deployment', 'training-operator').spec.template.spec
      .containers[0];

    expect(args).toContain(`--gang-scheduler-name=${gangScheduling}`);
  });

  test('without gang scheduling the operator gets no such argument', () => {
    const { args } = fixture().find('Deployment', 'training-operator').spec.template.spec.containers[0];

    expect(args.filter((arg: string) => arg.startsWith('--gang'))).toEqual([]);
  });

  test('overrides of the operator have the last word', () => {
    const { find } = fixture({ overrides: { operator: { template: { spec: { priorityClassName: 'high' } } } } });

    expect(find('Deployment', 'training-operator').spec.template.spec.priorityClassName).toBe('high');
  });

  test('extensions are bound last', () => {
    const { objects } = fixture({
      extensions: [
        {
          bind: operator => {
            new KubeObject(operator, 'Extra', k8s.KubeConfigMap, { metadata: { name: 'extra' } });
          },
        },
      ],
    });

    expect(names(objects, 'ConfigMap')).toEqual(['training-operator-config', 'extra']);
  });

  test('the init container that PyTorch workers get meets the restricted standard', () => {
    const template: string = fixture().find('ConfigMap', 'training-operator-config').data['initContainer.yaml'];

    expect(template).toContain('allowPrivilegeEscalation: false');
    expect(template).toContain('drop: [ALL]');
    expect(template).toContain('{{.MasterAddr}}');
    expect(template).toContain('{{.InitContainerImage}}');
  });
});

describe('kinds', () => {
  const spec = (worker: object, runPolicy: object = {}) => ({
    spec: { runPolicy, tfReplicaSpecs: { Worker: worker } },
  });

  test('a well-formed job passes', () => {
    expect(TFJobKind.check(spec({ replicas: 1 }, { cleanPodPolicy: 'None' }))).toEqual([]);
  });

  test.each([
    ['replicas as text', spec({ replicas: 'two' }), "'spec.tfReplicaSpecs.Worker.replicas'"],
    ['an unknown cleanPodPolicy', spec({}, { cleanPodPolicy: 'Some' }), "'All', 'Running', 'None'"],
    ['an unknown restartPolicy', spec({ restartPolicy: 'Sometimes' }), "'ExitCode'"],
    ['an unknown field', spec({ colour: 'red' }), "no field 'colour'"],
    ['no replica specs', { spec: {} }, 'tfReplicaSpecs'],
  ])('refuses %s', (_, fields, message) => {
    const problems = TFJobKind.check(fields);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  test('workers of PyTorch, Paddle and JAX can be scaled', () => {
    const scaled = jobKinds.filter(kind => kind.props.versions[0].subresources?.scale).map(kind => kind.props.kind);

    expect(scaled).toEqual(['PyTorchJob', 'PaddleJob', 'JAXJob']);
  });
});

describe('TFJob', () => {
  test('the recommender renders exactly these fields', () => {
    const secret = (key: string) => ({ secret: { namespace: 'boris', name: 'minioaccess', key } });
    const recommender = tfJob({
      name: 'recommederjob',
      runPolicy: { cleanPodPolicy: 'None' },
      tfReplicaSpecs: {
        Worker: {
          image: { repository: 'lightbend/ml-tf-recommender', tag: '0.0.1' },
          imagePullPolicy: 'Always',
          restartPolicy: 'Never',
          resources: { cpu: '1', memory: '2Gi' },
          env: {
            MINIO_URL: 'minio-service.kubeflow.svc.cluster.local:9000',
            MINIO_KEY: secret('AWS_ACCESS_KEY_ID'),
            MINIO_SECRET: secret('AWS_SECRET_ACCESS_KEY'),
          },
        },
      },
    });

    const fromSecret = (key: string) => ({ secretKeyRef: { name: 'minioaccess', key } });
    expect(recommender).toEqual({
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { name: 'recommederjob', namespace: 'boris' },
      spec: {
        runPolicy: { cleanPodPolicy: 'None' },
        tfReplicaSpecs: {
          Worker: {
            replicas: 1,
            restartPolicy: 'Never',
            template: {
              metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } },
              spec: {
                automountServiceAccountToken: false,
                securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
                nodeSelector: { 'kubernetes.io/os': 'linux' },
                containers: [
                  {
                    name: 'tensorflow',
                    image: 'lightbend/ml-tf-recommender:0.0.1',
                    imagePullPolicy: 'Always',
                    env: [
                      { name: 'MINIO_URL', value: 'minio-service.kubeflow.svc.cluster.local:9000' },
                      { name: 'MINIO_KEY', valueFrom: fromSecret('AWS_ACCESS_KEY_ID') },
                      { name: 'MINIO_SECRET', valueFrom: fromSecret('AWS_SECRET_ACCESS_KEY') },
                    ],
                    resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '2Gi' } },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ['ALL'] },
                    },
                    volumeMounts: [{ name: 'scratch-tmp', mountPath: '/tmp' }],
                  },
                ],
                volumes: [{ name: 'scratch-tmp', emptyDir: {} }],
              },
            },
          },
        },
      },
    });
  });

  test('takes every part that the operator knows', () => {
    const { spec } = tfJob({
      tfReplicaSpecs: { Chief: trainer, PS: trainer, Worker: { ...trainer, replicas: 3 }, Evaluator: trainer },
      successPolicy: 'AllWorkers',
      enableDynamicWorker: true,
    });

    expect(Object.keys(spec.tfReplicaSpecs).sort()).toEqual(['Chief', 'Evaluator', 'PS', 'Worker']);
    expect(spec.tfReplicaSpecs.Worker.replicas).toBe(3);
    expect(spec).toMatchObject({ successPolicy: 'AllWorkers', enableDynamicWorker: true });
  });

  test('the old name of the chief is taken as well', () => {
    expect(Object.keys(tfJob({ tfReplicaSpecs: { Master: trainer } }).spec.tfReplicaSpecs)).toEqual(['Master']);
  });

  test('accelerators come with the limit, selector and toleration of their pool', () => {
    const { spec } = tfJob({ tfReplicaSpecs: { Worker: { ...trainer, pool: l4, gpus: 2 } } });
    const pod = spec.tfReplicaSpecs.Worker.template.spec;

    expect(pod.containers[0].resources.limits).toEqual({ memory: '1Gi', 'nvidia.com/gpu': '2' });
    expect(pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', 'flowyard.dev/pool': 'gpu-l4' });
    expect(pod.tolerations).toEqual([
      { key: 'nvidia.com/gpu', operator: 'Equal', value: 'present', effect: 'NoSchedule' },
    ]);
  });

  test('the run policy is passed on', () => {
    const runPolicy = {
      cleanPodPolicy: 'Running',
      ttlSecondsAfterFinished: 600,
      backoffLimit: 3,
      activeDeadlineSeconds: 7200,
      schedulingPolicy: { minAvailable: 1, queue: 'gpu' },
    } as const;

    expect(tfJob({ runPolicy }).spec.runPolicy).toEqual(runPolicy);
  });

  test('pods take account, user, labels, scratch paths and relaxed fields', () => {
    const { spec } = tfJob({
      labels: { 'kueue.x-k8s.io/queue-name': 'team' },
      tfReplicaSpecs: {
        Worker: {
          ...trainer,
          account: { name: 'default-editor' },
          runAs: { user: 1000, group: 100 },
          labels: { team: 'boris' },
          writable: ['/cache'],
          securityContext: { readOnlyRootFilesystem: false },
        },
      },
    });
    const { metadata, spec: pod } = spec.tfReplicaSpecs.Worker.template;

    expect(metadata.labels).toEqual({ team: 'boris' });
    expect(pod).toMatchObject({ serviceAccountName: 'default-editor', automountServiceAccountToken: false });
    expect(pod.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 100 });
    expect(pod.containers[0].volumeMounts).toEqual([{ name: 'scratch-cache', mountPath: '/cache' }]);
    expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(false);
  });

  test('throws when both names of the chief are given', () => {
    expect(() => tfJob({ tfReplicaSpecs: { Chief: trainer, Master: trainer } })).toThrow(
      "'tfReplicaSpecs' takes one of 'Chief' and 'Master', which mean the same, got both",
    );
  });

  test('throws when no part is given', () => {
    expect(() => tfJob({ tfReplicaSpecs: {} })).toThrow("'tfReplicaSpecs' must have at least one part, got none");
  });

  test.each(['Recommender', '1st', 'a_b', 'a-'])("throws when the name is '%s'", name => {
    expect(() => tfJob({ name })).toThrow(`begins with a letter, got '${name}'`);
  });

  test('throws when a pod would get too long a name', () => {
    const name = 'a'.repeat(60);

    expect(() => tfJob({ name })).toThrow("'name' must be 6 characters shorter");
  });

  test.each([0, 1.5, -1])('throws when there are %s replicas', replicas => {
    expect(() => tfJob({ tfReplicaSpecs: { Worker: { ...trainer, replicas } } })).toThrow(
      `'tfReplicaSpecs.Worker.replicas' must be a whole number of at least 1, got ${replicas}`,
    );
  });

  test('throws when accelerators are asked for without a pool', () => {
    expect(() => tfJob({ tfReplicaSpecs: { Worker: { ...trainer, gpus: 1 } } })).toThrow(
      "'tfReplicaSpecs.Worker.gpus' needs 'tfReplicaSpecs.Worker.pool'",
    );
  });

  test('throws when a pod asks for more accelerators than a node has', () => {
    expect(() => tfJob({ tfReplicaSpecs: { Worker: { ...trainer, pool: l4, gpus: 5 } } })).toThrow(
      "must be a whole number from 1 to 4 on pool 'gpu-l4', got 5",
    );
  });

  test('throws when a variable comes from the Secret of another namespace', () => {
    const secret = { namespace: 'kubeflow', name: 'root', key: 'password' };

    expect(() => tfJob({ tfReplicaSpecs: { Worker: { ...trainer, env: { KEY: { secret } } } } })).toThrow(
      "'tfReplicaSpecs.Worker.env.KEY' must name a Secret of the job's namespace 'boris', got 'kubeflow/root'",
    );
  });

  test('throws when neither the job nor its chart has a namespace', () => {
    const chart = new Chart(new App(), 'team');

    expect(() => new TFJob(chart, 'Job', { name: 'tf', tfReplicaSpecs: { Worker: trainer } })).toThrow(
      "'namespace' must be given: the chart has none",
    );
  });
});

describe('other kinds', () => {
  const only = { replicas: 1 as const };
  const two = { ...trainer, replicas: 2 };
  const containers = (specs: Record<string, { template: { spec: { containers: { name: string }[] } } }>) =>
    Object.fromEntries(Object.entries(specs).map(([part, { template }]) => [part, template.spec.containers[0]!.name]));

  test('PyTorchJob: master and workers', () => {
    const { spec } = job(
      chart =>
        new PyTorchJob(chart, 'Job', {
          name: 'pt',
          nprocPerNode: 2,
          pytorchReplicaSpecs: { Master: { ...trainer, ...only }, Worker: two },
        }),
    );

    expect(containers(spec.pytorchReplicaSpecs)).toEqual({ Master: 'pytorch', Worker: 'pytorch' });
    expect(spec.nprocPerNode).toBe('2');
    expect(spec.pytorchReplicaSpecs.Worker).toMatchObject({ replicas: 2, restartPolicy: 'OnFailure' });
  });

  test('PyTorchJob: elastic workers', () => {
    const elasticPolicy = { minReplicas: 1, maxReplicas: 4, rdzvBackend: 'c10d' } as const;
    const { spec } = job(
      chart => new PyTorchJob(chart, 'Job', { name: 'pt', elasticPolicy, pytorchReplicaSpecs: { Worker: two } }),
    );

    expect(spec.elasticPolicy).toEqual(elasticPolicy);
  });

  test.each([
    [{ minReplicas: 5, maxReplicas: 4 }, "'elasticPolicy.minReplicas' must be at most 'elasticPolicy.maxReplicas'"],
    [{ minReplicas: 0 }, "'elasticPolicy.minReplicas' must be at least 1, got 0"],
  ])('throws when no autoscaler takes the limits %j', (elasticPolicy, message) => {
    const props = { name: 'job', elasticPolicy };

    expect(() =>
      job(chart => new PyTorchJob(chart, 'Job', { ...props, pytorchReplicaSpecs: { Worker: two } })),
    ).toThrow(message);
    expect(() => job(chart => new PaddleJob(chart, 'Job', { ...props, paddleReplicaSpecs: { Worker: two } }))).toThrow(
      message,
    );
  });

  test('throws when more pods must start together than there are', () => {
    const runPolicy = { schedulingPolicy: { minAvailable: 3 } };
    const make = (replicas: number) =>
      job(
        chart =>
          new PyTorchJob(chart, 'Job', {
            ...{ name: 'gang', runPolicy },
            pytorchReplicaSpecs: { Master: { ...trainer, ...only }, Worker: { ...trainer, replicas } },
          }),
      );

    expect(make(2).spec.runPolicy).toEqual(runPolicy);
    expect(() => make(1)).toThrow("'runPolicy.schedulingPolicy.minAvailable' must be at most the 2 pods of the job");
  });

  test('throws when an elastic PyTorchJob or PaddleJob has no workers', () => {
    const props = { name: 'job', elasticPolicy: { minReplicas: 1 } };

    expect(() =>
      job(
        chart => new PyTorchJob(chart, 'Job', { ...props, pytorchReplicaSpecs: { Master: { ...trainer, ...only } } }),
      ),
    ).toThrow("'elasticPolicy' needs 'pytorchReplicaSpecs.Worker'");
    expect(() =>
      job(chart => new PaddleJob(chart, 'Job', { ...props, paddleReplicaSpecs: { Master: trainer } })),
    ).toThrow("'elasticPolicy' needs 'paddleReplicaSpecs.Worker'");
  });

  test('MPIJob: the launcher alone uses the API, and may reach it', () => {
    const objects = jobs(
      chart =>
        new MPIJob(chart, 'Job', {
          name: 'mpi',
          cluster,
          slotsPerWorker: 2,
          mpiReplicaSpecs: { Launcher: { ...trainer, ...only, runAs: { user: 1000, group: 1000 } }, Worker: two },
        }),
    );
    const { mpiReplicaSpecs, ...spec } = find(objects, 'MPIJob', 'mpi').spec;

    expect(spec).toEqual({ mainContainer: 'mpi', slotsPerWorker: 2 });
    expect(containers(mpiReplicaSpecs)).toEqual({ Launcher: 'mpi', Worker: 'mpi' });
    expect(mpiReplicaSpecs.Launcher.template.spec.automountServiceAccountToken).toBe(true);
    expect(mpiReplicaSpecs.Launcher.template.spec).not.toHaveProperty('serviceAccountName');
    expect(mpiReplicaSpecs.Worker.template.spec.automountServiceAccountToken).toBe(false);
    expect(find(objects, 'NetworkPolicy', 'mpi-launcher').spec).toMatchObject({
      podSelector: { matchLabels: { 'training.kubeflow.org/job-name': 'mpi' } },
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.10/32' } }], ports: [{ port: 6443 }] }],
    });
  });

  test('XGBoostJob: master and workers', () => {
    const { spec } = job(
      chart =>
        new XGBoostJob(chart, 'Job', {
          name: 'xgb',
          xgbReplicaSpecs: { Master: { ...trainer, ...only }, Worker: two },
        }),
    );

    expect(containers(spec.xgbReplicaSpecs)).toEqual({ Master: 'xgboost', Worker: 'xgboost' });
    expect(spec.xgbReplicaSpecs.Worker).toMatchObject({ replicas: 2, restartPolicy: 'Never' });
  });

  test('PaddleJob: workers that grow', () => {
    const { spec } = job(
      chart =>
        new PaddleJob(chart, 'Job', {
          name: 'pd',
          elasticPolicy: { maxReplicas: 4 },
          paddleReplicaSpecs: { Master: trainer, Worker: two },
        }),
    );

    expect(containers(spec.paddleReplicaSpecs)).toEqual({ Master: 'paddle', Worker: 'paddle' });
    expect(spec.elasticPolicy).toEqual({ maxReplicas: 4 });
    expect(spec.paddleReplicaSpecs.Worker.restartPolicy).toBe('OnFailure');
  });

  test('JAXJob: workers', () => {
    const { spec } = job(chart => new JAXJob(chart, 'Job', { name: 'jx', jaxReplicaSpecs: { Worker: two } }));

    expect(containers(spec.jaxReplicaSpecs)).toEqual({ Worker: 'jax' });
    expect(spec.jaxReplicaSpecs.Worker).toMatchObject({ replicas: 2, restartPolicy: 'Never' });
  });
});
