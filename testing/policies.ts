import type { GraphNode } from '../constructs';
import { type Exception, enforce, type Policy, PolicyViolations, type Tree } from '../policies';

/**
 * Holds objects to the platform's policies and to others, advisory ones too.
 *
 * @throws PolicyViolations listing each object that breaks one, with what to do
 *
 * @example
 * assertPolicies(renderComponent(app => new Minio(app, 'minio')));
 */
export function assertPolicies(
  objects: readonly GraphNode[],
  more: { readonly policies?: readonly Policy[]; readonly exceptions?: readonly Exception[] } = {},
): void {
  const advice = enforce(objects, more);
  if (advice.length > 0) throw new PolicyViolations(advice);
}

/**
 * Tries a policy on its own fixtures.
 *
 * @throws Error naming the fixtures that it takes for the opposite of what they are
 */
export function assertPolicyFixtures({ id, check, fixtures }: Policy): void {
  const refused = fixtures.good.flatMap((tree, at) =>
    check(nodesOf(tree)).map(({ message }) => `good fixture ${at} is refused: ${message}`),
  );
  const passed = fixtures.bad.flatMap((tree, at) =>
    check(nodesOf(tree)).length === 0 ? [`bad fixture ${at} is let through`] : [],
  );
  const missing = (['good', 'bad'] as const)
    .filter(side => fixtures[side].length === 0)
    .map(side => `no ${side} fixture`);
  const problems = [...missing, ...refused, ...passed];
  if (problems.length > 0) throw new Error(`policy '${id}':\n  ${problems.join('\n  ')}`);
}

function nodesOf(tree: Tree): GraphNode[] {
  return tree.map(manifest => ({
    id: `fixture/${manifest.kind}/${manifest.metadata.name}`,
    component: 'fixture',
    manifest,
  }));
}
