import * as pulumi from '@pulumi/pulumi';
import type { Environment } from '../environments';
import { deployObjects, KubernetesProvider } from './kubernetes-object';
import { type Layer, onlyLayer } from './layers';
import { renderEnvironment } from './platform';
import type { Rendering } from './render';
import { GeneratedSecrets } from './secrets';
import { simulate } from './simulated';

/** How to reach the cluster that a program deploys to. */
export interface ClusterAccess {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string;

  /** @default - the file's current context */
  readonly context?: string;
}

/** Renders an environment as its cluster can take it. */
export function renderFor(environment: Environment): Rendering {
  return fitCluster(renderEnvironment(environment));
}

/** A rendering as its environment's cluster can take it. */
export function fitCluster(rendering: Rendering): Rendering {
  return rendering.environment.infrastructure.kind === 'embedded' ? simulate(rendering).rendering : rendering;
}

/**
 * The program of a stack: what `pulumi up` runs, and what the embedded engine runs in its own process.
 *
 * @param rendering of the whole environment
 * @param access    the cluster
 * @param layer     of the environment that this stack is about; all of them when absent
 * @returns the stack's outputs
 */
export function deployPlatform(rendering: Rendering, access: ClusterAccess, layer?: Layer): Record<string, unknown> {
  const { environment } = rendering;
  const { components, objects } = onlyLayer(rendering, layer);
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
  const platform = layer === 'tenants' ? new PlatformLayer(environment) : undefined;
  const secrets = new GeneratedSecrets(rendering.objects, key => platform?.secret(key));
  deployObjects(objects, { provider, secrets, after: platform ? [platform.reference] : [] });
  return {
    environment: environment.name,
    version: platform?.version ?? environment.platform.version,
    components,
    ...(layer === 'platform' ? { generated: secrets.made() } : {}),
    ...(layer === 'platform' ? {} : { tenants: environment.tenants.map(({ name }) => name) }),
  };
}

/** The stack that tenants stand on. */
class PlatformLayer {
  public readonly reference: pulumi.StackReference;

  /** Of the platform, once it is known to be the one that the tenants are made for. */
  public readonly version: pulumi.Output<string>;

  constructor(environment: Environment) {
    const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${environment.name}.platform`;
    this.reference = new pulumi.StackReference(stack);
    this.version = this.reference.requireOutput('version').apply(version => {
      const wanted = environment.platform.version;
      if (version === wanted) return wanted;
      throw new Error(
        `stack '${stack}' is of version '${version}', this environment is of '${wanted}': bring it up first`,
      );
    });
  }

  public secret(key: string): pulumi.Output<string> {
    return pulumi.secret(
      this.reference.requireOutput('generated').apply((values: Record<string, string>): string => {
        const value = values[key];
        if (value !== undefined) return value;
        throw new Error(
          `stack '${this.reference.name}' has no secret '${key}': bring it up first, it makes the keys of tenants`,
        );
      }),
    );
  }
}
