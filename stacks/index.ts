import * as pulumi from '@pulumi/pulumi';
import { loadEnvironment } from '../environments';
import { stackName } from './layers';
import { type ClusterAccess, deployPlatform, fitCluster } from './program';
import { renderProject } from './project';
import { adviceOf } from './render';

/** What `pulumi up` runs. The stack's name is the environment's, or that of one of its layers: `prod.platform`. */
export = async (): Promise<Record<string, unknown>> => {
  const { environment: name, layer } = stackName(pulumi.getStack());
  const environment = loadEnvironment(name);
  const rendering = fitCluster(renderProject(environment));
  for (const text of adviceOf(rendering)) pulumi.log.warn(text);
  return deployPlatform(rendering, await clusterAccess(), layer);

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
