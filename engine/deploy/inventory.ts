import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeClient } from './client';
import { type GeneratedValue, digest as hash } from './random';
import { removeOne } from './remove';
import { keyOf, type Manifest, type ObjectName } from './types';

/** Namespace of all that the engine remembers. */
export const SYSTEM_NAMESPACE = 'flowyard-system';

const STACK_LABEL = 'flowyard.dev/stack';

const NAMESPACES = { base: '/api/v1', plural: 'namespaces', namespaced: false };

/** Text beyond this is compressed; a ConfigMap takes 1 MiB. */
const PLAIN_LIMIT = 400_000;

/** What is remembered of an object, so that it can be removed without the program. */
export interface InventoryEntry {
  readonly object: ObjectName;
  readonly component: string;
  readonly urn: string;

  /** Keys of objects that must outlive it. */
  readonly dependsOn: readonly string[];
  readonly protect?: boolean;

  /** Whether it stays in the cluster when it is taken out of the program. */
  readonly retain?: boolean;

  /** Of the manifest that was applied last; absent while the object was never known to be ready. */
  readonly digest?: string;

  /** See `proofOf`; of CRDs, for which a dry run is costly. */
  readonly proof?: string;
}

/** The objects of one stack, by key. */
export interface Inventory {
  readonly project: string;

  /** Identity of the cluster: the uid of its `kube-system` namespace. */
  readonly cluster: string;
  readonly entries: ReadonlyMap<string, InventoryEntry>;
}

/** Everything that the engine keeps in a cluster about one stack. */
export class Store {
  private readonly base = `/api/v1/namespaces/${SYSTEM_NAMESPACE}`;

  constructor(
    private readonly client: KubeClient,
    private readonly stack: string,
  ) {}

  /** Inventories of all stacks, by stack. */
  public async inventories(): Promise<Map<string, Inventory>> {
    const { items } = await this.client.list(
      `${this.base}/configmaps?labelSelector=${encodeURIComponent(STACK_LABEL)}`,
    );
    return new Map(items.map(item => [item.metadata.labels[STACK_LABEL], parse(item)]));
  }

  public async generated(): Promise<Map<string, GeneratedValue>> {
    const secret = await this.client.get(`${this.base}/secrets/flowyard-generated-${this.stack}`);
    const values = Object.values((secret?.data ?? {}) as Record<string, string>).map(
      (text): GeneratedValue => JSON.parse(Buffer.from(text, 'base64').toString()),
    );
    return new Map(values.map(value => [value.urn, value]));
  }

  /** Makes the namespace, which everything else needs. */
  public async prepare(): Promise<void> {
    const live = await this.client.get(`/api/v1/namespaces/${SYSTEM_NAMESPACE}`);
    if (live && !live.metadata.deletionTimestamp) return;
    if (live) await this.removeNamespace();
    await this.client.apply(`/api/v1/namespaces/${SYSTEM_NAMESPACE}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: SYSTEM_NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  }

  public async writeGenerated(values: ReadonlyMap<string, GeneratedValue>): Promise<void> {
    const data = [...values.values()].map(value => [
      `${value.urn
        .split('::')
        .at(-1)!
        .replace(/[^\w.-]/g, '-')
        .slice(0, 200)}.${hash(value.urn)}`,
      Buffer.from(JSON.stringify(value)).toString('base64'),
    ]);
    const name = `flowyard-generated-${this.stack}`;
    await this.client.apply(`${this.base}/secrets/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...this.metadata(name) },
      data: Object.fromEntries(data),
    });
  }

  public async writeInventory(inventory: Inventory): Promise<void> {
    const name = `flowyard-inventory-${this.stack}`;
    await this.client.apply(`${this.base}/configmaps/${name}`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: this.metadata(name),
      ...render(inventory),
    });
  }

  /** Forgets the stack. */
  public async remove(): Promise<void> {
    await this.client.delete(`${this.base}/configmaps/flowyard-inventory-${this.stack}`);
    await this.client.delete(`${this.base}/secrets/flowyard-generated-${this.stack}`);
  }

  /** Once no stack is left. */
  public async removeNamespace(): Promise<void> {
    if (!(await this.client.get(`/api/v1/namespaces/${SYSTEM_NAMESPACE}`))) return;
    const object = { group: '', version: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE };
    await removeOne(this.client, { object, type: NAMESPACES }, { seconds: 60 });
  }

  private metadata(name: string): Manifest {
    return { name, namespace: SYSTEM_NAMESPACE, labels: { [STACK_LABEL]: this.stack } };
  }
}

/** Data of the ConfigMap. Equal inventories give equal data. */
export function render({ project, cluster, entries }: Inventory): Manifest {
  const sorted = [...entries.values()].sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
  const index = new Map(sorted.map((entry, at) => [keyOf(entry.object), at]));
  const rows = sorted.map(({ object, component, urn, dependsOn, protect, retain, digest, proof }) => {
    const { group, version, kind, namespace, name } = object;
    const after = dependsOn.flatMap(key => index.get(key) ?? []).sort((a, b) => a - b);
    return {
      ...{ group, version, kind, namespace, name, component, urn, after },
      ...(protect ? { protect } : {}),
      ...(retain ? { retain } : {}),
      ...(digest ? { digest } : {}),
      ...(proof ? { proof } : {}),
    };
  });
  const text = `[\n${rows.map(row => JSON.stringify(row)).join(',\n')}\n]`;
  const objects =
    text.length < PLAIN_LIMIT
      ? { data: { project, cluster, 'objects.json': text } }
      : {
          data: { project, cluster },
          binaryData: { 'objects.json.gz': gzipSync(text, { level: 9 }).toString('base64') },
        };
  return objects;
}

/** The inventory that a ConfigMap holds. */
export function parse({ data, binaryData }: Manifest): Inventory {
  const packed = binaryData?.['objects.json.gz'];
  const text = packed ? gunzipSync(Buffer.from(packed, 'base64')).toString() : data['objects.json'];
  // biome-ignore lint/suspicious/noExplicitAny: rows as render() writes them
  const rows: any[] = JSON.parse(text);
  const objects = rows.map(
    ({ group, version, kind, namespace, name }): ObjectName => ({ group, version, kind, namespace, name }),
  );
  const entries = rows.map(
    ({ component, urn, after, protect, retain, digest, proof }, at): [string, InventoryEntry] => [
      keyOf(objects[at]!),
      {
        object: objects[at]!,
        component,
        urn,
        dependsOn: after.map((other: number) => keyOf(objects[other]!)),
        ...(protect ? { protect } : {}),
        ...(retain ? { retain } : {}),
        ...(digest ? { digest } : {}),
        ...(proof ? { proof } : {}),
      },
    ],
  );
  return { project: data.project, cluster: data.cluster, entries: new Map(entries) };
}
