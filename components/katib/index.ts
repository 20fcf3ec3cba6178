export * from './experiment';
export { Katib, type KatibProps } from './katib';
export { ExperimentKind, SuggestionKind, TrialKind } from './resources';
export type { KnownTrialResource, TrialResource } from './trial-resources';
