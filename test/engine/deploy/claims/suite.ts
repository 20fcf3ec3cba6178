import { spawn } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { apply, type Plan } from '../../../../engine/deploy';
import { objectPath } from '../../../../engine/deploy/discovery';
import { Seeded } from '../../../support/seeded';
import { differing, Lab, type Sent } from './lab';
import { goal, other, variant } from './variants';

/** How often each claim is put to the test. */
export interface Sizes {
  readonly sequences: number;
  readonly kills: number;

  /** When deployers are killed. */
  readonly phases: readonly ('install' | 'update' | 'destroy')[];
  readonly rounds: number;
}

/** Seed of everything that is left to chance; another one with FLOWYARD_SEED. */
const seed = Number(process.env.FLOWYARD_SEED ?? 20260311);

/** What the engine promises, each promise as a program. */
export function putToTheTest(cluster: string, sizes: Sizes): void {
  let lab: Lab;
  /** The cluster before anything was deployed, and after a run that nothing disturbed. */
  let empty: Record<string, unknown>;
  let fresh: Record<string, unknown>;
  let outputs = '';

  beforeAll(async () => {
    process.stderr.write(`claims: seed ${seed}, ${JSON.stringify(sizes)}\n`);
    lab = await Lab.open(cluster);
    empty = await lab.normalForm();
    const since = lab.mark();
    const result = await lab.up(goal);
    expect(result.failures).toEqual([]);
    expect(lab.writes(since).filter(({ code }) => code >= 400)).toEqual([]);
    fresh = await lab.settled();
  }, 300_000);
  afterAll(() => lab?.close(), 60_000);
  jest.setTimeout(3_600_000);

  test('C1: a second run writes nothing, and no object of the whole cluster moves', async () => {
    const before = await lab.versions();
    await lab.expectQuiet(goal);

    expect(differing(before, await lab.versions())).toEqual([]);
  });

  test('C6: nothing is sent before what it needs', async () => {
    expect((await lab.destroy()).ok).toBe(true);
    const since = lab.mark();
    const planned = await lab.plan(goal);
    expect((await apply(planned)).ok).toBe(true);

    const sent = new Map(lab.objectWrites(since).map(({ path: at, time }) => [at, time]));
    const at = (key: string) => sent.get(uri(planned, key))!;
    const early = planned.objects.flatMap(({ key, dependsOn }) =>
      dependsOn.filter(dependency => at(dependency) > at(key)).map(dependency => `${key} before ${dependency}`),
    );
    expect(early).toEqual([]);
    expect(planned.objects.every(({ key }) => sent.has(uri(planned, key)))).toBe(true);
  });

  test(`C2, C7: ${sizes.sequences} sequences of environments end where a fresh install does, each step as previewed`, async () => {
    const seeded = new Seeded(seed);
    for (let sequence = 0; sequence < sizes.sequences; sequence++) {
      const steps = [...Array.from({ length: 1 + seeded.below(2) }, () => variant(seeded)), goal];
      for (const [step, environment] of steps.entries()) {
        const what = `sequence ${sequence}, step ${step}`;
        const secrets = await lab.secrets();
        const planned = await lab.plan(environment);
        const since = lab.mark();
        const result = await apply(planned);
        if (!result.ok) throw new Error(`${what}: ${result.error!.message}`);
        expect({ what, sent: operations(lab.objectWrites(since)) }).toEqual({ what, sent: previewed(planned) });
        await lab.expectSameSecrets(secrets);
      }
      await lab.expectForm(fresh, `sequence ${sequence}`);
    }
    await lab.expectQuiet(goal);
  });

  const phases = [
    ['install', 'up', undefined, goal],
    ['update', 'up', goal, other],
    ['destroy', 'destroy', goal, undefined],
  ] as const;
  test.each(phases.filter(([phase]) => sizes.phases.includes(phase)))(
    `C3: a deployer killed during %s at ${sizes.kills} points is made good by the same command`,
    async (what, command, from, to) => {
      const prepare = async () => {
        if (from) expect((await lab.up(from)).failures).toEqual([]);
        else expect((await lab.destroy()).failures).toEqual([]);
      };
      const finish = async () => (to ? lab.up(to) : lab.destroy());
      await prepare();
      const since = lab.mark();
      expect((await finish()).failures).toEqual([]);
      const writes = lab.writes(since).length;
      const wanted = to ? (to === goal ? fresh : await lab.settled()) : empty;
      const points = [...Array(sizes.kills).keys()].map(at => 1 + Math.floor((at * writes) / sizes.kills));
      process.stderr.write(`${what}: ${writes} writes, killed at ${[...new Set(points)].join(' ')}\n`);
      for (const point of points) {
        await prepare();
        const before = await lab.secrets();
        const killed = lab.runAndKill(command, to ?? goal, point);
        outputs += killed.output;
        // The last writes are a matter of timing: a run may come to its end first.
        if (point < writes - 4) expect({ point, ...killed }).toMatchObject({ point, signal: 'SIGKILL' });
        const half = await lab.secrets();
        const recovered = await finish();
        expect({ what, point, failures: recovered.failures }).toEqual({ what, point, failures: [] });
        await lab.expectForm(wanted, `${what} killed at write ${point}`);
        if (to) {
          await lab.expectSameSecrets({ ...half, ...before });
          await lab.expectQuiet(to);
        }
      }
    },
  );

  test('C8: of two deployers that start at once one writes, and the other names it', async () => {
    expect((await lab.up(goal)).failures).toEqual([]);
    const since = lab.mark();
    const ended = await Promise.all([run(), run()]);
    outputs += ended.map(({ output }) => output).join('');

    const codes = ended.map(({ code }) => code).sort();
    const loser = ended.find(({ code }) => code !== 0);
    expect(codes).toEqual([0, 1]);
    expect(loser!.output).toMatch(
      new RegExp(`is being changed by ${os.hostname()} pid \\d+, since \\d{4}-|was changed by another run`),
    );
    const patched = lab.objectWrites(since).flatMap(({ verb, path: at }) => (verb === 'patch' ? at : []));
    expect(patched).toEqual([...new Set(patched)]);
    await lab.expectQuiet(other);

    function run(): Promise<{ code: number | null; output: string }> {
      const script = path.join(__dirname, 'deployer.ts');
      const child = spawn(process.execPath, [
        '--import',
        'tsx',
        script,
        'up',
        lab.kubeconfig,
        '0',
        JSON.stringify(other),
      ]);
      let output = '';
      child.stdout.on('data', chunk => (output += chunk));
      child.stderr.on('data', chunk => (output += chunk));
      return new Promise(resolve => child.on('close', code => resolve({ code, output })));
    }
  });

  test(`nemesis: ${sizes.rounds} rounds of changes, edits, deletions and kills converge in at most three runs`, async () => {
    const seeded = new Seeded(seed + 1);
    let environment = goal;
    for (let round = 0; round < sizes.rounds; round++) {
      const act = seeded.pick(['change', 'edit', 'delete', 'kill'] as const);
      if (act === 'change' || act === 'kill') environment = variant(seeded);
      if (act === 'kill') lab.runAndKill('up', environment, 1 + seeded.below(60));
      if (act === 'edit' || act === 'delete') await meddle(seeded, act);
      let runs = 0;
      let message = '';
      for (; runs < 3; runs++) {
        const result = await lab.up(environment);
        if (result.ok) break;
        message = result.error!.message;
      }
      if (runs === 3) throw new Error(`round ${round}, ${act}: does not converge: ${message}`);
      await lab.expectQuiet(environment);
    }
    expect((await lab.up(goal)).failures).toEqual([]);
    await lab.expectForm(fresh, 'after the nemesis');
  });

  /** What somebody with kubectl does to an object of ours. */
  async function meddle(seeded: Seeded, act: 'edit' | 'delete'): Promise<void> {
    const planned = await lab.plan(goal);
    const kinds = ['ConfigMap', 'Deployment', 'NetworkPolicy', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'];
    const victim = seeded.pick(planned.objects.filter(({ object, uid }) => uid && kinds.includes(object.kind)));
    const at = objectPath(victim.type, victim.object);
    if (act === 'delete') await lab.client.delete(at);
    else {
      const live = (await lab.client.get(at))!;
      live.metadata.labels = { ...live.metadata.labels, 'app.kubernetes.io/part-of': 'somebody-else' };
      if (live.data) live.data = { ...live.data, meddled: 'yes' };
      if (live.spec?.replicas !== undefined) live.spec.replicas = 3;
      await lab.client.update(at, live);
    }
  }

  test('no generated secret is in what deployers print, in plans or in what the engine remembers', async () => {
    const plain = await lab.generated();
    const values = plain.map(value => Buffer.from(value).toString('base64'));
    const { items: maps } = await lab.client.list('/api/v1/namespaces/flowyard-system/configmaps');
    const planned = await lab.plan(other);
    const shown = JSON.stringify(planned.objects.map(({ changes, reason }) => ({ changes, reason })));
    const text = outputs + JSON.stringify(maps) + shown;

    expect(plain.filter(value => value?.length >= 20).length).toBeGreaterThan(2);
    expect([...values, ...plain].filter(value => text.includes(value))).toEqual([]);
  });
}

function uri(planned: Plan, key: string): string {
  const { type, object } = planned.objects.find(each => each.key === key)!;
  return objectPath(type, object);
}

/** What a plan says will be sent. */
function previewed(planned: Plan): string[] {
  const verbs: Record<string, string[]> = {
    create: ['patch'],
    update: ['patch'],
    replace: ['delete', 'patch'],
    delete: ['delete'],
  };
  return planned.objects
    .flatMap(({ action, type, object }) => (verbs[action] ?? []).map(verb => `${verb} ${objectPath(type, object)}`))
    .sort();
}

/** What was sent. Aggregated roles that their controller made anew are deleted once more. */
function operations(sent: readonly Sent[]): string[] {
  return [...new Set(sent.map(({ verb, path: at }) => `${verb} ${at}`))].sort();
}
