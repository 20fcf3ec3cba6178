export { release } from './release';
export { ClusterTrainingRuntimeKind, TrainingRuntimeKind, type TrainingRuntimeSpec, TrainJobKind } from './resources';
export type { ClusterRuntimeProps, Runtime, RuntimeName } from './runtimes';
export { Trainer, type TrainerProps } from './trainer';
