import { status as clusterStatus, kubeconfigPath } from '../engine/control-plane';
import { status as stackStatus } from '../engine/deploy';
import { FlowyardError } from '../engine/errors';
import { colours as pc } from './colours';
import { presentTarget, stackOf, type TargetOptions } from './target';
import { count, Terminal } from './terminal';

/** `flowyard status`: what is deployed and how it fares. Changes nothing, starts nothing. */
export async function status(options: TargetOptions): Promise<number> {
  const terminal = new Terminal(options.json ?? false);
  const target = presentTarget(options, new AbortController().signal);
  const { name } = target.environment;
  if (target.embedded) {
    const { state, server } = await clusterStatus(name);
    terminal.say(`cluster ${pc.bold(name)}: ${state}${server ? `, ${server}` : ''}`);
    if (state !== 'running') {
      throw new FlowyardError(`cluster '${name}' is ${state}`, {
        next: `flowyard up --env ${name} brings it back with its data`,
      });
    }
  }
  const access = target.embedded ? { kubeconfig: kubeconfigPath(name) } : await target.access();
  const { exists, objects } = await stackStatus(stackOf(target, access));
  if (!exists) {
    terminal.say(`stack ${name} is not deployed; flowyard up --env ${name} does that`);
    terminal.result({ ok: true, deployed: false, objects });
    return 0;
  }
  const components = [...new Set(objects.map(({ component }) => component))].sort();
  terminal.table(
    components.map(component => {
      const own = objects.filter(object => object.component === component);
      const ready = own.filter(({ state }) => state === 'ready').length;
      return [
        ready === own.length ? pc.green('✔') : pc.red('✘'),
        component,
        pc.dim(`${ready} of ${count(own.length, 'object')} ready`),
      ];
    }),
  );
  const unwell = objects.filter(({ state }) => state !== 'ready');
  for (const { object, component, state, reason } of unwell) {
    terminal.say(
      `  ${component}: ${object.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name} is ${state}${reason ? `: ${reason}` : ''}`,
    );
  }
  terminal.result({ ok: unwell.length === 0, deployed: true, objects });
  return unwell.length === 0 ? 0 : 1;
}
