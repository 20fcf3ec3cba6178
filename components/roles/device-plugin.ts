import { gpuResource, type NodePool } from '../../constructs';

/** What NVIDIA's device plugin is told for each pool, by the pool's name; as YAML. */
export function devicePluginSettings(pools: readonly NodePool[]): Record<string, string> {
  return Object.fromEntries(pools.map(pool => [pool.name, settingsOf(pool)]));
}

function settingsOf(pool: NodePool): string {
  const { mig, sharing } = pool.gpu!;
  // All devices of a pool are cut alike: pods ask for instances by the name that whole devices have.
  const lines = ['version: v1', 'flags:', `  migStrategy: ${mig === undefined ? 'none' : 'single'}`];
  if (sharing) {
    lines.push('sharing:', `  ${sharing.strategy}:`);
    // Two shares would be no more than one. For MPS the plugin refuses them unasked.
    if (sharing.strategy === 'timeSlicing') lines.push('    failRequestsGreaterThanOne: true');
    lines.push('    resources:', `      - name: ${gpuResource(pool)}`, `        replicas: ${sharing.clients}`);
  }
  return `${lines.join('\n')}\n`;
}
