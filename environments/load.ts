import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineEnvironment, InvalidEnvironment } from './define';
import type { Environment } from './schema';
import { defaultExport } from './user-file';

/** An environment of a name that no file has. */
export class UnknownEnvironment extends Error {
  public override readonly name = 'UnknownEnvironment';
}

/** Files of this folder that are no environments. */
const own = new Set(['define', 'index', 'load', 'schema', 'user-file']);

/** Folders that hold environments: the project's own, then the ones that come with the package. */
function folders(): string[] {
  return [...new Set([resolve('environments'), __dirname])].filter(existsSync);
}

/** Names of the environments that can be loaded. */
export function environmentNames(): string[] {
  const names = folders().flatMap(folder =>
    readdirSync(folder)
      .filter(file => /(?<!\.d)\.[jt]s$/.test(file))
      .map(file => file.slice(0, -3))
      .filter(name => folder !== __dirname || !own.has(name)),
  );
  return [...new Set(names)].sort();
}

/**
 * The environment of that name: the default export of `environments/NAME.ts`.
 *
 * @throws UnknownEnvironment naming the environments there are
 * @throws InvalidEnvironment when the file does not run, or what it exports is not an environment of that name
 */
export function loadEnvironment(name: string): Environment {
  const known = environmentNames();
  if (!known.includes(name)) {
    throw new UnknownEnvironment(
      `'--env' must be one of '${known.join("', '")}', got '${name}'; add environments/${name}.ts to make it`,
    );
  }
  for (const folder of folders()) {
    const file = ['ts', 'js'].map(ending => join(folder, `${name}.${ending}`)).find(existsSync);
    if (file) return read(name, file);
  }
  throw new Error(`environments/${name}.ts was there and is gone`);
}

function read(name: string, file: string): Environment {
  const settings = defaultExport(file, problem => new InvalidEnvironment(name, [problem])) as Environment | undefined;
  if (settings === undefined) {
    throw new InvalidEnvironment(name, [`${file} must have 'export default defineEnvironment({ … })'`]);
  }
  // Checked once more: an export may have gone another way.
  const environment = defineEnvironment(settings);
  if (environment.name === name) return environment;
  throw new InvalidEnvironment(name, [`'name' must be that of the file, '${name}', got '${environment.name}'`]);
}
