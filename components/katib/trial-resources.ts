/** Objects that the controller may read on the way from a pod to its trial. */
interface Owner {
  readonly group: string;
  readonly plural: string;
}

/** What Katib must know of a kind of trial. */
export interface TrialResource {
  /** `Kind.version.group`, as upstream's settings name it. */
  readonly resource: string;

  /** As roles name it, such as `tfjobs`. */
  readonly plural: string;

  /** Kinds that own the pods of a trial: pods of others are not looked at. @default - the kind itself */
  readonly podOwners?: readonly string[];

  /** Between a pod and the trial, beside the kind itself. @default - nothing */
  readonly between?: readonly Owner[];
}

const jobs: Owner = { group: 'batch', plural: 'jobs' };

/** Kinds of trials that are known here. */
export const knownTrialResources = [
  { resource: 'Job.v1.batch', plural: 'jobs' },
  {
    resource: 'TrainJob.v1alpha1.trainer.kubeflow.org',
    plural: 'trainjobs',
    podOwners: ['Job'],
    between: [jobs, { group: 'jobset.x-k8s.io', plural: 'jobsets' }],
  },
  { resource: 'TFJob.v1.kubeflow.org', plural: 'tfjobs' },
  { resource: 'PyTorchJob.v1.kubeflow.org', plural: 'pytorchjobs' },
  { resource: 'MPIJob.v1.kubeflow.org', plural: 'mpijobs' },
  { resource: 'XGBoostJob.v1.kubeflow.org', plural: 'xgboostjobs' },
  { resource: 'Workflow.v1alpha1.argoproj.io', plural: 'workflows' },
  {
    resource: 'PipelineRun.v1.tekton.dev',
    plural: 'pipelineruns',
    podOwners: ['TaskRun'],
    between: [{ group: 'tekton.dev', plural: 'taskruns' }],
  },
] as const satisfies readonly TrialResource[];

/** `Kind.version.group` of a kind that is known here. */
export type KnownTrialResource = (typeof knownTrialResources)[number]['resource'];

/** A kind of trial, resolved. */
export interface ResolvedTrialResource {
  readonly resource: string;
  readonly group: string;
  readonly plural: string;
  readonly podOwners: readonly string[];
  readonly between: readonly Owner[];
}

const pattern = /^([A-Z][A-Za-z0-9]*)\.(v[a-z0-9]+)\.([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/;

/** The parts of a trial resource; a message when there is something wrong with it. */
export function resolveTrialResource(given: KnownTrialResource | TrialResource): ResolvedTrialResource | string {
  const shown = typeof given === 'string' ? given : given.resource;
  const [, kind, , group] = pattern.exec(shown) ?? [];
  if (!kind || !group) {
    return `'trialResources' takes 'Kind.version.group' such as 'PyTorchJob.v1.kubeflow.org', got '${shown}'`;
  }
  const known: readonly TrialResource[] = knownTrialResources;
  const found = typeof given === 'string' ? known.find(({ resource }) => resource === given) : given;
  if (!found) {
    return (
      `'trialResources' must give the plural of a kind that is not one of '${known.map(({ resource }) => resource).join("', '")}', ` +
      `as in { resource: '${shown}', plural: '${kind.toLowerCase()}s' }`
    );
  }
  return {
    resource: shown,
    group,
    plural: found.plural,
    podOwners: found.podOwners ?? [kind],
    between: found.between ?? [],
  };
}
