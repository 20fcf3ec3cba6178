export { type TrainJobEquivalent, trainJobFrom } from './from-v1';
export { release } from './release';
export { ClusterTrainingRuntimeKind, TrainingRuntimeKind, type TrainingRuntimeSpec, TrainJobKind } from './resources';
export type { ClusterRuntimeProps, Runtime, RuntimeName } from './runtimes';
export { type Initializer, TrainJob, type TrainJobProps } from './train-job';
export { Trainer, type TrainerProps } from './trainer';
