import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** What a whole process took. */
export interface Measured {
  readonly userSeconds: number;
  readonly wallSeconds: number;
  readonly peakMegabytes: number;
  readonly stdout: string;
}

const GNU_TIME = '/usr/bin/time';

/**
 * Runs a command and measures it from outside, as the operating system accounts for it.
 *
 * @throws Error when it fails, or where GNU time is missing
 */
export function measure(command: readonly string[], env: NodeJS.ProcessEnv = {}): Measured {
  if (!fs.existsSync(GNU_TIME)) throw new Error(`benchmarks need GNU time at ${GNU_TIME}: install the package 'time'`);
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-time-')), 'report');
  const ended = spawnSync(GNU_TIME, ['-o', report, '-f', '%U %e %M', ...command], {
    ...{ encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, ...env } },
  });
  const last = fs.existsSync(report) ? fs.readFileSync(report, 'utf8').trim().split('\n').at(-1)! : '';
  fs.rmSync(path.dirname(report), { recursive: true });
  if (ended.status !== 0) {
    throw new Error(`${command.join(' ').slice(0, 200)} ended with ${ended.status}:\n${ended.stderr.slice(-2_000)}`);
  }
  const [userSeconds = 0, wallSeconds = 0, kilobytes = 0] = last.split(' ').map(Number);
  return { userSeconds, wallSeconds, peakMegabytes: kilobytes / 1024, stdout: ended.stdout };
}

/** Runs commands in turn, A B A B …, so that a machine whose speed drifts is fair to both; the median of each. */
export function inTurn(runs: number, ...commands: readonly (() => Measured)[]): Measured[] {
  const results = commands.map(() => [] as Measured[]);
  for (let run = 0; run < runs; run++) for (const [at, command] of commands.entries()) results[at]!.push(command());
  return results.map(each => ({
    userSeconds: median(each.map(({ userSeconds }) => userSeconds)),
    wallSeconds: median(each.map(({ wallSeconds }) => wallSeconds)),
    peakMegabytes: Math.max(...each.map(({ peakMegabytes }) => peakMegabytes)),
    stdout: each[0]!.stdout,
  }));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** This package, run from its sources as users of the checkout do. */
export function script(name: string, ...args: (string | number)[]): string[] {
  return [process.execPath, '--import', 'tsx', path.join(__dirname, name), ...args.map(String)];
}
