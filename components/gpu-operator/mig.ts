import { acceleratorFacts, type NodePool } from '../../constructs';

/**
 * How devices are cut, for the MIG manager, as YAML: by the name that the label of a pool's nodes carries. Undefined
 * where no pool is cut.
 *
 * @throws Error where two pools mean different things by one profile
 */
export function migConfig(pools: readonly NodePool[]): string | undefined {
  const profiles = new Map<string, { readonly count: number; readonly pool: string }>();
  for (const { name: pool, gpu } of pools) {
    if (gpu?.mig === undefined) continue;
    const count = acceleratorFacts(gpu.type)?.mig[gpu.mig] ?? 1;
    const other = profiles.get(gpu.mig);
    if (other && other.count !== count) {
      throw new Error(
        `'pools' must have one number of instances of a MIG profile, got ${other.count} of '${gpu.mig}' in '${other.pool}' and ${count} in '${pool}'; the MIG manager tells them by the profile alone`,
      );
    }
    profiles.set(gpu.mig, { count, pool });
  }
  if (profiles.size === 0) return undefined;
  const lines = ['version: v1', 'mig-configs:', '  all-disabled:', '    - devices: all', '      mig-enabled: false'];
  for (const [profile, { count }] of profiles) {
    lines.push(
      ...[`  all-${profile}:`, '    - devices: all', '      mig-enabled: true'],
      ...['      mig-devices:', `        ${profile}: ${count}`],
    );
  }
  return `${lines.join('\n')}\n`;
}
