import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../constructs';
import { toYaml } from '../yaml';
import type { Unit } from './units';

/** Objects by the file that they are written to. */
export type Output = Record<string, readonly Manifest[]>;

/** The file of a unit's objects; each has a folder of its own, since controllers follow folders. */
export function unitFile({ name }: Pick<Unit, 'name'>): string {
  return `objects/${name}/objects.yaml`;
}

/** The object with more annotations, sorted as all of its keys are. */
export function annotated(manifest: Manifest, more: Readonly<Record<string, string>>): Manifest {
  const all = Object.entries({ ...manifest.metadata.annotations, ...more });
  if (all.length === 0) return manifest;
  const annotations = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** What an earlier output may have left: files of ours only. */
const ours = /^((root|settings)|(applications|kustomizations)\/[^/]+|objects\/[^/]+\/objects)\.yaml$/;

/**
 * Writes an output.
 *
 * @param folder where an earlier output is replaced and other files are left alone
 * @returns paths of the files, below the folder
 */
export function writeOutput(output: Output, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (ours.test(entry)) rmSync(join(folder, entry));
  }
  return Object.entries(output).map(([file, manifests]) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), manifests.map(toYaml).join('---\n'));
    return file;
  });
}
