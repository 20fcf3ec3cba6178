import { prepareBinaries } from '../engine/control-plane';
import { binaryLine } from './progress';
import { duration, Terminal } from './terminal';

/** `flowyard setup`: makes the binaries of the embedded control plane ready and does nothing else. */
export async function setup(options: { readonly json?: boolean }, signal: AbortSignal): Promise<number> {
  const terminal = new Terminal(options.json ?? false);
  const started = Date.now();
  const say = binaryLine(line => terminal.say(line));
  const binaries = await prepareBinaries({ signal, onProgress: say });
  terminal.say(`the control plane's binaries are ready (${duration(Date.now() - started)}); next: npm run up`);
  terminal.result({ ok: true, binaries });
  return 0;
}
