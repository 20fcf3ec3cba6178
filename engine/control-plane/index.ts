export { type BinaryEvent, type BinarySource, type PrepareOptions, prepareBinaries } from './binaries';
export { type Cluster, type ClusterEvent, createOrStart, type StartOptions } from './cluster';
export { DEPLOYER } from './identity';
export {
  auditLogPath,
  type ClusterOptions,
  type ClusterStatus,
  type ComponentStatus,
  kubeconfigPath,
  list,
  logs,
  remove,
  status,
  stop,
} from './inspect';
export { COMPONENTS, type Component, cacheDirectory } from './paths';
export { type BinaryName, CLUSTER_BINARIES } from './pins';
export { SIMULATED, type SimulatedNode } from './simulation';
