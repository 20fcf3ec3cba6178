import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { GraphNode, Manifest } from '../constructs';
import { protectionOf } from '../stacks/protection';
import { nameOf } from './objects';

/**
 * Makes sure that nothing which holds data would be deleted on the way from one rendering to another: tenants, volumes,
 * and what deletes them with itself.
 *
 * @param before      what is deployed
 * @param after       what is to be deployed
 * @param acknowledge objects that may go, such as `Profile/team-vision`
 * @throws Error naming each object that would go, and what it holds
 *
 * @example
 * assertKeepsData(readManifests('deployed/prod'), renderEnvironment(prod).objects);
 */
export function assertKeepsData(
  before: readonly { readonly manifest: Manifest }[],
  after: readonly { readonly manifest: Manifest }[],
  acknowledge: readonly string[] = [],
): void {
  const kept = new Set(after.map(({ manifest }) => keyOf(manifest)));
  const problems = before.flatMap(({ manifest }) => {
    const reason = protectionOf(manifest);
    if (reason === undefined || kept.has(keyOf(manifest)) || acknowledge.includes(nameOf(manifest))) return [];
    return [`${nameOf(manifest)}: ${reason}`];
  });
  if (problems.length === 0) return;
  throw new Error(
    `${problems.length === 1 ? '1 object that holds data' : `${problems.length} objects that hold data`} would be deleted; ` +
      `put them back, or acknowledge each by its name:\n  ${problems.join('\n  ')}`,
  );
}

/**
 * Reads what `flowyard synth` has written, for instance of the branch that is deployed.
 *
 * @param folder with its numbered `.yaml` files
 */
export function readManifests(folder: string): GraphNode[] {
  const files = readdirSync(folder).filter(file => file.endsWith('.yaml'));
  if (files.length === 0) throw new Error(`'folder' must be one that \`flowyard synth\` has written, got '${folder}'`);
  return files.sort().flatMap(file =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
      .map(document => document.toJS() as Manifest)
      .map(manifest => {
        const component: string = manifest.metadata.labels!['flowyard.dev/component']!;
        return { id: `${component}/${nameOf(manifest)}`, component, manifest };
      }),
  );
}

/** An object stays the same when its kind is served in another version. */
function keyOf(manifest: Manifest): string {
  return `${manifest.apiVersion.split('/').slice(0, -1).join()} ${nameOf(manifest)}`;
}
