import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadEnvironment } from '../environments';
import { renderEnvironment } from './platform';
import type { Rendering } from './render';

/**
 * Writes a rendering as YAML, one file per component, numbered in the order to apply them.
 *
 * @param rendering what to write
 * @param folder    emptied of older `.yaml` files first
 * @returns the files written
 */
export function writeManifests(rendering: Rendering, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.yaml')) rmSync(join(folder, file));
  const width = Math.max(2, String(rendering.components.length).length);
  return rendering.components.map((component, at) => {
    const objects = rendering.objects.filter(object => object.component === component);
    const file = join(folder, `${String(at + 1).padStart(width, '0')}-${component}.yaml`);
    writeFileSync(
      file,
      objects.map(({ manifest }) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
    );
    return file;
  });
}

// `cdk8s synth` runs this file; its output folder holds one folder per environment.
if (require.main === module) {
  const name = process.env.FLOWYARD_ENV ?? 'local';
  writeManifests(renderEnvironment(loadEnvironment(name)), join(process.env.CDK8S_OUTDIR ?? 'dist', name));
}
