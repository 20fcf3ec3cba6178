export type { Algorithm, EarlyStopping } from './checks';
export type { MetricsCollector } from './collector';
export { Experiment, type ExperimentProps, type Objective } from './experiment';
export { categorical, type Distribution, discrete, double, int, type Search, type SearchParameter } from './search';
export type { TrialMetadata } from './template';
export { type TrialJobProps, type TrialObject, trialJob } from './trial';
