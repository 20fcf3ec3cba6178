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
export { binaryPath, COMPONENTS, type Component, cacheDirectory, openCache } from './paths';
export { type BinaryName, BUNDLES, CLUSTER_BINARIES } from './pins';
export { freePorts } from './ports';
export { SIMULATED, type SimulatedNode } from './simulation';
