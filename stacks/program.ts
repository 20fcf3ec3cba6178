import type { Environment } from '../environments';
import { deployObjects, KubernetesProvider } from './kubernetes-object';
import { renderEnvironment } from './platform';
import type { Rendering } from './render';
import { simulate } from './simulated';

/** How to reach the cluster that a program deploys to. */
export interface ClusterAccess {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string;

  /** @default - the file's current context */
  readonly context?: string;
}

/** The rendering of an environment as its cluster can take it. */
export function renderFor(environment: Environment): Rendering {
  const rendering = renderEnvironment(environment);
  return environment.infrastructure.kind === 'embedded' ? simulate(rendering).rendering : rendering;
}

/**
 * The program of a stack: what `pulumi up` runs, and what the embedded engine runs in its own process.
 *
 * @param rendering what to deploy
 * @param access    the cluster
 * @returns the stack's outputs
 */
export function deployPlatform(rendering: Rendering, access: ClusterAccess): Record<string, unknown> {
  const { environment, components, objects } = rendering;
  const provider = new KubernetesProvider('cluster', {
    ...access,
    // A kubeconfig that changes its credentials must not replace every object.
    clusterIdentifier: environment.name,
    enableServerSideApply: true,
    // What somebody has edited by hand is put back; what controllers own is left out by `ignoreChanges`.
    enablePatchForce: true,
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  deployObjects(objects, provider);
  return {
    environment: environment.name,
    version: environment.platform.version,
    components,
    tenants: environment.tenants.map(({ name }) => name),
  };
}
