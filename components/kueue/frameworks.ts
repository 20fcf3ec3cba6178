/** A kind of job that can wait in queues. */
export interface FrameworkFacts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;

  /** Whether the controller deletes jobs of the kind by itself. */
  readonly deletes: boolean;
}

const kubeflow = (kind: string, deletes = true): FrameworkFacts => ({
  group: 'kubeflow.org',
  version: 'v1',
  kind,
  deletes,
});

/** Kinds of jobs by the name that Kueue's settings have for them. Of MPIJob it knows v2beta1 only, which nothing here serves. */
export const jobFrameworks = {
  'batch/job': { group: 'batch', version: 'v1', kind: 'Job', deletes: true },
  'jobset.x-k8s.io/jobset': { group: 'jobset.x-k8s.io', version: 'v1alpha2', kind: 'JobSet', deletes: true },
  'trainer.kubeflow.org/trainjob': {
    group: 'trainer.kubeflow.org',
    version: 'v1alpha1',
    kind: 'TrainJob',
    deletes: false,
  },
  'kubeflow.org/jaxjob': kubeflow('JAXJob', false),
  'kubeflow.org/paddlejob': kubeflow('PaddleJob'),
  'kubeflow.org/pytorchjob': kubeflow('PyTorchJob'),
  'kubeflow.org/tfjob': kubeflow('TFJob'),
  'kubeflow.org/xgboostjob': kubeflow('XGBoostJob'),
} as const satisfies Readonly<Record<string, FrameworkFacts>>;

/** Name of a kind of jobs in Kueue's settings. */
export type JobFramework = keyof typeof jobFrameworks;

/** Kind and plural in lower case, as webhooks and roles have them. */
export function namesOf({ kind }: FrameworkFacts): { readonly singular: string; readonly plural: string } {
  const singular = kind.toLowerCase();
  return { singular, plural: `${singular}s` };
}
