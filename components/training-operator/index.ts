export * from './jobs';
export { release } from './release';
export { JAXJobKind, MPIJobKind, PaddleJobKind, PyTorchJobKind, TFJobKind, XGBoostJobKind } from './resources';
export { type GangScheduler, TrainingOperator, type TrainingOperatorProps } from './training-operator';
