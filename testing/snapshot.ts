import type { GraphNode } from '../constructs';
import { toYaml } from '../stacks/yaml';

/**
 * One component as text: YAML, an object after the other by construct path, so that a difference reads like a review.
 * For any snapshot function.
 *
 * @param component id of the component; all objects when left out
 * @throws Error naming the components when none has that id
 *
 * @example
 * expect(snapshotOf(objects, 'minio')).toMatchSnapshot();
 */
export function snapshotOf(objects: readonly GraphNode[], component?: string): string {
  const own = objects.filter(node => component === undefined || node.component === component);
  if (own.length === 0) {
    const known = [...new Set(objects.map(node => `'${node.component}'`))].join(', ') || 'none';
    throw new Error(`'component' must be one of ${known}, got '${component}'`);
  }
  return [...own]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, manifest }) => `# ${id}\n${toYaml(manifest)}`)
    .join('---\n');
}
