import { acceleratorFacts, accelerators, isNvidia, type NodePool } from '../../constructs';
import type { Environment } from '../schema';

type Pool = Environment['infrastructure']['nodePools'][number];

/** What of node pools does not fit together. */
export function poolProblems({ nodePools, devicePlugin, gpuOperator }: Environment['infrastructure']): string[] {
  return [
    ...pluginProblems(nodePools, devicePlugin, gpuOperator),
    ...nodePools.flatMap((pool, at) => {
      const path = `infrastructure.nodePools.${at}`;
      return [...gpuProblems(pool, `${path}.gpu`), ...scalingProblems(pool, `${path}.scaling`)];
    }),
  ];
}

function pluginProblems(
  nodePools: readonly Pool[],
  devicePlugin: boolean | undefined,
  gpuOperator: Environment['infrastructure']['gpuOperator'],
): string[] {
  const nvidia = nodePools.filter(pool => isNvidia(pool as NodePool)).map(({ name }) => name);
  const idle = (setting: string, got: string) =>
    `'infrastructure.${setting}' must be left out: no node pool has accelerators of NVIDIA, got ${got}`;
  const problems: string[] = [];
  if (devicePlugin && nvidia.length === 0) problems.push(idle('devicePlugin', 'true'));
  if (!gpuOperator) return problems;
  if (nvidia.length === 0) problems.push(idle('gpuOperator', JSON.stringify(gpuOperator)));
  if (devicePlugin) {
    problems.push(
      "'infrastructure.devicePlugin' must be left out beside 'infrastructure.gpuOperator', which runs a device plugin itself, got true",
    );
  }
  return [...problems, ...driverProblems(nvidia, gpuOperator)];
}

function driverProblems(
  nvidia: readonly string[],
  { driver, drivers }: NonNullable<Environment['infrastructure']['gpuOperator']>,
): string[] {
  if (!drivers) return [];
  const path = "'infrastructure.gpuOperator.drivers'";
  if (driver === 'nodes') return [`${path} must be left out beside 'driver' 'nodes', got ${JSON.stringify(drivers)}`];
  const strange = Object.keys(drivers).filter(pool => !nvidia.includes(pool));
  return strange.map(pool => `${path} must name node pools with accelerators of NVIDIA, got '${pool}'`);
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
