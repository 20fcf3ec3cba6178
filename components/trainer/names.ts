/** Longest name that a pod of a JobSet may have. */
const longest = 63;

/** What is too long among the pods of a job: the controller of JobSets refuses them all, long after the job was accepted. */
export interface LongName {
  /** Characters by which the job's name must be shorter. */
  readonly excess: number;
  readonly pod: string;
}

/**
 * The longest name among the pods of a TrainJob, if it is too long.
 *
 * @param name of the TrainJob
 * @param jobs its replicated Jobs, and how many pods each has
 */
export function tryLongName(name: string, jobs: readonly { job: string; pods: number }[]): LongName | undefined {
  // Five letters of chance end the name of each pod.
  const pods = jobs.map(({ job, pods: count }) => `${name}-${job}-0-${count - 1}-abcde`);
  const pod = pods.reduce((one, other) => (other.length > one.length ? other : one), '');
  return pod.length > longest ? { excess: pod.length - longest, pod } : undefined;
}
