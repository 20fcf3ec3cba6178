import type { TSchema } from '@sinclair/typebox';
import { CustomResource, type PrinterColumn, schema as s } from '../../constructs';
import { elasticPolicy, paddleElasticPolicy } from './elastic-policy';
import { cleanPodPolicy, jobStatus, replicaSpecs, runPolicy } from './job-schema';

const state: PrinterColumn = { name: 'State', type: 'string', jsonPath: '.status.conditions[-1:].type' };
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** One kind of job: all six differ in their spec only. */
function jobKind<S extends TSchema>(
  kind: string,
  spec: S,
  options: {
    readonly columns?: PrinterColumn[] /** Replica specs whose workers can be scaled. */;
    scales?: string;
  } = {},
) {
  return new CustomResource({
    group: 'kubeflow.org',
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        storage: true,
        schema: s.object({ spec: s.optional(spec), status: s.optional(jobStatus()) }),
        subresources: { status: {}, ...(options.scales && { scale: workerScale(options.scales) }) },
        columns: options.columns ?? [state, age],
      },
    ],
  });
}

function workerScale(specs: string) {
  return {
    specReplicasPath: `.spec.${specs}.Worker.replicas`,
    statusReplicasPath: '.status.replicaStatuses.Worker.active',
    labelSelectorPath: '.status.replicaStatuses.Worker.selector',
  };
}

/** TensorFlow: workers, parameter servers, a chief, an evaluator. */
export const TFJobKind = jobKind(
  'TFJob',
  s.object({
    enableDynamicWorker: s.optional(s.bool()),
    runPolicy: s.optional(runPolicy()),
    successPolicy: s.optional(s.oneOf(['', 'AllWorkers'])),
    tfReplicaSpecs: replicaSpecs(),
  }),
);

/** PyTorch: a master and workers, or workers that meet by rendezvous. */
export const PyTorchJobKind = jobKind(
  'PyTorchJob',
  s.object({
    elasticPolicy: s.optional(elasticPolicy()),
    nprocPerNode: s.optional(s.text()),
    pytorchReplicaSpecs: replicaSpecs(),
    runPolicy: s.optional(runPolicy()),
  }),
  { scales: 'pytorchReplicaSpecs' },
);

/** MPI: a launcher that starts ranks on workers. */
export const MPIJobKind = jobKind(
  'MPIJob',
  s.object({
    cleanPodPolicy: s.optional(cleanPodPolicy()),
    mainContainer: s.optional(s.text()),
    mpiReplicaSpecs: replicaSpecs(),
    runPolicy: s.optional(runPolicy()),
    slotsPerWorker: s.optional(s.int32()),
  }),
  { columns: [age, state] },
);

/** XGBoost: a master and workers. */
export const XGBoostJobKind = jobKind(
  'XGBoostJob',
  s.object({ runPolicy: s.optional(runPolicy()), xgbReplicaSpecs: replicaSpecs() }),
);

/** PaddlePaddle: a master and workers, or workers alone. */
export const PaddleJobKind = jobKind(
  'PaddleJob',
  s.object({
    elasticPolicy: s.optional(paddleElasticPolicy()),
    paddleReplicaSpecs: replicaSpecs(),
    runPolicy: s.optional(runPolicy()),
  }),
  { scales: 'paddleReplicaSpecs' },
);

/** JAX: workers, the first of which coordinates. */
export const JAXJobKind = jobKind(
  'JAXJob',
  s.object({ jaxReplicaSpecs: replicaSpecs(), runPolicy: s.optional(runPolicy()) }),
  { scales: 'jaxReplicaSpecs' },
);

/** All kinds of the operator. */
export const jobKinds = [TFJobKind, PyTorchJobKind, MPIJobKind, XGBoostJobKind, PaddleJobKind, JAXJobKind] as const;

/** Plurals of all kinds, as RBAC names them. */
export const jobPlurals = jobKinds.map(kind => kind.props.plural);
