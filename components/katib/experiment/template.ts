import { podTemplates, type TrialObject } from './trial';

/** Metadata of a trial, as text that each trial replaces by its own. */
export interface TrialMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly apiVersion: string;
  label(key: string): string;
  annotation(key: string): string;
}

/** A parameter of the template. */
export interface TrialParameter {
  readonly name: string;
  readonly description?: string;

  /** The search parameter, or `${trialSpec.…}` for metadata. */
  readonly reference: string;
}

/** Text that stands for a parameter in the template. */
export function placeholder(name: string): string {
  return `\${trialParameters.${name}}`;
}

/** Metadata for a template: what is asked for becomes a parameter by `declare`. */
export function trialMetadata(declare: (name: string, reference: string) => string): TrialMetadata {
  const ask = (name: string, key: string) => declare(name, `\${trialSpec.${key}}`);
  const word = (key: string) => key.replaceAll(/[^A-Za-z0-9]+/g, '-');
  return {
    get name() {
      return ask('trialName', 'Name');
    },
    get namespace() {
      return ask('trialNamespace', 'Namespace');
    },
    get kind() {
      return ask('trialKind', 'Kind');
    },
    get apiVersion() {
      return ask('trialApiVersion', 'APIVersion');
    },
    label: key => ask(`trialLabel-${word(key)}`, `Labels[${key}]`),
    annotation: key => ask(`trialAnnotation-${word(key)}`, `Annotations[${key}]`),
  };
}

/** What is wrong with a template: empty when nothing is. */
export function templateProblems(
  object: TrialObject,
  parameters: readonly TrialParameter[],
  primaryContainerName: string,
): string[] {
  return [
    ...objectProblems(object),
    ...placeholderProblems(JSON.stringify(object), parameters),
    ...containerProblems(object, primaryContainerName),
  ];
}

function objectProblems({ apiVersion, kind, metadata = {} }: TrialObject): string[] {
  const named = (['name', 'namespace'] as const).filter(field => field in metadata);
  return [
    ...(apiVersion && kind ? [] : [`'trial' must give 'apiVersion' and 'kind', got '${apiVersion}' and '${kind}'`]),
    ...named.map(
      field =>
        `'trial' must leave out 'metadata.${field}', which each trial has of its own, got '${(metadata as Record<string, string>)[field]}'`,
    ),
  ];
}

function placeholderProblems(text: string, parameters: readonly TrialParameter[]): string[] {
  const used = new Set([...text.matchAll(/\$\{trialParameters\.(.+?)\}/g)].map(([, name]) => name!));
  const declared = parameters.map(({ name }) => name);
  const undeclared = [...used].filter(name => !declared.includes(name));
  const unused = parameters.filter(({ name }) => !used.has(name));
  return [
    ...undeclared.map(
      name => `'trial' uses '${placeholder(name)}', which 'search' does not have; use the callback's own`,
    ),
    ...unused.map(({ reference }) => `'search.${reference}' must be used in 'trial', where no text holds it`),
  ];
}

function containerProblems(object: TrialObject, name: string): string[] {
  // Of kinds whose pods are made from something else, such as steps of a Tekton task, nothing is known.
  const names = podTemplates(object.spec).flatMap(({ spec }) => spec.containers.map(container => container.name));
  if (names.length === 0 || names.includes(name)) return [];
  return [`'primaryContainerName' must be a container of 'trial', one of '${names.join("', '")}', got '${name}'`];
}
