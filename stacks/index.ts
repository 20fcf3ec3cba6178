import * as pulumi from '@pulumi/pulumi';
import { loadEnvironment } from '../environments';
import { type ClusterAccess, deployPlatform, renderFor } from './program';

/** What `pulumi up` runs: the stack's name is the environment's. */
export = async (): Promise<Record<string, unknown>> => {
  const environment = loadEnvironment(pulumi.getStack());
  const rendering = renderFor(environment);
  return deployPlatform(rendering, await clusterAccess());

  async function clusterAccess(): Promise<ClusterAccess> {
    if (environment.infrastructure.kind === 'embedded') {
      // Loaded here, so that programs for other clusters do without it.
      const { localCluster } = require('./local') as typeof import('./local');
      return localCluster(environment);
    }
    const config = new pulumi.Config('kubernetes');
    return { kubeconfig: config.get('kubeconfig'), context: config.get('context') };
  }
};
