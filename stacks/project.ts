import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../environments';
import { defaultExport } from '../environments/user-file';
import { type Distribution, defineDistribution, InvalidDistribution } from './distribution';
import { renderEnvironment } from './platform';
import type { Rendering } from './render';

/** The file in which a fork says what it changes. */
export const configFile = 'flowyard.config';

/**
 * What the project in the working directory changes of the platform: the default export of `flowyard.config.ts`.
 *
 * @returns nothing to change when there is no such file
 * @throws InvalidDistribution when the file does not run, or what it exports is no distribution
 */
export function loadDistribution(): Distribution {
  const file = ['ts', 'js'].map(ending => resolve(`${configFile}.${ending}`)).find(existsSync);
  if (!file) return {};
  const distribution = defaultExport(file, problem => new InvalidDistribution([problem]));
  if (typeof distribution === 'object' && distribution !== null) return defineDistribution(distribution);
  throw new InvalidDistribution([`${file} must have 'export default defineDistribution({ … })'`]);
}

/** Renders an environment with what the project changes: what the commands and `pulumi up` deploy. */
export function renderProject(environment: Environment): Rendering {
  return renderEnvironment(environment, loadDistribution());
}
