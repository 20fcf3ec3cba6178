import { COMPONENTS, type Component, kubeconfigPath, list, logs, remove, status, stop } from '../engine/control-plane';
import { FlowyardError } from '../engine/errors';
import { environmentNames, loadEnvironment } from '../environments';
import { localCluster } from '../stacks/local';
import { colours as pc } from './colours';
import { clusterLine } from './progress';
import { duration, Terminal } from './terminal';

interface Options {
  readonly json?: boolean;
}

const terminalOf = (options: Options) => new Terminal(options.json ?? false);

export async function listClusters(options: Options): Promise<number> {
  const terminal = terminalOf(options);
  const clusters = await Promise.all(list().map(name => status(name)));
  if (clusters.length === 0) terminal.say('no embedded control plane on this machine; `npm run up` makes one');
  else
    terminal.table([
      ['NAME', 'STATE', 'SERVER'],
      ...clusters.map(({ name, state, server = '-' }) => [name, state, server]),
    ]);
  terminal.result({ ok: true, clusters });
  return 0;
}

export async function startCluster(name: string, options: Options, signal: AbortSignal): Promise<number> {
  const terminal = terminalOf(options);
  const started = Date.now();
  if (!environmentNames().includes(name)) {
    throw new FlowyardError(`no environment gives the node pools of cluster '${name}'`, {
      next: `add environments/${name}.ts`,
      code: 2,
    });
  }
  await localCluster(loadEnvironment(name), { signal, onProgress: clusterLine(line => terminal.say(line)) });
  terminal.say(`cluster ${name} answers (${duration(Date.now() - started)})`);
  terminal.result({ ok: true, ...(await status(name)) });
  return 0;
}

export async function stopCluster(name: string, options: Options): Promise<number> {
  const terminal = terminalOf(options);
  await existing(name);
  await stop(name);
  terminal.say(`cluster ${name} is stopped; its data stays, and \`up\` starts it again`);
  terminal.result({ ok: true, name });
  return 0;
}

export async function deleteCluster(name: string, options: Options): Promise<number> {
  const terminal = terminalOf(options);
  await existing(name);
  await remove(name);
  terminal.say(`cluster ${name} is deleted with its data`);
  terminal.result({ ok: true, name });
  return 0;
}

export async function clusterStatus(name: string, options: Options): Promise<number> {
  const terminal = terminalOf(options);
  const found = await status(name);
  const { state, server, components, healthy } = found;
  terminal.say(`cluster ${pc.bold(name)}: ${state}${server ? `, ${server}` : ''}`);
  terminal.table(
    components.map(({ name, pid, port, healthy }) => [
      healthy ? pc.green('✔') : pc.red('✘'),
      name,
      pid ? `pid ${pid}` : '-',
      `port ${port}`,
    ]),
  );
  terminal.result({ ok: healthy, ...found });
  return healthy ? 0 : 1;
}

export async function connectCluster(name: string, options: Options): Promise<number> {
  const terminal = terminalOf(options);
  await existing(name);
  const kubeconfig = kubeconfigPath(name);
  terminal.say(`export KUBECONFIG=${kubeconfig}`);
  terminal.result({ ok: true, name, kubeconfig });
  return 0;
}

export async function clusterLogs(name: string, options: Options & { readonly component: string }): Promise<number> {
  const terminal = terminalOf(options);
  await existing(name);
  if (!COMPONENTS.includes(options.component as Component)) {
    throw new FlowyardError(`'--component' must be one of '${COMPONENTS.join("', '")}', got '${options.component}'`, {
      code: 2,
    });
  }
  const text = await logs(name, options.component as Component);
  terminal.say(text.trimEnd());
  terminal.result({ ok: true, name, component: options.component, text });
  return 0;
}

async function existing(name: string): Promise<void> {
  if (list().includes(name)) return;
  throw new FlowyardError(`there is no cluster '${name}' on this machine`, {
    next: `clusters there are: ${list().join(', ') || 'none'}`,
    code: 2,
  });
}
