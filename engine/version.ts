import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package: of the checkout, or below `node_modules`. */
export const packageFolder = folderOf(__dirname);

const { version: own, engines } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));

/** Version of this package. */
export const version: string = own;

/** The oldest Node that runs it: its major version. */
export const oldestNode = Number(/\d+/.exec(engines.node)![0]);

function folderOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderOf(dirname(folder));
}
