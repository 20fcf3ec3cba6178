import { ApiError, type KubeClient } from './client';
import { collectionPath, type Discovery, type ResourceType } from './discovery';
import type { InventoryEntry } from './inventory';
import { closure } from './order';
import { keyOf, type Manifest, type ObjectName } from './types';

/** An object that is to go. */
export interface Doomed {
  readonly key: string;
  readonly entry: InventoryEntry;
  readonly dependsOn: readonly string[];

  /** Absent when the cluster no longer serves its kind. */
  readonly type?: ResourceType;

  /** Absent when it is gone already. */
  readonly live?: Manifest;
}

/** Label of namespaces that hold the work of a tenant. */
const TENANT_LABEL = 'flowyard.dev/tenant';

const PROFILES = 'profiles.kubeflow.org';

/**
 * Which of some objects hold what cannot be had back, and why. An acknowledged object is not protected; what contains
 * a protected object is.
 */
export async function protections(
  client: KubeClient,
  discovery: Discovery,
  doomed: readonly Doomed[],
  acknowledged: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const present = doomed.filter(each => each.live);
  const keys = new Set(present.map(each => each.key));
  const isAcknowledged = ({ kind, namespace, name }: ObjectName) =>
    acknowledged.includes([kind, namespace, name].filter(Boolean).join('/'));
  await Promise.all(
    present.map(async each => {
      const { object } = each.entry;
      if (isAcknowledged(object)) return;
      const reason = ownReason(each) ?? (await contents(client, discovery, each, keys, isAcknowledged));
      if (reason) found.set(each.key, reason);
    }),
  );
  const held = closure(found.keys(), present);
  for (const { key, entry } of present) {
    if (held.has(key) && !found.has(key) && ['Namespace', 'CustomResourceDefinition'].includes(entry.object.kind)) {
      found.set(key, 'it holds protected objects');
    }
  }
  return found;
}

function ownReason({ entry, live }: Doomed): string | undefined {
  const { kind, name } = entry.object;
  if (entry.protect) return "it is protected by 'protect'";
  if (kind === 'PersistentVolumeClaim') return 'it holds data';
  if (kind === 'Namespace' && live!.metadata.labels?.[TENANT_LABEL] !== undefined)
    return 'it is the namespace of a tenant';
  if (kind === 'CustomResourceDefinition' && name === PROFILES) return 'all profiles would go with it';
  return undefined;
}

/** What others have put into a namespace or made of a CRD, and would lose. */
async function contents(
  client: KubeClient,
  discovery: Discovery,
  { entry, live }: Doomed,
  doomed: ReadonlySet<string>,
  isAcknowledged: (object: ObjectName) => boolean,
): Promise<string | undefined> {
  const { kind, name } = entry.object;
  let type: ResourceType | undefined;
  let namespace: string | undefined;
  let ref = { group: '', version: 'v1', kind: 'PersistentVolumeClaim' };
  if (kind === 'Namespace') {
    type = discovery.find(ref);
    namespace = name;
  } else if (kind === 'CustomResourceDefinition') {
    const version = live!.spec.versions.find((each: Manifest) => each.served)?.name;
    ref = { group: live!.spec.group, version, kind: live!.spec.names.kind };
    type = discovery.find(ref);
  }
  if (!type) return undefined;
  try {
    const { items } = await client.list(collectionPath(type, namespace), { metadataOnly: true });
    const lost = items
      .map(({ metadata }): ObjectName => ({ ...ref, namespace: metadata.namespace, name: metadata.name }))
      // Protected objects of our own speak for themselves.
      .filter(each => !doomed.has(keyOf(each)) && !isAcknowledged(each));
    if (lost.length === 0) return undefined;
    const names = lost.slice(0, 5).map(each => `'${[each.namespace, each.name].filter(Boolean).join('/')}'`);
    const more = lost.length > names.length ? ` and ${lost.length - names.length} more` : '';
    return `${lost.length} ${ref.kind} that others made would go with it: ${names.join(', ')}${more}`;
  } catch (error) {
    // Not served: there are none.
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
