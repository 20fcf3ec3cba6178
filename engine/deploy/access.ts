import { KubeClient } from './client';
import { Discovery } from './discovery';
import { readKubeconfig } from './kubeconfig';
import { checkVersion, missingRights } from './preflight';
import { type Manifest, nameOf } from './types';

/** How a cluster would take some objects. */
export interface Access {
  readonly server: string;
  readonly context: string;

  /** What this user may not do and would have to; at most one entry per right. */
  readonly missing: readonly string[];
}

/**
 * Asks a cluster whether its version is supported, and whether this user may make objects. Changes nothing.
 *
 * @throws FlowyardError when it does not answer, or its version is not supported
 */
export async function checkAccess(
  options: { readonly kubeconfig: string; readonly context?: string },
  manifests: readonly Manifest[],
): Promise<Access> {
  const cluster = readKubeconfig(options.kubeconfig, options.context);
  const client = new KubeClient(cluster, { retrySeconds: 5 });
  try {
    await checkVersion(client);
    const discovery = await Discovery.read(client);
    for (const manifest of manifests) {
      if (manifest.kind === 'CustomResourceDefinition') discovery.addDefinition(manifest);
    }
    const planned = manifests.flatMap(manifest => {
      const object = nameOf(manifest);
      const type = discovery.find(object);
      return type ? [{ object, type, component: '', action: 'create' as const }] : [];
    });
    const refusals = await missingRights(client, planned);
    return { server: cluster.server, context: cluster.context, missing: refusals.map(({ reason }) => reason) };
  } finally {
    client.close();
  }
}
