export type { Installer } from './cluster-policy';
export type { PoolDriver } from './drivers';
export { GpuOperator, type GpuOperatorProps } from './gpu-operator';
export { release } from './release';
export {
  ClusterPolicy,
  GpuCluster,
  gpuOperatorKinds,
  NodeFeature,
  NodeFeatureGroup,
  NodeFeatureRule,
  NvidiaDriver,
} from './resources';
export type { ClusterPolicySpec } from './schema/cluster-policy';
export type { NvidiaDriverSpec } from './schema/driver';
