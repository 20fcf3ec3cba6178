import { FlowyardError } from '../errors';
import type { KubeClient } from './client';
import type { PlannedObject, Refusal } from './plan';

/** Minor versions of Kubernetes 1 that the platform is made for. */
const SUPPORTED = { oldest: 33, newest: 36 };

/** @throws FlowyardError when the API server is older or newer than what is supported */
export async function checkVersion(client: KubeClient): Promise<void> {
  const { major, minor, gitVersion } = (await client.get('/version')) ?? {};
  const number = Number.parseInt(minor, 10);
  if (major === '1' && number >= SUPPORTED.oldest && number <= SUPPORTED.newest) return;
  throw new FlowyardError(
    `the API server runs Kubernetes ${gitVersion}; supported are 1.${SUPPORTED.oldest} to 1.${SUPPORTED.newest}`,
    { next: 'upgrade the cluster, or use a release of Flowyard that supports it', code: 2 },
  );
}

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
}

/** What of a planned object says which rights it takes. */
export type Intent = Pick<PlannedObject, 'action' | 'component' | 'object' | 'type'>;

/** What the user of the kubeconfig may not do and the plan needs; asked before anything is written. */
export async function missingRights(client: KubeClient, objects: readonly Intent[]): Promise<Refusal[]> {
  const needed = new Map<string, { object: Intent; right: Right }>();
  for (const planned of objects) {
    for (const verb of verbs[planned.action] ?? []) {
      const { group, namespace } = planned.object;
      const right = { verb, group, resource: planned.type.plural, ...(namespace ? { namespace } : {}) };
      const key = JSON.stringify(right);
      if (!needed.has(key)) needed.set(key, { object: planned, right });
    }
  }
  // Whoever may do everything is asked once, whoever may do it in all namespaces once a kind.
  if (needed.size === 0 || (await mayDo(client, { verb: '*', group: '*', resource: '*' }))) return [];
  const everywhere = new Map<string, Promise<boolean>>();
  const refusals = await Promise.all(
    [...needed.values()].map(async ({ object: { object, component }, right }): Promise<Refusal[]> => {
      const { namespace, ...cluster } = right;
      const key = JSON.stringify(cluster);
      everywhere.set(key, everywhere.get(key) ?? mayDo(client, cluster));
      if ((await everywhere.get(key)) || (namespace && (await mayDo(client, right)))) return [];
      const what = [right.resource, right.group].filter(Boolean).join('.');
      const where = namespace ? `in namespace '${namespace}'` : 'in the whole cluster';
      return [{ object, component, reason: `the user of the kubeconfig may not ${right.verb} ${what} ${where}` }];
    }),
  );
  return refusals.flat();
}

/** Server-side apply asks for both of the first two. */
const verbs: Partial<Record<PlannedObject['action'], readonly string[]>> = {
  create: ['create', 'patch'],
  update: ['patch'],
  replace: ['create', 'patch', 'delete'],
  delete: ['delete'],
};

async function mayDo(client: KubeClient, resourceAttributes: Right): Promise<boolean> {
  const review = await client.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  });
  return review.status?.allowed === true;
}
