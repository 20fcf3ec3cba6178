import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvironment } from '../environments';
import { renderProject } from './project';
import type { Rendering } from './render';
import { toYaml } from './yaml';

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
  const documents = new Map(rendering.components.map(component => [component, [] as string[]]));
  for (const { component, manifest } of rendering.objects) documents.get(component)!.push(toYaml(manifest));
  return [...documents].map(([component, texts], at) => {
    const file = join(folder, `${String(at + 1).padStart(width, '0')}-${component}.yaml`);
    writeFileSync(file, texts.join('---\n'));
    return file;
  });
}

// `cdk8s synth` runs this file; its output folder holds one folder per environment.
if (require.main === module) {
  const name = process.env.FLOWYARD_ENV ?? 'local';
  writeManifests(renderProject(loadEnvironment(name)), join(process.env.CDK8S_OUTDIR ?? 'dist', name));
}
