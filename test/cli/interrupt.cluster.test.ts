import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory } from '../../engine/control-plane';
import { KubeClient } from '../../engine/deploy/client';
import { readKubeconfig } from '../../engine/deploy/kubeconfig';

jest.setTimeout(180_000);

/** A cache of its own, so that its cluster `local` is not the user's; the binaries are shared. */
const cache = mkdtempSync(join(tmpdir(), 'flowyard-interrupt-'));
symlinkSync(join(cacheDirectory(), 'bin'), join(cache, 'bin'));

afterAll(async () => {
  await flowyard('cluster', 'delete', 'local').ended;
  rmSync(cache, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

/** The command, as a user runs it. */
function flowyard(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const main = join(__dirname, '../../cli/main.ts');
  const env = { ...process.env, FLOWYARD_CACHE: cache };
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { env });
  let output = '';
  child.stdout.on('data', chunk => (output += chunk));
  child.stderr.on('data', chunk => (output += chunk));
  const started = Date.now();
  const ended = new Promise<Ended>(resolve =>
    child.on('close', (code, signal) => {
      // As a shell tells it: an interruption that comes while the process is on its way out ends it, too.
      resolve({ code: signal === 'SIGINT' ? 130 : code, output, seconds: (Date.now() - started) / 1000 });
    }),
  );
  return { child, ended };
}

const lock = '/apis/coordination.k8s.io/v1/namespaces/flowyard-system/leases/flowyard-lock-local';

/** Asks the cluster that the command has made. */
async function find(path: string): Promise<boolean> {
  const kubeconfig = join(cache, 'clusters', 'local', 'kubeconfig.yaml');
  if (!existsSync(kubeconfig)) return false;
  const client = new KubeClient(readKubeconfig(kubeconfig));
  try {
    return (await client.get(path)) !== undefined;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

/** Waits until a run has come so far. */
async function until(path: string, ended: Promise<Ended>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!(await find(path))) {
    if (over) throw new Error(`the run ended before ${path} was there: ${(await ended).output}`);
    await sleep(100);
  }
}

test('one interruption stops a run between two steps, another one at once, and the next run goes on', async () => {
  const first = flowyard('up');
  await until('/api/v1/namespaces/cert-manager', first.ended);
  first.child.kill('SIGINT');
  const stopped = await first.ended;
  expect(stopped.output).toMatch(/stopping after the current step; once more to stop at once/);
  expect({ code: stopped.code, locked: await find(lock) }).toEqual({ code: 130, locked: false });

  const second = flowyard('up');
  await until(lock, second.ended);
  second.child.kill('SIGINT');
  second.child.kill('SIGINT');
  await sleep(50);
  second.child.kill('SIGINT');
  expect(await second.ended).toMatchObject({ code: 130 });

  const third = await flowyard('up').ended;
  expect(third).toMatchObject({ code: 0, output: expect.stringMatching(/local is up in/) });
  expect(await flowyard('up').ended).toMatchObject({ code: 0, output: expect.stringMatching(/no changes/) });
});
