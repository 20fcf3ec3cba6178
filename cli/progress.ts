import type { BinaryEvent, ClusterEvent } from '../engine/control-plane';
import { colours as pc } from './colours';

/** Turns news of binaries into lines: a line when something begins or ends, and one every half minute between. */
export function binaryLine(say: (line: string) => void): (event: BinaryEvent) => void {
  const spoken = new Map<string, number>();
  return ({ binary, source, state, elapsedSeconds, remainingSeconds, message }) => {
    if (state === 'ready' && source === 'cache') return;
    const key = `${binary} ${source} ${state}`;
    const before = spoken.get(key);
    if (before !== undefined && elapsedSeconds - before < 30) return;
    spoken.set(key, elapsedSeconds);
    const rest = remainingSeconds ? pc.dim(`, about ${minutes(remainingSeconds)} left for all binaries`) : '';
    const doing = {
      waiting: 'waits for another process',
      working: doings[source],
      failed: 'not to be had',
      ready: 'ready',
    }[state];
    say(
      `  ${state === 'ready' ? pc.green('✔') : pc.dim('·')} ${binary} ${doing}${message ? `: ${message}` : ''}${state === 'ready' ? '' : rest}`,
    );
  };
}

const doings: Record<BinaryEvent['source'], string> = {
  cache: 'from the cache',
  path: 'looked for on the PATH',
  download: 'is downloaded',
  build: 'is built with go',
};

/** Turns news of a cluster into lines. */
export function clusterLine(say: (line: string) => void): (event: ClusterEvent) => void {
  const binary = binaryLine(say);
  return event => {
    if (event.kind === 'binary') binary(event);
    else say(`  ${pc.dim('·')} ${event.message}`);
  };
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
