import type { Static } from '@sinclair/typebox';
import type { parameter } from '../schema';

/** How values of a range are spread. */
export type Distribution = 'uniform' | 'logUniform' | 'normal' | 'logNormal';

/** What every parameter may say. */
interface ParameterOptions {
  /** Its name in the trial's template. @default - its key in `search` */
  readonly trialParameter?: string;

  /** What it means, for people. @default - none */
  readonly description?: string;
}

/** What a range may say. */
interface RangeOptions extends ParameterOptions {
  /** Distance of two values, more than 0; algorithm `grid` needs it. @default - none */
  readonly step?: number;

  /** @default 'uniform' */
  readonly distribution?: Distribution;
}

/** A parameter of a search, and the values that it may get. */
export interface SearchParameter extends ParameterOptions {
  readonly parameterType: Static<ReturnType<typeof parameter>>['parameterType'];
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly distribution?: Distribution;
  readonly list?: readonly string[];
}

/** Parameters by name. */
export type Search = Readonly<Record<string, SearchParameter>>;

/** Whole numbers from `min` to `max`, both included. */
export function int(min: number, max: number, options: RangeOptions = {}): SearchParameter {
  return { parameterType: 'int', min, max, ...options };
}

/** Numbers from `min` to `max`, both included. */
export function double(min: number, max: number, options: RangeOptions = {}): SearchParameter {
  return { parameterType: 'double', min, max, ...options };
}

/** One of some numbers. */
export function discrete(list: readonly number[], options: ParameterOptions = {}): SearchParameter {
  return { parameterType: 'discrete', list: list.map(String), ...options };
}

/** One of some words. */
export function categorical(list: readonly string[], options: ParameterOptions = {}): SearchParameter {
  return { parameterType: 'categorical', list: [...list], ...options };
}

/** What is wrong with a parameter: empty when nothing is. */
export function parameterProblems(path: string, given: SearchParameter): string[] {
  const { parameterType, min, max, step, distribution, list, trialParameter } = given;
  const problems: string[] = [];
  if (trialParameter !== undefined && !/^[A-Za-z][A-Za-z0-9_-]*$/.test(trialParameter)) {
    problems.push(`'${path}.trialParameter' takes letters, digits, '_' and '-', got '${trialParameter}'`);
  }
  if (list) {
    if (list.length === 0) problems.push(`'${path}' must have at least one value, got none`);
    const twice = list.find((value, at) => list.indexOf(value) !== at);
    if (twice !== undefined) problems.push(`'${path}' must name each value once, got '${twice}' twice`);
    return problems;
  }
  for (const [name, value] of Object.entries({ min, max, step })) {
    if (value === undefined) continue;
    const fits = parameterType === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!fits)
      problems.push(`'${path}.${name}' must be a ${parameterType === 'int' ? 'whole ' : ''}number, got ${value}`);
  }
  if (problems.length > 0) return problems;
  if (min! >= max!) problems.push(`'${path}.min' must be less than 'max' ${max}, got ${min}`);
  if (step !== undefined && (step <= 0 || step > max! - min!)) {
    problems.push(`'${path}.step' must be more than 0 and at most ${max! - min!}, got ${step}`);
  }
  if (distribution?.startsWith('log') && min! <= 0) {
    problems.push(`'${path}.min' must be more than 0 with distribution '${distribution}', got ${min}`);
  }
  return problems;
}

/** Parameters that would be one in the trial. */
export function nameProblems(search: Search): string[] {
  const owners = new Map<string, string>();
  return Object.entries(search).flatMap(([key, { trialParameter = key }]) => {
    const owner = owners.get(trialParameter);
    owners.set(trialParameter, owner ?? key);
    if (owner === undefined) return [];
    return [
      `'search.${key}.trialParameter' must be a name of its own, got '${trialParameter}', which is that of '${owner}'`,
    ];
  });
}

/** A parameter as experiments hold it: numbers are text. */
export function renderParameter(name: string, given: SearchParameter): Static<ReturnType<typeof parameter>> {
  const { parameterType, min, max, step, distribution, list } = given;
  return {
    name,
    parameterType,
    feasibleSpace: {
      min: text(min),
      max: text(max),
      step: text(step),
      list: list && [...list],
      distribution,
    },
  };
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
