import type { GraphNode } from '../constructs';
import { exceptions as ownExceptions } from './exceptions';
import type { Exception, Finding, Policy } from './policy';
import { policies as ownPolicies } from './rules';

/** Objects that mandatory policies refuse, all of them at once. */
export class PolicyViolations extends Error {
  public override readonly name = 'PolicyViolations';

  constructor(public readonly findings: readonly Finding[]) {
    const count = findings.length === 1 ? '1 object breaks a policy' : `${findings.length} breaches of policies`;
    super(`${count}:\n  ${findings.map(findingText).join('\n  ')}`);
  }
}

/** A finding in one line. */
export function findingText({ object, message, policy, fix }: Finding): string {
  return `${object}: ${message}; ${fix} (policy '${policy}')`;
}

/** Rules and exceptions beside the platform's own. */
export interface MorePolicies {
  /** @default - none */
  readonly policies?: readonly Policy[];

  /** @default - none */
  readonly exceptions?: readonly Exception[];
}

/**
 * Holds rendered objects to the platform's policies and to `more`.
 *
 * @returns what advisory policies found
 * @throws PolicyViolations listing what mandatory ones found
 * @throws Error when an exception names no policy, or two policies have one id
 */
export function enforce(objects: readonly GraphNode[], more: MorePolicies = {}): Finding[] {
  const policies = [...ownPolicies, ...(more.policies ?? [])];
  const exceptions = [...ownExceptions, ...(more.exceptions ?? [])];
  checkIds(policies, exceptions);
  const excepted = new Set(exceptions.map(({ policy, object }) => `${policy} ${object}`));
  const found = policies.flatMap(policy =>
    policy
      .check(objects)
      .filter(({ object }) => !excepted.has(`${policy.id} ${object}`))
      .map(problem => ({ severity: policy.severity, finding: { ...problem, policy: policy.id, fix: policy.fix } })),
  );
  const of = (severity: Policy['severity']) =>
    found.filter(each => each.severity === severity).map(({ finding }) => finding);
  const refused = of('mandatory');
  if (refused.length > 0) throw new PolicyViolations(refused);
  return of('advisory');
}

function checkIds(policies: readonly Policy[], exceptions: readonly Exception[]): void {
  const ids = new Set<string>();
  for (const { id } of policies) {
    if (ids.has(id)) throw new Error(`'policies' must have an id each, got '${id}' twice`);
    ids.add(id);
  }
  for (const { policy, object } of exceptions) {
    if (!ids.has(policy)) {
      throw new Error(
        `'exceptions' for '${object}' must name one of the policies '${[...ids].join("', '")}', got '${policy}'`,
      );
    }
  }
}
