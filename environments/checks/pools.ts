import { acceleratorFacts, accelerators, gpuResource, type NodePool } from '../../constructs';
import type { Environment } from '../schema';

type Pool = Environment['infrastructure']['nodePools'][number];

/** What of node pools does not fit together. */
export function poolProblems({ nodePools, devicePlugin }: Environment['infrastructure']): string[] {
  const nvidia = nodePools.some(pool => gpuResource(pool as NodePool)?.startsWith('nvidia.com/'));
  const idle = "'infrastructure.devicePlugin' must be left out: no node pool has accelerators of NVIDIA, got true";
  return [
    ...(devicePlugin && !nvidia ? [idle] : []),
    ...nodePools.flatMap((pool, at) => {
      const path = `infrastructure.nodePools.${at}`;
      return [...gpuProblems(pool, `${path}.gpu`), ...scalingProblems(pool, `${path}.scaling`)];
    }),
  ];
}

function gpuProblems({ gpu }: Pool, path: string): string[] {
  if (!gpu) return [];
  const facts = acceleratorFacts(gpu.type);
  if (!facts) {
    if (!gpu.resource) {
      return [
        `'${path}.type' must be one of ${quoted(Object.keys(accelerators))}, or have the 'resource' of another vendor, got '${gpu.type}'`,
      ];
    }
    const foreign = (['mig', 'sharing'] as const).filter(key => gpu[key] !== undefined);
    return foreign.map(key => `'${path}.${key}' must be left out: it is for NVIDIA's products, got type '${gpu.type}'`);
  }
  const problems: string[] = [];
  const profiles = Object.keys(facts.mig);
  if (gpu.mig !== undefined && profiles.length === 0) {
    problems.push(`'${path}.mig' must be left out: '${gpu.type}' cannot be cut, got '${gpu.mig}'`);
  } else if (gpu.mig !== undefined && !profiles.includes(gpu.mig)) {
    problems.push(`'${path}.mig' must be one of ${quoted(profiles)} for '${gpu.type}', got '${gpu.mig}'`);
  }
  if (gpu.mig !== undefined && gpu.sharing?.strategy === 'mps') {
    problems.push(`'${path}.sharing.strategy' must be 'timeSlicing' beside 'mig', got 'mps'`);
  }
  return problems;
}

function scalingProblems({ nodes, scaling }: Pool, path: string): string[] {
  if (!scaling || (scaling.min <= nodes && nodes <= scaling.max)) return [];
  return [`'${path}' must have 'nodes' (${nodes}) between its bounds, got ${scaling.min} to ${scaling.max}`];
}

function quoted(names: readonly string[]): string {
  return `'${names.join("', '")}'`;
}
