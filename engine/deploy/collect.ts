import * as pulumi from '@pulumi/pulumi';
import { FlowyardError } from '../errors';
import { Monitor, type Registration } from './monitor';
import { guardProgram } from './program-guard';
import { setMockOptions, waitForRPCs, withLocalStorage } from './pulumi-runtime';
import { GeneratedValues } from './random';
import { keyOf, type Manifest, nameOf, type ObjectName } from './types';

/** A Kubernetes object of the program. */
export interface CollectedResource {
  readonly urn: string;
  readonly name: string;

  /** Name of the nearest component resource above it, or of the stack. */
  readonly component: string;
  readonly object: ObjectName;

  /** As it is sent, without annotations for Pulumi. */
  readonly manifest: Manifest;
  readonly secretPaths: readonly string[];

  /** URNs of the objects of the program that must be there, and ready, first. */
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  readonly imported: boolean;

  /** Whether nobody waits until it is ready. */
  readonly skipAwait: boolean;

  /** @default - the deadline of the run */
  readonly readySeconds?: number;
}

/** What a program wants. */
export interface Collected {
  readonly resources: readonly CollectedResource[];
  readonly generated: GeneratedValues;

  /** What the program returned. */
  readonly outputs: Manifest;
}

/** Settings of `collect`. */
export interface CollectOptions {
  readonly stack: string;
  readonly project: string;
  readonly program: () => Promise<unknown> | unknown;

  /** @default - none */
  readonly config?: Record<string, string>;

  /** @default - nothing was generated before */
  readonly generated?: GeneratedValues;

  /**
   * How long the program may run.
   *
   * @default 120
   */
  readonly programSeconds?: number;
}

/**
 * Runs a Pulumi program once, in this process, and returns what it registered. Not in preview mode: what is made inside
 * `.apply` is seen too. May run any number of times; runs do not see each other.
 *
 * @throws FlowyardError when the program fails, or asks for what only `pulumi up` can do
 */
export async function collect(options: CollectOptions): Promise<Collected> {
  const generated = options.generated ?? new GeneratedValues();
  const monitor = new Monitor(options.project, options.stack, generated);
  await runProgram(options, monitor);
  if (monitor.problems.length > 0) {
    throw new FlowyardError(lines(`the program of stack '${options.stack}' cannot be deployed`, monitor.problems), {
      code: 2,
    });
  }
  return { resources: resourcesOf(monitor.registrations, options), generated, outputs: monitor.outputs };
}

/** Rejections reach us in three ways, and often in all: by the program, by the stack, and as unhandled ones. */
async function runProgram(options: CollectOptions, monitor: Monitor): Promise<void> {
  const errors = new Set<unknown>();
  const note = (error: unknown) => {
    errors.add(error);
  };
  const release = guardProgram(note);
  let timer: NodeJS.Timeout | undefined;
  const { programSeconds = 120 } = options;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(() => {
      errors.add(new Error(`it did not end within ${programSeconds} s: an input or a promise never resolves`));
      resolve();
    }, programSeconds * 1000);
  });
  try {
    const run = withLocalStorage(async () => {
      setMockOptions(monitor, options.project, options.stack, false, 'organization');
      pulumi.runtime.setAllConfig(options.config ?? {}, []);
      try {
        await pulumi.runtime.runInPulumiStack(async () => options.program());
      } catch (error) {
        note(error);
      }
      await settle(monitor);
      if (pulumi.log.hasErrors()) note(new Error('it logged an error'));
    });
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
    release();
  }
  // What the monitor refused is the cause; the program may have failed of it.
  if (errors.size > 0 && monitor.problems.length === 0) {
    const messages = [...new Set([...errors].map(messageOf))];
    throw new FlowyardError(lines(`the program of stack '${options.stack}' failed`, messages), {
      code: 2,
      cause: [...errors][0],
    });
  }
}

/**
 * Waits until a few turns bring nothing new: callbacks of outputs run after the registration that they hang on. Those that
 * wait for something else, such as a timer, are not waited for; `pulumi up` with an inline program does not either.
 */
async function settle(monitor: Monitor): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 3; quiet = monitor.registrations.length === seen ? quiet + 1 : 0) {
    seen = monitor.registrations.length;
    await waitForRPCs();
    // Unhandled rejections are told after the promises of a turn, too.
    await new Promise(resolve => setImmediate(resolve));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lines(headline: string, messages: readonly string[]): string {
  return messages.length === 1 ? `${headline}: ${messages[0]}` : `${headline}:\n  ${messages.join('\n  ')}`;
}

function resourcesOf(registrations: readonly Registration[], options: CollectOptions): CollectedResource[] {
  const tree = new Tree(registrations);
  const problems: string[] = [];
  const resources = registrations.filter(isObject).flatMap(registration => {
    const problem = problemOf(registration);
    if (problem) problems.push(`'${registration.name}' of type '${registration.type}' ${problem}`);
    return problem ? [] : [resourceOf(registration, tree, options)];
  });
  const byKey = new Map<string, CollectedResource>();
  for (const resource of resources) {
    const key = keyOf(resource.object);
    const twin = byKey.get(key);
    if (twin) problems.push(`'${twin.name}' and '${resource.name}' are the same object ${key}`);
    byKey.set(key, resource);
  }
  if (problems.length > 0) {
    throw new FlowyardError(lines(`the program of stack '${options.stack}' cannot be deployed`, problems), { code: 2 });
  }
  return resources;
}

function problemOf({ type, inputs }: Registration): string | undefined {
  if (!inputs.apiVersion || !inputs.kind) return "has no 'apiVersion' and 'kind': only plain objects can be deployed";
  if (type.split(':').at(-1) !== inputs.kind) return `is of kind '${inputs.kind}', which its type does not say`;
  if (!inputs.metadata?.name) return "has no 'metadata.name', and names are not made up";
  return undefined;
}

function resourceOf(registration: Registration, tree: Tree, options: CollectOptions): CollectedResource {
  const { urn, name, secretPaths, protect, retainOnDelete, ignoreChanges, imported } = registration;
  const annotations: Record<string, string> = registration.inputs.metadata.annotations ?? {};
  const seconds = Number(annotations['pulumi.com/timeoutSeconds']) || secondsOf(registration.timeout);
  const manifest = manifestOf(registration.inputs);
  return {
    urn,
    name,
    component: tree.componentOf(registration) ?? `${options.project}-${options.stack}`,
    object: nameOf(manifest),
    manifest,
    secretPaths,
    dependencies: tree.dependenciesOf(registration),
    protect,
    retainOnDelete,
    ignoreChanges,
    imported,
    skipAwait: annotations['pulumi.com/skipAwait'] === 'true',
    ...(seconds ? { readySeconds: seconds } : {}),
  };
}

/** Seconds of a duration such as `10m` or `1h30m`. */
function secondsOf(duration: string | undefined): number | undefined {
  const units = { h: 3600, m: 60, s: 1 };
  const parts = [...(duration ?? '').matchAll(/(\d+(?:\.\d+)?)([hms])(?!s)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as 'h' | 'm' | 's'], 0) || undefined;
}

/** The object as the API server gets it. */
function manifestOf({ status: _, stringData, ...inputs }: Manifest): Manifest {
  const { annotations = {}, ...metadata } = inputs.metadata;
  const kept = Object.entries(annotations).filter(([key]) => !key.startsWith('pulumi.com/'));
  const manifest: Manifest = {
    ...inputs,
    metadata: { ...metadata, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) },
  };
  if (stringData) {
    // `stringData` is never read back, so a key that is taken out of it would stay for ever.
    const encoded = Object.entries(stringData).map(([key, text]) => [
      key,
      Buffer.from(text as string).toString('base64'),
    ]);
    manifest.data = { ...inputs.data, ...Object.fromEntries(encoded) };
  }
  return manifest;
}

function isObject({ custom, type }: Registration): boolean {
  return custom && type.startsWith('kubernetes:');
}

/** Who is above whom, and what that means for the order. */
class Tree {
  private readonly byUrn: Map<string, Registration>;
  private readonly children = new Map<string, Registration[]>();
  private readonly expanded = new Map<string, ReadonlySet<Registration>>();

  constructor(registrations: readonly Registration[]) {
    this.byUrn = new Map(registrations.map(each => [each.urn, each]));
    for (const each of registrations) {
      if (each.parent) this.children.set(each.parent, [...(this.children.get(each.parent) ?? []), each]);
    }
  }

  public componentOf(registration: Registration): string | undefined {
    return this.ancestors(registration).find(each => !each.custom && !isStack(each))?.name;
  }

  public dependenciesOf(registration: Registration): string[] {
    const found = new Set<Registration>();
    for (const owner of [registration, ...this.ancestors(registration)]) {
      // Under the real engine a child waits for its parent, and so for all that its parent waits for.
      if (owner !== registration && isObject(owner)) found.add(owner);
      for (const urn of [...owner.dependencies, ...(owner.provider ? [owner.provider] : [])]) {
        for (const each of this.expand(urn)) found.add(each);
      }
    }
    found.delete(registration);
    return [...found].map(each => each.urn);
  }

  /** The objects that a dependency stands for: itself, the leaves of a component, or what a value was made from. */
  private expand(urn: string): ReadonlySet<Registration> {
    const known = this.expanded.get(urn);
    if (known) return known;
    const found = new Set<Registration>();
    this.expanded.set(urn, found);
    const registration = this.byUrn.get(urn);
    if (!registration) return found;
    if (isObject(registration)) return found.add(registration);
    const below = registration.custom ? [] : (this.children.get(urn) ?? []).map(child => child.urn);
    for (const next of [...below, ...registration.dependencies]) {
      for (const each of this.expand(next)) found.add(each);
    }
    return found;
  }

  private ancestors(registration: Registration): Registration[] {
    const found: Registration[] = [];
    let parent = registration.parent && this.byUrn.get(registration.parent);
    while (parent) {
      found.push(parent);
      parent = parent.parent && this.byUrn.get(parent.parent);
    }
    return found;
  }
}

function isStack({ type }: Registration): boolean {
  return type === 'pulumi:pulumi:Stack';
}
