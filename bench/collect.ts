import { collect } from '../engine/deploy';
import { deployPlatform, renderFor } from '../stacks/program';
import { environmentOf } from './scale';

// Runs the program of about so many objects against the in-process monitor, and tells what that took.

async function main(): Promise<void> {
  const rendering = renderFor(environmentOf(Number(process.argv[2])));
  const kilobytes = () => process.memoryUsage().rss / 1024;
  const before = { at: performance.now(), memory: kilobytes() };
  const { resources } = await collect({
    stack: 'bench',
    project: 'flowyard',
    program: () => deployPlatform(rendering, {}),
  });
  const count = resources.length;
  const result = {
    objects: count,
    milliseconds: (performance.now() - before.at) / count,
    kilobytes: (kilobytes() - before.memory) / count,
  };
  process.stdout.write(JSON.stringify(result));
}

void main();
