import { ClusterQueue, Cohort, LocalQueue, ResourceFlavor, Topology } from './queues';
import { AdmissionCheck, Workload, WorkloadPriorityClass } from './workloads';

export { AdmissionCheck, ClusterQueue, Cohort, LocalQueue, ResourceFlavor, Topology, Workload, WorkloadPriorityClass };

/** Every kind that the controller has. */
export const kinds = [
  AdmissionCheck,
  ClusterQueue,
  Cohort,
  LocalQueue,
  ResourceFlavor,
  Topology,
  Workload,
  WorkloadPriorityClass,
];
