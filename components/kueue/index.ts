export { type JobFramework, jobFrameworks } from './frameworks';
export { Kueue, type KueueProps } from './kueue';
export { release } from './release';
export {
  AdmissionCheck,
  ClusterQueue,
  Cohort,
  LocalQueue,
  ResourceFlavor,
  Topology,
  Workload,
  WorkloadPriorityClass,
} from './resources';
