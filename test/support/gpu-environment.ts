import { defineEnvironment, type Environment, loadEnvironment } from '../../environments';

type GpuOperator = NonNullable<Environment['infrastructure']['gpuOperator']>;

/** `local` with NVIDIA's GPU operator, and without what has nothing to do with it. */
export function gpuEnvironment(name: string, gpuOperator: GpuOperator): Environment {
  const local = loadEnvironment('local');
  const { version, nodePool, objectStore } = local.platform;
  return defineEnvironment({
    ...local,
    name,
    infrastructure: { ...local.infrastructure, gpuOperator },
    platform: { version, nodePool, objectStore },
  });
}
