import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from './schema';

/** An environment of a name that no file has. */
export class UnknownEnvironment extends Error {
  public override readonly name = 'UnknownEnvironment';
}

const own = new Set(['define', 'index', 'load', 'schema']);

/** Folders that hold environments: the project's own, then the ones that come with the package. */
function folders(): string[] {
  return [...new Set([resolve('environments'), __dirname])].filter(existsSync);
}

/** Names of the environments that can be loaded. */
export function environmentNames(): string[] {
  const files = folders().flatMap(folder => readdirSync(folder));
  const names = files.filter(file => /(?<!\.d)\.[jt]s$/.test(file)).map(file => file.slice(0, -3));
  return [...new Set(names)].filter(name => !own.has(name)).sort();
}

/**
 * The environment of that name: the default export of `environments/NAME.ts`.
 *
 * @throws UnknownEnvironment naming the environments there are
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
    // A program of the user's, named at run time: it cannot be an import.
    if (file) return require(file).default;
  }
  throw new Error(`environments/${name}.ts was there and is gone`);
}
