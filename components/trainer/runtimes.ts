import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type Image, imageReference } from '../../constructs';
import type { JobSetSpec, ReplicatedJob } from '../roles';
import { group } from './fields';
import { release } from './release';
import { ClusterTrainingRuntimeKind, type TrainingRuntimeSpec } from './resources';

/** What a TrainJob runs on: a blueprint of the cluster's, or of the job's namespace. */
export interface Runtime {
  readonly kind: 'ClusterTrainingRuntime' | 'TrainingRuntime';
  readonly name: string;

  /** Replicated Jobs of the blueprint whose container `node` trains. @default ['node'] */
  readonly trainingJobs?: readonly string[];

  /** All replicated Jobs of the blueprint: pods are named after them. @default - `trainingJobs` */
  readonly jobs?: readonly string[];
}

/** A blueprint of the cluster's, to be rendered. */
export interface ClusterRuntimeProps {
  readonly name: string;

  /** Framework that upstream's SDK shows it under, such as `torch`. */
  readonly framework: string;
  readonly spec: TrainingRuntimeSpec;
}

/** Renders a runtime, and tells what jobs need to know of it. */
export function renderRuntime(scope: Construct, { name, framework, spec }: ClusterRuntimeProps): Runtime {
  ClusterTrainingRuntimeKind.create(scope, name, {
    metadata: { name, labels: { [`${group}/framework`]: framework } },
    spec,
  });
  const jobs = spec.template?.spec?.replicatedJobs ?? [];
  const withNode = jobs.filter(({ template }) =>
    template.spec?.template.spec?.containers.some(container => container.name === 'node'),
  );
  return {
    kind: 'ClusterTrainingRuntime',
    name,
    trainingJobs: withNode.map(job => job.name),
    jobs: jobs.map(job => job.name),
  };
}

/** Upstream's runtimes. */
export function builtinRuntimes(scope: Construct) {
  const image = (pinned: Image) => imageReference(scope, pinned);
  const { images } = release;
  const tune = (model: string, config: string, tokenizer: string[]): TrainingRuntimeSpec =>
    torchtune({
      images: {
        dataset: image(images.datasetInitializer),
        model: image(images.modelInitializer),
        trainer: image(images.torchtune),
      },
      model,
      config,
      tokenizer,
    });
  const llama = ['tokenizer.path=/workspace/model/original/tokenizer.model'];
  const qwen = ['tokenizer.path=/workspace/model/vocab.json', 'tokenizer.merges_file=/workspace/model/merges.txt'];
  return {
    'deepspeed-distributed': { framework: 'deepspeed', spec: mpi(image(images.deepspeed)) },
    'jax-distributed': { framework: 'jax', spec: { mlPolicy: { numNodes: 1, jax: {} }, ...single(image(images.jax)) } },
    'mlx-distributed': { framework: 'mlx', spec: mpi(image(images.mlx)) },
    'torch-distributed': {
      framework: 'torch',
      spec: { mlPolicy: { numNodes: 1, torch: {} }, ...single(image(images.torch)) },
    },
    'torchtune-llama3.2-1b': {
      framework: 'torchtune',
      spec: tune('meta-llama/Llama-3.2-1B-Instruct', 'llama3_2/1B_full', llama),
    },
    'torchtune-llama3.2-3b': {
      framework: 'torchtune',
      spec: tune('meta-llama/Llama-3.2-3B-Instruct', 'llama3_2/3B_full', llama),
    },
    'torchtune-qwen2.5-1.5b': {
      framework: 'torchtune',
      spec: tune('Qwen/Qwen2.5-1.5B-Instruct', 'qwen2_5/1.5B_full', qwen),
    },
    'xgboost-distributed': {
      framework: 'xgboost',
      spec: { mlPolicy: { numNodes: 1, xgboost: {} }, ...single(image(images.xgboost)) },
    },
  } satisfies Record<string, Omit<ClusterRuntimeProps, 'name'>>;
}

/** Name of an upstream runtime. */
export type RuntimeName = keyof ReturnType<typeof builtinRuntimes>;

/** One group of equal nodes. */
function single(image: string): Pick<TrainingRuntimeSpec, 'template'> {
  return template({ replicatedJobs: [job('node', pod({ name: 'node', image, env: userEnv }), 'trainer')] });
}

/** A launcher that starts ranks on nodes, and is one of them. Their image has the user and its home. */
function mpi(image: string): TrainingRuntimeSpec {
  const node = { name: 'node', image, securityContext: { runAsUser: user } };
  return {
    mlPolicy: {
      numNodes: 1,
      mpi: {
        mpiImplementation: 'OpenMPI',
        numProcPerNode: 1,
        runLauncherAsNode: true,
        sshAuthMountPath: '/home/mpiuser/.ssh',
      },
    },
    ...template({
      network: { publishNotReadyAddresses: true },
      successPolicy: { operator: 'All', targetReplicatedJobs: ['launcher'] },
      replicatedJobs: [
        job('launcher', pod(node), 'trainer'),
        job(
          'node',
          pod({
            ...node,
            command: ['/usr/sbin/sshd'],
            args: ['-De', '-f', '/home/mpiuser/.sshd_config'],
            readinessProbe: { tcpSocket: { port: 2222 as unknown as k8s.IntOrString }, initialDelaySeconds: 5 },
          }),
        ),
      ],
    }),
  };
}

/** Fine-tuning of a model: dataset and model are fetched into a claim first. */
function torchtune(props: {
  readonly images: { readonly dataset: string; readonly model: string; readonly trainer: string };
  readonly model: string;
  readonly config: string;
  readonly tokenizer: string[];
}): TrainingRuntimeSpec {
  const volumeMounts = [{ name: 'initializer', mountPath: '/workspace' }];
  const fetch = (name: string, image: string, uri: string) =>
    job(
      name,
      sharing(pod({ name, image, env: [{ name: 'STORAGE_URI', value: `hf://${uri}` }, ...userEnv], volumeMounts })),
      name,
    );
  const node: k8s.Container = {
    name: 'node',
    image: props.images.trainer,
    env: userEnv,
    command: [
      ...['tune', 'run', '--rdzv_endpoint=localhost:29500', 'full_finetune_distributed', '--config', props.config],
      ...['dataset=torchtune.datasets.instruct_dataset', 'dataset.source=parquet'],
      ...['dataset.data_dir=/workspace/dataset/data', 'output_dir=/workspace/output'],
      ...props.tokenizer,
      'checkpointer.checkpoint_dir=/workspace/model',
    ],
    resources: { limits: { 'nvidia.com/gpu': 2 as unknown as k8s.Quantity } },
    volumeMounts,
  };
  return {
    mlPolicy: { numNodes: 1, torch: {} },
    ...template({
      volumeClaimPolicies: [
        {
          templates: [
            {
              metadata: { name: 'initializer' },
              spec: {
                accessModes: ['ReadWriteOnce'],
                resources: { requests: { storage: '20Gi' as unknown as k8s.Quantity } },
              },
            },
          ],
        },
      ],
      replicatedJobs: [
        fetch('dataset-initializer', props.images.dataset, 'tatsu-lab/alpaca'),
        fetch('model-initializer', props.images.model, props.model),
        {
          ...job('node', sharing(pod(node)), 'trainer'),
          dependsOn: [
            { name: 'dataset-initializer', status: 'Complete' },
            { name: 'model-initializer', status: 'Complete' },
          ],
        },
      ],
    }),
  };
}

function template(spec: JobSetSpec): Pick<TrainingRuntimeSpec, 'template'> {
  return { template: { spec } };
}

/** @param step what the controller takes the Job for */
function job(name: string, spec: k8s.PodSpec, step?: string): ReplicatedJob {
  return {
    name,
    template: {
      metadata: step === undefined ? undefined : { labels: { [`${group}/trainjob-ancestor-step`]: step } },
      // A mesh sidecar outlives the training process, so that the job would never end.
      spec: { template: { metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } }, spec } },
    },
  };
}

/** Most of the images run as root unless told otherwise. */
const user = 1000;

/** The images know no user of that number: without these, caches go to `/` and PyTorch cannot name the user. */
const userEnv: k8s.EnvVar[] = [
  { name: 'HOME', value: '/tmp' },
  { name: 'USER', value: 'trainer' },
];

/** A pod that a namespace held to `restricted` admits. Its root file system is writable: it runs people's own code. */
function pod(container: k8s.Container): k8s.PodSpec {
  return {
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        ...container,
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          ...container.securityContext,
        },
      },
    ],
  };
}

/** Lets the pod's user write into its claims. */
function sharing(spec: k8s.PodSpec): k8s.PodSpec {
  const securityContext = { ...spec.securityContext, fsGroup: user, fsGroupChangePolicy: 'OnRootMismatch' };
  return { ...spec, securityContext };
}
