import { apply, destroy, plan, status } from '../../../../engine/deploy';
import { KubeClient } from '../../../../engine/deploy/client';
import { defineEnvironment } from '../../../../environments';
import { deployPlatform, renderFor } from '../../../../stacks/program';

// A deployer that dies without a word at its nth write: odd ones as the request leaves, even ones when it is answered.

const [command, kubeconfig = '', write = '0', settings = ''] = process.argv.slice(2);
const environment = defineEnvironment(JSON.parse(settings));
let writes = 0;
const die = () => process.kill(process.pid, 'SIGKILL');

type Call = (call: { method: string; path: string }) => Promise<unknown>;
const prototype = KubeClient.prototype as unknown as { call: Call };
const { call } = prototype;
prototype.call = async function (this: KubeClient, request) {
  const isWrite = request.method !== 'GET' && !/dryRun=All|selfsubjectaccessreviews/.test(request.path);
  const fatal = isWrite && ++writes === Number(write);
  if (fatal && writes % 2 === 1) setImmediate(die);
  const answer = await call.call(this, request);
  if (fatal) die();
  return answer;
};

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
