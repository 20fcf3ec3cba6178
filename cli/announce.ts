import { gpuWords } from '../constructs';
import { kindsInWords } from '../stacks/kinds';
import { adviceOf, type Rendering } from '../stacks/render';
import { colours as pc } from './colours';
import type { Target } from './target';
import { count, type Terminal } from './terminal';

/** What will be there, known before any cluster is. */
export function announce(terminal: Terminal, rendering: Rendering, { embedded }: Target): void {
  const { components, objects, environment } = rendering;
  terminal.say(
    `${pc.bold('flowyard')} ${environment.name}: Kubeflow ${environment.platform.version}, ${count(components.length, 'component')}, ${count(objects.length, 'object')}`,
  );
  terminal.table(
    components.map(id => {
      const own = objects.filter(({ component }) => component === id);
      return [
        id,
        pc.dim(count(own.length, 'object')),
        pc.dim(kindsInWords(own.map(({ manifest }) => manifest.kind)).join(', ')),
      ];
    }),
  );
  for (const text of adviceOf(rendering)) terminal.warn(text);
  if (embedded) {
    const pools = environment.infrastructure.nodePools.map(
      ({ name, nodes, cpu, memory, gpu }) =>
        `${nodes} × ${name} (${cpu} CPU, ${memory}${gpu ? `, ${gpuWords(gpu)}` : ''})`,
    );
    terminal.say(`  ${pc.dim('nodes, simulated:')} ${pools.join(', ')}`);
  }
  terminal.say(
    `  ${pc.dim('tenants:')} ${environment.tenants.map(({ name, owner }) => `${name} (${owner})`).join(', ') || 'none'}`,
  );
  terminal.say();
}
