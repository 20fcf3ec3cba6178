import type { Construct } from 'constructs';
import { type NodePool, poolLabel } from '../../constructs';
import { driverDefaults, poolTolerations, splitImage } from './cluster-policy';
import { release } from './release';
import { NvidiaDriver } from './resources';

/** The driver of a pool. */
export interface PoolDriver {
  /**
   * Such as `580.105.08`; of a precompiled one its branch, such as `580`.
   *
   * @default - the release's
   */
  readonly version?: string;

  /** Kernel modules of NVIDIA: `open`, `proprietary`, or what suits the device. @default 'auto' */
  readonly kernelModules?: 'auto' | 'open' | 'proprietary';

  /** Takes modules that were built for the nodes' kernel, and builds none on them. @default false */
  readonly precompiled?: boolean;
}

/** Renders a driver for each pool: all of a pool's nodes have the same one. */
export function renderDrivers(
  scope: Construct,
  pools: readonly NodePool[],
  drivers: Readonly<Record<string, PoolDriver>>,
): void {
  for (const pool of pools) {
    const { version, kernelModules = 'auto', precompiled = false } = drivers[pool.name] ?? {};
    const [branch] = release.images.driver.tag.split('.');
    const tag = version ?? (precompiled ? branch! : release.images.driver.tag);
    NvidiaDriver.create(scope, `Driver-${pool.name}`, {
      metadata: { name: pool.name },
      spec: {
        ...driverDefaults,
        ...splitImage(scope, { ...release.images.driver, tag }),
        default: false,
        driverType: 'gpu',
        kernelModuleType: kernelModules,
        usePrecompiled: precompiled,
        manager: splitImage(scope, release.images.driverManager),
        nodeSelector: { [poolLabel]: pool.name },
        tolerations: poolTolerations([pool]),
        priorityClassName: 'system-node-critical',
      },
    });
  }
}

/** What is wrong with the drivers of pools. */
export function driverProblems(pools: readonly NodePool[], drivers: Readonly<Record<string, PoolDriver>>): string[] {
  const names = pools.map(({ name }) => name);
  return Object.entries(drivers).flatMap(([pool, { version, precompiled }]) => {
    if (!names.includes(pool)) {
      return [`'drivers' must name pools with accelerators of NVIDIA, '${names.join("', '")}', got '${pool}'`];
    }
    if (precompiled && version !== undefined && !/^\d+$/.test(version)) {
      return [`'drivers.${pool}.version' must be a branch such as '580' beside 'precompiled', got '${version}'`];
    }
    return [];
  });
}
