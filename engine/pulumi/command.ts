import * as fs from 'node:fs';
import * as path from 'node:path';
import type { PulumiCommand } from '@pulumi/pulumi/automation';
import { FlowyardError } from '../errors';

/** The oldest CLI that the stacks are known to run on. */
const OLDEST = [3, 250] as const;

/**
 * The Pulumi CLI: of the PATH, of the `pulumi` package of the project, or installed by the SDK into `folder`.
 *
 * @param folder  where it is installed if need be
 * @param project whose `node_modules` may have it
 * @throws FlowyardError naming the three ways when none can be had
 */
export async function findPulumi(folder: string, project: string): Promise<PulumiCommand> {
  const { PulumiCommand: Command } = await import('@pulumi/pulumi/automation/index.js');
  const causes: string[] = [];
  const attempts: [what: string, get: () => Promise<PulumiCommand>][] = [
    [
      'PATH',
      () => {
        // The package puts a command of the same name there; it comes after what the user has installed.
        const binaries = path.join(project, 'node_modules', '.bin');
        const folders = (process.env.PATH ?? '').split(path.delimiter);
        if (fs.existsSync(path.join(binaries, 'pulumi')) && !folders.includes(binaries)) {
          process.env.PATH = [...folders, binaries].join(path.delimiter);
        }
        return Command.get();
      },
    ],
    ['download', () => Command.install({ root: folder })],
  ];
  for (const [what, get] of attempts) {
    try {
      const command = await get();
      const { major = 0, minor = 0 } = command.version ?? {};
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return command;
      causes.push(`${what}: version ${command.version} is older than ${OLDEST.join('.')}`);
    } catch (error) {
      causes.push(`${what}: ${(error as Error).message.trim().split('\n')[0]}`);
    }
  }
  throw new FlowyardError(`the Pulumi CLI cannot be had (${causes.join('; ')})`, {
    next: 'install it from https://www.pulumi.com/docs/install, add the npm package `pulumi`, or let the SDK download it from get.pulumi.com',
    code: 2,
  });
}
