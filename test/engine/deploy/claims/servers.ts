import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../../../engine/deploy';
import { Lab, type ServerName } from './lab';
import { goal, other } from './variants';
import { watchWrites } from './writes';

/** What happens to a server in the middle of a run; resolves when it is back. */
const harms: Record<string, (lab: Lab, server: ServerName, seconds: number) => Promise<void>> = {
  killed: async (lab, server, seconds) => {
    await lab.signal(server, 'SIGKILL');
    await sleep(seconds * 1000);
    await lab.start();
  },
  'stopped and continued': async (lab, server, seconds) => {
    await lab.signal(server, 'SIGSTOP');
    await sleep(seconds * 1000);
    await lab.signal(server, 'SIGCONT');
  },
  restarted: async (lab, server) => {
    await lab.signal(server, 'SIGTERM');
    for (let tries = 0; !(await lab.isGone(server)) && tries < 50; tries++) await sleep(100);
    if (!(await lab.isGone(server))) await lab.signal(server, 'SIGKILL');
    await lab.start();
  },
};

/**
 * F1: a server that fails in the middle of a run, for a shorter time than the engine is patient, is no failure of the run.
 *
 * @param points  how many writes of a run, spread evenly, each harm is done at
 * @param seconds how long a server is away, in turn
 * @param which   of the harms; with all of them, also what comes of a server that stays away
 */
export function putServersToTheTest(
  cluster: string,
  points: number,
  seconds: readonly number[],
  which: readonly string[] = Object.keys(harms),
): void {
  let lab: Lab;
  /** What runs that nothing disturbed end in. */
  const wanted = new Map<object, Record<string, unknown>>();

  beforeAll(async () => {
    // Controllers that have lost their API server look for it again at growing intervals, of up to half a minute.
    lab = await Lab.open(cluster, 240);
    for (const environment of [goal, other, goal]) {
      expect((await lab.up(environment)).failures).toEqual([]);
      wanted.set(environment, await lab.settled());
    }
  }, 300_000);
  afterAll(() => lab?.close(), 60_000);
  jest.setTimeout(3_600_000);

  const servers: ServerName[] = ['kube-apiserver', 'etcd'];
  const cases = servers.flatMap(server => which.map((harm): [ServerName, string] => [server, harm]));
  let runs = 0;
  test.each(cases)(`F1: %s %s at ${points} points: the same run ends as an undisturbed one`, async (server, harm) => {
    for (let at = 0; at < points; at++) {
      const environment = runs++ % 2 === 0 ? other : goal;
      const planned = await lab.plan(environment);
      const writes = planned.objects.filter(({ action }) => action !== 'unchanged').length;
      const point = 1 + Math.floor((at * writes) / points);
      const away = seconds[at % seconds.length]!;
      const secrets = await lab.secrets();
      let back: Promise<void> | undefined;
      const done = watchWrites({
        leaves: nth => {
          if (nth === point) back = harms[harm]!(lab, server, away);
        },
      });
      const result = await apply(planned).finally(done);
      await back;

      const what = `${server} ${harm} for ${away} s at write ${point} of ${writes}`;
      process.stderr.write(`${what}: ${result.seconds.toFixed(1)} s\n`);
      expect({ what, harmed: back !== undefined, failures: result.failures }).toEqual({
        ...{ what, harmed: true, failures: [] },
      });
      expect({ what, ok: result.ok }).toEqual({ what, ok: true });
      await lab.expectForm(wanted.get(environment)!, what);
      await lab.expectSameSecrets(secrets);
      await lab.expectQuiet(environment);
    }
  });

  // It takes as long as the engine is patient.
  if (which.length < Object.keys(harms).length) return;
  test('F1: an API server that stays away ends the run in bounded time, naming it, and the next run goes on', async () => {
    const environment = runs++ % 2 === 0 ? other : goal;
    const planned = await lab.plan(environment);
    let killed: Promise<void> | undefined;
    const done = watchWrites({
      leaves: nth => {
        if (nth === 5) killed = lab.signal('kube-apiserver', 'SIGKILL');
      },
    });
    const started = Date.now();
    const ended = await apply(planned)
      .then(
        ({ error }) => error!.message,
        (error: Error) => error.message,
      )
      .finally(done);
    await killed;

    expect(ended).toMatch(/the API server at https:\/\/127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/);
    expect(Date.now() - started).toBeLessThan(180_000);
    await lab.start();
    expect((await lab.up(environment)).failures).toEqual([]);
    await lab.expectForm(wanted.get(environment)!, 'after an API server that stayed away');
    await lab.expectQuiet(environment);
  });
}
