import type { AlgorithmName } from '../algorithms';
import type { MetricsCollector } from './collector';
import type { Search } from './search';

/** Settings of a service by name; rendered as text. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A way to choose what trials try, and what its service is told. */
export interface Algorithm {
  readonly algorithmName: AlgorithmName;

  /** Such as `{ random_state: 10 }`. @default - the service's own */
  readonly algorithmSettings?: Settings;
}

/** Ends a trial that does worse than the mean of those before it. */
export interface EarlyStopping {
  readonly algorithmName: 'medianstop';
  readonly algorithmSettings?: {
    /** Trials that must have succeeded before one is stopped. @default 3 */
    readonly min_trials_required?: number;

    /** Reports of the objective metric before a trial is stopped. @default 4 */
    readonly start_step?: number;
  };

  /** Says that each line of metrics begins with its time, RFC 3339, as early stopping needs it. @default false */
  readonly timeStampedLines?: boolean;
}

/** How many trials there are. */
export interface TrialCounts {
  readonly maxTrialCount?: number;
  readonly parallelTrialCount?: number;
  readonly maxFailedTrialCount?: number;
}

/** Upstream's default of `parallelTrialCount`. */
export const defaultParallel = 3;

/** What is wrong with the counts of trials. */
export function countProblems(counts: TrialCounts): string[] {
  const { maxTrialCount: max } = counts;
  const least = { maxTrialCount: 1, parallelTrialCount: 1, maxFailedTrialCount: 0 };
  return Object.entries(least).flatMap(([name, minimum]) => {
    const value = counts[name as keyof TrialCounts];
    if (value === undefined) return [];
    if (!Number.isInteger(value) || value < minimum) {
      return [`'${name}' must be a whole number of at least ${minimum}, got ${value}`];
    }
    return max !== undefined && value > max ? [`'${name}' must be at most 'maxTrialCount' ${max}, got ${value}`] : [];
  });
}

/** What is wrong with an algorithm for a search. */
export function algorithmProblems({ algorithmName, algorithmSettings = {} }: Algorithm, search: Search): string[] {
  const parameters = Object.entries(search);
  if (algorithmName === 'grid') {
    return parameters
      .filter(([, { parameterType, step }]) => parameterType === 'double' && step === undefined)
      .map(([name]) => `'search.${name}.step' must be given: algorithm 'grid' tries every value`);
  }
  if (algorithmName === 'cmaes') {
    const continuous = parameters.filter(([, { parameterType }]) => ['int', 'double'].includes(parameterType));
    return continuous.length >= 2
      ? []
      : [`'search' must have two parameters of int and double for algorithm 'cmaes', got ${continuous.length}`];
  }
  if (algorithmName === 'hyperband') {
    const { r_l, resource_name: resource } = algorithmSettings;
    return [
      ...(Number(r_l) > 0 ? [] : [`'algorithm.algorithmSettings.r_l' must be a number above 0, got '${r_l}'`]),
      ...(typeof resource === 'string' && resource in search
        ? []
        : [`'algorithm.algorithmSettings.resource_name' must name a parameter of 'search', got '${resource}'`]),
    ];
  }
  return [];
}

/** What is wrong with early stopping. */
export function earlyStoppingProblems(
  given: EarlyStopping | undefined,
  collector: MetricsCollector['kind'],
  maxTrialCount?: number,
): string[] {
  if (!given) return [];
  const settings = given.algorithmSettings ?? {};
  const problems = Object.entries(settings).flatMap(([name, value]) => {
    if (!['min_trials_required', 'start_step'].includes(name)) {
      return [
        `'earlyStopping.algorithmSettings' of 'medianstop' are 'min_trials_required' and 'start_step', got '${name}'`,
      ];
    }
    return Number.isInteger(value) && value >= 1
      ? []
      : [`'earlyStopping.algorithmSettings.${name}' must be a whole number of at least 1, got ${value}`];
  });
  if (!['StdOut', 'File'].includes(collector)) {
    problems.push(`'earlyStopping' needs a 'metricsCollector' of kind 'StdOut' or 'File', got '${collector}'`);
  }
  const { min_trials_required: least = 3 } = settings;
  if (maxTrialCount !== undefined && least >= maxTrialCount) {
    problems.push(
      `'earlyStopping.algorithmSettings.min_trials_required' must be less than 'maxTrialCount' ${maxTrialCount}, ` +
        `or no trial is ever stopped, got ${least}`,
    );
  }
  return problems;
}
