import { createOrStart, remove } from '../engine/control-plane';
import type { DeployEvent, DeployOptions } from '../engine/deploy';
import type { Environment } from '../environments';
import { simulatedNodes } from '../stacks/local';
import { deployPlatform, renderFor } from '../stacks/program';

/** Runs a task on a control plane that is made for it and removed afterwards; gives it the path of the kubeconfig. */
export async function onFreshCluster<T>(
  environment: Environment,
  task: (kubeconfig: string) => Promise<T>,
): Promise<T> {
  const name = `bench-${process.pid}`;
  try {
    const { kubeconfigPath } = await createOrStart(name, { nodes: simulatedNodes(environment) });
    return await task(kubeconfigPath);
  } finally {
    await remove(name);
  }
}

/** The deployment of an environment. Nobody waits for pods: what is measured are writes. */
export function deployment(environment: Environment, kubeconfig: string): DeployOptions {
  return {
    ...{ stack: 'bench', project: 'flowyard', kubeconfig, wait: false },
    program: () => deployPlatform(renderFor(environment), { kubeconfig }),
  };
}

/** Times the writes of a run: from when the first one leaves to when the last one is answered. */
export class WritePhase {
  private first?: number;
  private last = 0;
  public writes = 0;

  public onEvent({ type }: DeployEvent): void {
    if (type === 'start') this.first ??= performance.now();
    if (type !== 'applied') return;
    this.last = performance.now();
    this.writes++;
  }

  public get seconds(): number {
    return (this.last - (this.first ?? this.last)) / 1000;
  }
}
