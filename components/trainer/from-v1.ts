import type { Manifest } from '../../constructs';
import { group } from './fields';
import { tryLongName } from './names';
import { tfConfigParts } from './tf-config';
import { containerOf, type Part, type Planned } from './v1-parts';

/** A TrainJob that does what a job of Training Operator v1 did. */
export interface TrainJobEquivalent {
  /** The blueprint, of the job's namespace: what its pods are. */
  readonly runtime: Manifest;
  readonly job: Manifest;

  /** What the program in the pods meets that is different. */
  readonly notes: readonly string[];
}

interface Kind {
  /** Field of the spec that holds the parts. */
  readonly replicas: string;

  /** Further fields of the spec. */
  readonly fields?: readonly string[];

  /** Container that trains. */
  readonly container: string;
  readonly restartPolicy: string;

  /** How nodes find each other: a policy of Trainer. Absent: there is none. */
  readonly policy?: 'torch' | 'jax' | 'xgboost' | 'plain';

  /** Why a job of it cannot be a TrainJob. */
  readonly impossible?: string;

  /** Variables that v1 set and Trainer does not, and what it sets. */
  readonly variables?: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  PyTorchJob: {
    ...{ replicas: 'pytorchReplicaSpecs', container: 'pytorch', restartPolicy: 'OnFailure', policy: 'torch' },
    fields: ['elasticPolicy', 'nprocPerNode'],
  },
  TFJob: {
    ...{ replicas: 'tfReplicaSpecs', container: 'tensorflow', restartPolicy: 'Never', policy: 'plain' },
    fields: ['enableDynamicWorker', 'successPolicy'],
  },
  JAXJob: {
    ...{ replicas: 'jaxReplicaSpecs', container: 'jax', restartPolicy: 'Never', policy: 'jax' },
    variables: 'JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID, where v1 left out JAX_',
  },
  XGBoostJob: {
    ...{ replicas: 'xgbReplicaSpecs', container: 'xgboost', restartPolicy: 'Never', policy: 'xgboost' },
    variables:
      'DMLC_TRACKER_URI, DMLC_TRACKER_PORT, DMLC_TASK_ID and DMLC_NUM_WORKER, where v1 set MASTER_ADDR and RANK',
  },
  MPIJob: {
    ...{ replicas: 'mpiReplicaSpecs', container: 'mpi', restartPolicy: 'Never' },
    impossible:
      'Trainer starts ranks by SSH: write the TrainJob on an image that runs sshd, such as deepspeed-distributed',
  },
  PaddleJob: {
    ...{ replicas: 'paddleReplicaSpecs', container: 'paddle', restartPolicy: 'OnFailure' },
    impossible: 'Trainer has no policy for PaddlePaddle: keep Training Operator v1 for it',
  },
};

/**
 * The TrainJob that does what a job of Training Operator v1 does: a TrainingRuntime with the job's pods, and a TrainJob on
 * it, both under the job's name.
 *
 * @param job a TFJob, PyTorchJob, JAXJob or XGBoostJob: a rendered one, or YAML that was parsed
 * @throws Error naming each field that has no equal
 *
 * @example
 * const { runtime, job, notes } = trainJobFrom(parse(readFileSync('tfjob.yaml', 'utf8')));
 */
export function trainJobFrom(job: Manifest): TrainJobEquivalent {
  const kind = kinds[job.kind];
  if (!kind) throw new Error(`'job' must be one of '${Object.keys(kinds).join("', '")}', got '${job.kind}'`);
  if (kind.impossible) throw unmapped(job, [`the kind: ${kind.impossible}`]);
  const parts = partsOf(job, kind);
  if (parts.length === 0) throw unmapped(job, [`'spec.${kind.replicas}': it has no pods`]);
  const problems = [
    ...unknownFields(job, kind),
    ...runPolicyProblems(job, parts),
    ...parts.flatMap(partProblems),
    ...dynamicProblems(job),
  ];
  const notes: string[] = [];
  const total = parts.reduce((sum, part) => sum + part.replicas, 0);
  if (kind.policy !== 'plain') problems.push(...differing(parts));
  if (kind.policy === 'torch') problems.push(...torchProblems(job, parts, total));
  if (kind.variables && total > 1) notes.push(`the program reads ${kind.variables}`);
  const planned = kind.policy === 'plain' ? tfConfigParts(job, parts, kind.container) : [equalNodes(parts, total)];
  problems.push(...nameProblems(job, planned));
  if (problems.length > 0) throw unmapped(job, problems);

  const { backoffLimit } = job.spec.runPolicy ?? {};
  const trainer = planned.find(({ trains }) => trains)!;
  if (planned.length > 1 || (kind.policy === 'plain' && total > 1)) {
    notes.push('TF_CONFIG is written for these numbers of pods: another numNodes needs another runtime');
  }
  return {
    runtime: manifest(job, 'TrainingRuntime', {
      mlPolicy: { numNodes: trainer.part.replicas, ...(kind.policy !== 'plain' && { [kind.policy!]: {} }) },
      template: {
        spec: {
          replicatedJobs: planned.map(each => replicatedJob(each, kind.container, backoffLimit)),
          ...(planned.length > 1 && { successPolicy: success(planned) }),
        },
      },
    }),
    job: manifest(job, 'TrainJob', {
      runtimeRef: { apiGroup: group, kind: 'TrainingRuntime', name: job.metadata.name },
      activeDeadlineSeconds: job.spec.runPolicy?.activeDeadlineSeconds,
      suspend: job.spec.runPolicy?.suspend,
      trainer: { numNodes: trainer.part.replicas, numProcPerNode: processes(job) },
    }),
    notes,
  };
}

function partsOf(job: Manifest, kind: Kind): Part[] {
  const specs: Record<string, Manifest> = job.spec[kind.replicas] ?? {};
  const parts = Object.entries(specs).map(
    ([name, { replicas = 1, restartPolicy = kind.restartPolicy, template }]): Part => ({
      ...{ name, replicas, restartPolicy, template },
      path: `spec.${kind.replicas}.${name}`,
    }),
  );
  return parts.filter(({ replicas }) => replicas > 0);
}

const runPolicyFields = [
  ...['activeDeadlineSeconds', 'backoffLimit', 'cleanPodPolicy', 'managedBy', 'schedulingPolicy', 'suspend'],
  'ttlSecondsAfterFinished',
];

/** What would be lost without a word. */
function unknownFields({ kind: name, spec }: Manifest, { replicas, fields = [] }: Kind): string[] {
  const unknown = (path: string, value: object = {}, known: readonly string[]) =>
    Object.keys(value)
      .filter(field => !known.includes(field))
      .map(field => `'${path}.${field}': it is no field of a ${name}`);
  const parts = Object.entries<object>(spec[replicas]);
  return [
    ...unknown('spec', spec, ['runPolicy', replicas, ...fields]),
    ...unknown('spec.runPolicy', spec.runPolicy, runPolicyFields),
    ...parts.flatMap(([part, value]) =>
      unknown(`spec.${replicas}.${part}`, value, ['replicas', 'restartPolicy', 'template']),
    ),
  ];
}

function dynamicProblems({ spec }: Manifest): string[] {
  if (!spec.enableDynamicWorker) return [];
  return ["'spec.enableDynamicWorker': the pods of a TrainJob do not come and go, and it fails when one of them does"];
}

function nameProblems({ metadata }: Manifest, planned: readonly Planned[]): string[] {
  const long = tryLongName(
    metadata.name,
    planned.map(({ name, part }) => ({ job: name, pods: part.replicas })),
  );
  if (!long) return [];
  return [
    `'metadata.name': it must be ${long.excess} characters shorter, since its pod '${long.pod}' exceeds 63 characters`,
  ];
}

function runPolicyProblems({ spec }: Manifest, parts: readonly Part[]): string[] {
  const { runPolicy = {} } = spec;
  const path = (field: string) => `'spec.runPolicy.${field}'`;
  const problems: string[] = [];
  const { backoffLimit, cleanPodPolicy, ttlSecondsAfterFinished, schedulingPolicy, managedBy } = runPolicy;
  if (backoffLimit !== undefined && parts.length > 1) {
    problems.push(`${path('backoffLimit')}: it counts restarts of all parts, a Job those of its own pods`);
  }
  if (cleanPodPolicy !== undefined && cleanPodPolicy !== 'Running') {
    problems.push(
      `${path('cleanPodPolicy')}: pods that run when the job is over go, the others stay, as with 'Running'`,
    );
  }
  if (ttlSecondsAfterFinished !== undefined) {
    problems.push(`${path('ttlSecondsAfterFinished')}: TrainJobs that are over stay until they are deleted`);
  }
  if (schedulingPolicy !== undefined) {
    problems.push(`${path('schedulingPolicy')}: it depends on the scheduler; give the runtime a 'podGroupPolicy'`);
  }
  if (managedBy !== undefined) problems.push(`${path('managedBy')}: it names controllers of v1`);
  return problems;
}

function partProblems({ path, restartPolicy }: Part): string[] {
  if (['Never', 'OnFailure'].includes(restartPolicy)) return [];
  const reason = restartPolicy === 'ExitCode' ? "write a 'podFailurePolicy' of the Job" : 'Jobs have an end';
  return [`'${path}.restartPolicy': '${restartPolicy}' has no equal; ${reason}`];
}

/** Nodes of a TrainJob are equal. */
function differing([first, ...others]: readonly Part[]): string[] {
  const text = ({ template, restartPolicy }: Part) => JSON.stringify([template, restartPolicy]);
  return others
    .filter(part => text(part) !== text(first!))
    .map(part => `'${part.path}': it is not the same as '${first!.path}', and nodes of a TrainJob are equal`);
}

function torchProblems({ spec }: Manifest, parts: readonly Part[], total: number): string[] {
  const problems: string[] = [];
  if (spec.elasticPolicy)
    problems.push("'spec.elasticPolicy': the number of nodes does not change while a TrainJob runs");
  if (['cpu', 'gpu'].includes(spec.nprocPerNode)) {
    problems.push(`'spec.nprocPerNode': '${spec.nprocPerNode}' has no equal; give the number of processes`);
  }
  const [part] = parts;
  const container = containerOf(part!, 'pytorch');
  const words = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  if (total > 1 && !/\btorchrun\b|\btorch\.distributed\b/.test(words)) {
    problems.push(
      `'${part!.path}.template': its command must be of torchrun, for which Trainer sets variables; RANK and WORLD_SIZE are torchrun's`,
    );
  }
  return problems;
}

function processes({ spec }: Manifest): number | undefined {
  const number = Number(spec.nprocPerNode);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

function equalNodes([first]: readonly Part[], replicas: number): Planned {
  return { name: 'node', part: { ...first!, replicas }, trains: true, decides: true };
}

/** As often as v1 did: not at all, or without end unless it has a limit. */
const endless = 2 ** 31 - 1;

function replicatedJob({ name, part, trains, first, env = [] }: Planned, container: string, backoffLimit?: number) {
  const { restartPolicy, replicas } = part;
  const training = containerOf(part, container);
  const { metadata, spec } = part.template;
  const containers = spec.containers.map((each: Manifest) =>
    each === training ? { ...each, name: 'node', ...(env.length > 0 && { env: [...env, ...(each.env ?? [])] }) } : each,
  );
  return {
    name,
    template: {
      ...(trains && { metadata: { labels: { [`${group}/trainjob-ancestor-step`]: 'trainer' } } }),
      spec: {
        ...(!trains && { parallelism: replicas, completions: replicas }),
        ...(first && { successPolicy: { rules: [{ succeededIndexes: '0' }] } }),
        backoffLimit: restartPolicy === 'Never' ? 0 : (backoffLimit ?? endless),
        template: { ...(metadata && { metadata }), spec: { ...spec, restartPolicy, containers } },
      },
    },
  };
}

function success(planned: readonly Planned[]) {
  const deciding = planned.filter(({ decides }) => decides).map(({ name }) => name);
  return { operator: 'All', targetReplicatedJobs: deciding };
}

/** The whole of the old job, as kubectl keeps it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function manifest({ metadata }: Manifest, kind: string, spec: object): Manifest {
  const { name, namespace, labels } = metadata;
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  const own = {
    ...{ name, ...(namespace && { namespace }) },
    ...(kind === 'TrainJob' && {
      ...(labels && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    }),
  };
  return JSON.parse(JSON.stringify({ apiVersion: `${group}/v1alpha1`, kind, metadata: own, spec }));
}

function unmapped({ kind, metadata }: Manifest, problems: readonly string[]): Error {
  return new Error(`${kind} '${metadata.name}' has no equal TrainJob, because of\n  ${problems.join('\n  ')}`);
}
