import type { GraphNode, Manifest } from '../constructs';

/** Something that a rule found wrong. */
export interface Problem {
  /** Construct path of the object. */
  readonly object: string;

  /** What is wrong with it, showing the value. */
  readonly message: string;
}

/** A problem, and the rule that found it. */
export interface Finding extends Problem {
  readonly policy: string;
  readonly fix: string;
}

/** Objects that belong together, for trying a rule. */
export type Tree = readonly Manifest[];

/** A rule over everything that is rendered. It reads and reports; it does not repair. */
export interface Policy {
  /** Short and unique, such as `pinned-images`: exceptions name it. */
  readonly id: string;

  /** Whether it stops the rendering, or is told. */
  readonly severity: 'mandatory' | 'advisory';

  /** Why the rule is there. */
  readonly reason: string;

  /** What to do about a problem. */
  readonly fix: string;

  readonly check: (objects: readonly GraphNode[]) => Problem[];

  /** Trees that pass and trees that do not: the rule is tried on them by `assertPolicyFixtures()`. */
  readonly fixtures: { readonly good: readonly Tree[]; readonly bad: readonly Tree[] };
}

/** An object that a rule does not hold for. */
export interface Exception {
  /** Id of the policy. */
  readonly policy: string;

  /** Construct path of the object, such as `cert-manager/Controller/Deployment`. */
  readonly object: string;

  /** Why it cannot be otherwise. */
  readonly reason: string;
}

/** A check that looks at one object at a time and tells what is wrong with it. */
export function eachObject(problemsOf: (manifest: Manifest) => readonly string[]): Policy['check'] {
  return objects =>
    objects.flatMap(({ id, manifest }) => problemsOf(manifest).map(message => ({ object: id, message })));
}
