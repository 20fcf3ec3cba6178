import type { App } from 'cdk8s';
import type { TenantProps } from '../components/profiles';
import type {
  Certificates,
  Cluster,
  ObjectStore,
  Queues,
  ServiceMesh,
  SqlDatabase,
  Tuning,
  WorkflowEngine,
} from '../components/roles';
import type { Environment } from '../environments';
import type { Exception, Policy } from '../policies';
import { type PartProps, type Parts, parts } from './parts';

/** Props over those that an environment decides, by the component's id. What it does not have is skipped. */
export type PlatformProps = PartProps & {
  /** Of every tenant; who they are stands in the environment. */
  readonly tenant?: Pick<TenantProps, 'bucket' | 'extensions'>;
};

/** What a component of a fork can be given: handles, and the platform's own components to add to. */
export interface Foundation {
  /** Scope of new components. */
  readonly app: App;
  readonly environment: Environment;
  readonly cluster: Cluster;
  readonly certificates: Certificates;
  readonly objectStore: ObjectStore;

  /** Absent where the environment has none. */
  readonly database?: SqlDatabase;

  /** Absent where the environment has none. */
  readonly mesh?: ServiceMesh;

  /** Absent where the environment has none. */
  readonly workflows?: WorkflowEngine;

  /** Absent where the environment has none. */
  readonly tuning?: Tuning;

  /** Absent where the environment has none. */
  readonly queues?: Queues;

  /** By id; those that the environment does without are absent. */
  readonly components: Readonly<Partial<Parts>>;
}

/** What a fork changes of the platform, and what it adds. */
export interface Distribution {
  /**
   * Props of the platform's components; a function where environments differ.
   *
   * @default - as the environment decides
   */
  readonly props?: PlatformProps | ((environment: Environment) => PlatformProps);

  /**
   * Adds components of the fork's own to `foundation.app`. Pure, as rendering is: no clock, network or random values.
   *
   * @default - none
   */
  readonly extend?: (foundation: Foundation) => void;

  /**
   * Rules beside the platform's own.
   *
   * @default - none
   */
  readonly policies?: readonly Policy[];

  /**
   * Objects that a rule does not hold for.
   *
   * @default - none but the platform's own
   */
  readonly exceptions?: readonly Exception[];
}

/** Settings of a distribution that do not fit, all of them at once. */
export class InvalidDistribution extends Error {
  public override readonly name = 'InvalidDistribution';

  constructor(public readonly problems: readonly string[]) {
    super(`the distribution is not valid:\n  ${problems.join('\n  ')}`);
  }
}

const isFunction = (value: unknown) => typeof value === 'function';

const settings: Readonly<Record<keyof Distribution, [fits: (value: unknown) => boolean, expected: string]>> = {
  props: [
    value => isFunction(value) || (typeof value === 'object' && value !== null),
    'an object or a function of the environment',
  ],
  extend: [isFunction, 'a function'],
  policies: [Array.isArray, 'a list'],
  exceptions: [Array.isArray, 'a list'],
};

/**
 * Checks what a fork says and hands it back: the default export of `flowyard.config.ts`.
 *
 * @throws InvalidDistribution naming each setting that nothing reads
 */
export function defineDistribution(distribution: Distribution): Distribution {
  const problems = Object.entries(distribution).flatMap(([key, value]) => {
    const [fits, expected] = settings[key as keyof Distribution] ?? [];
    if (!fits) return [`'${key}' is no setting; there are ${quoted(Object.keys(settings))}`];
    return value === undefined || fits(value) ? [] : [`'${key}' must be ${expected}, got '${value}'`];
  });
  if (problems.length > 0) throw new InvalidDistribution(problems);
  const { props } = distribution;
  if (typeof props === 'object') checkIds(props);
  return distribution;
}

/** The props that hold in an environment. */
export function propsOf({ props = {} }: Distribution, environment: Environment): PlatformProps {
  const given = typeof props === 'function' ? props(environment) : props;
  checkIds(given);
  return given;
}

function checkIds(props: PlatformProps): void {
  const known = [...Object.keys(parts), 'tenant'];
  const unknown = Object.keys(props).filter(id => !known.includes(id));
  if (unknown.length === 0) return;
  throw new InvalidDistribution(
    unknown.map(id => `'props.${id}' names no component of the platform; there are ${quoted(known)}`),
  );
}

function quoted(names: readonly string[]): string {
  return `'${names.join("', '")}'`;
}
