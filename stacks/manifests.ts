import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvironment } from '../environments';
import { renderProject } from './project';
import type { Rendering } from './render';
import { toYaml } from './yaml';

/** The first file: what objects of all other files may be in or of. */
const first = 'namespaces-and-crds';
const foundations = new Set(['CustomResourceDefinition', 'Namespace']);

/**
 * Writes a rendering as YAML: namespaces and CRDs, then one file per component, numbered in the order to apply them.
 * Applied one after the other, none refers to a namespace or a kind that is not there.
 *
 * @param rendering what to write
 * @param folder    emptied of older `.yaml` files first
 * @returns the files written
 */
export function writeManifests(rendering: Rendering, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (file.endsWith('.yaml')) rmSync(join(folder, file));
  const width = Math.max(2, String(rendering.components.length).length);
  const documents = new Map([first, ...rendering.components].map(name => [name, [] as string[]]));
  for (const { component, manifest } of rendering.objects) {
    documents.get(foundations.has(manifest.kind) ? first : component)!.push(toYaml(manifest));
  }
  const filled = [...documents].filter(([, texts]) => texts.length > 0);
  return filled.map(([name, texts], at) => {
    const file = join(folder, `${String(at).padStart(width, '0')}-${name}.yaml`);
    writeFileSync(file, texts.join('---\n'));
    return file;
  });
}

// `cdk8s synth` runs this file; its output folder holds one folder per environment.
if (require.main === module) {
  const name = process.env.FLOWYARD_ENV ?? 'local';
  writeManifests(renderProject(loadEnvironment(name)), join(process.env.CDK8S_OUTDIR ?? 'dist', name));
}
