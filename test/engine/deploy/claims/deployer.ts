import { apply, destroy, plan, status } from '../../../../engine/deploy';
import { defineEnvironment } from '../../../../environments';
import { deployPlatform, renderFor } from '../../../../stacks/program';
import { watchWrites } from './writes';

// A deployer that dies without a word at its nth write: odd ones as the request leaves, even ones when it is answered.

const [command, kubeconfig = '', write = '0', settings = ''] = process.argv.slice(2);
const environment = defineEnvironment(JSON.parse(settings));
const fatal = Number(write);
let writes = 0;
const die = () => process.kill(process.pid, 'SIGKILL');
watchWrites({
  leaves: nth => {
    writes = nth;
    if (nth === fatal && nth % 2 === 1) setImmediate(die);
  },
  answered: nth => {
    if (nth === fatal) die();
  },
});

const options = { stack: 'claims', project: 'flowyard', kubeconfig, readySeconds: 60 };
const program = () => deployPlatform(renderFor(environment), { kubeconfig });

async function main(): Promise<void> {
  if (command === 'up') {
    const first = await plan({ ...options, program });
    const acknowledge = first.refusals.flatMap(each => each.acknowledge ?? []);
    const result = await apply({ ...options, program, acknowledge });
    process.stdout.write(`${JSON.stringify({ ok: result.ok, writes })}\n`);
  } else {
    const { objects } = await status(options);
    const acknowledge = objects.map(({ object: { kind, namespace, name } }) =>
      [kind, namespace, name].filter(Boolean).join('/'),
    );
    const result = await destroy({ ...options, acknowledge });
    process.stdout.write(`${JSON.stringify({ ok: result.ok, writes })}\n`);
  }
}

main().catch(error => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
