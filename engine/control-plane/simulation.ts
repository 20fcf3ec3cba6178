import type { Api, KubeObject } from './api';
import { FAKE_NODE } from './kwokctl';

/** Label of everything that we put into a cluster to play infrastructure. */
export const SIMULATED = 'flowyard.dev/simulated';

/** Remembers from which settings a node was made. */
const SETTINGS = 'flowyard.dev/settings';

/** A node that KWOK plays: no machine, no containers. */
export interface SimulatedNode {
  /** Name, also its host name. */
  readonly name: string;

  /** Beside the host name, operating system and architecture. */
  readonly labels: Record<string, string>;
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];

  /**
   * Quantities by resource, such as `{ cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '4' }`. All of it is allocatable.
   * `pods` is 110 unless given, as on a kubelet.
   */
  readonly capacity: Record<string, string>;
}

/**
 * Adds, changes and removes nodes until exactly these carry our label. Other nodes are left alone.
 *
 * @returns whether something had to be done, so that nodes may not be ready yet
 */
export async function reconcileNodes(api: Api, wanted: readonly SimulatedNode[]): Promise<boolean> {
  const present = new Map((await listSimulated(api, '/api/v1/nodes')).map(node => [node.metadata.name, node]));
  const names = new Set(wanted.map(node => node.name));
  const surplus = [...present.keys()].filter(name => !names.has(name));
  const outdated = wanted.filter(node => present.get(node.name)?.metadata.annotations?.[SETTINGS] !== settings(node));
  await Promise.all([
    ...surplus.map(name => api.delete(`/api/v1/nodes/${name}`)),
    ...outdated.map(node => {
      const found = present.get(node.name);
      return found ? updateNode(api, found, node) : api.create('/api/v1/nodes', renderNode(node));
    }),
  ]);
  return surplus.length + outdated.length > 0;
}

/** Whether all simulated nodes take pods: ready, and past the taint that new nodes carry until a controller has seen them. */
export async function nodesReady(api: Api): Promise<boolean> {
  const nodes = await listSimulated(api, '/api/v1/nodes');
  const isReady = (condition: { type: string; status: string }) =>
    condition.type === 'Ready' && condition.status === 'True';
  const isUnready = (taint: { key: string }) => taint.key === 'node.kubernetes.io/not-ready';
  return nodes.every(node => node.status?.conditions?.some(isReady) && !node.spec?.taints?.some(isUnready));
}

/** The node as Kubernetes wants it. */
export function renderNode(node: SimulatedNode) {
  const capacity = { pods: '110', ...node.capacity };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...node.labels,
        [SIMULATED]: 'true',
      } as Record<string, string>,
      annotations: { [FAKE_NODE.key]: FAKE_NODE.value, [SETTINGS]: settings(node) },
    },
    spec: { taints: [...node.taints] },
    status: { capacity, allocatable: capacity } as {
      capacity: Record<string, string>;
      allocatable: Record<string, string>;
    },
  };
}

function settings(node: SimulatedNode): string {
  return JSON.stringify({ labels: node.labels, taints: node.taints, capacity: node.capacity });
}

async function updateNode(api: Api, found: KubeObject, node: SimulatedNode): Promise<void> {
  const before = found.metadata.annotations?.[SETTINGS] ?? '{"labels":{},"capacity":{}}';
  const old = JSON.parse(before) as Pick<SimulatedNode, 'labels' | 'capacity'>;
  const { metadata, spec, status } = renderNode(node);
  // Kubernetes' own taints say how the node fares; they come and go without us.
  const foreign = (found.spec?.taints ?? []).filter((taint: { key: string }) =>
    taint.key.startsWith('node.kubernetes.io/'),
  );
  const path = `/api/v1/nodes/${node.name}`;
  await api.patch(path, {
    metadata: { annotations: metadata.annotations, labels: withoutOld(metadata.labels, old.labels) },
    spec: { taints: [...foreign, ...spec.taints] },
  });
  const capacity = withoutOld(status.capacity, old.capacity);
  await api.patch(`${path}/status`, { status: { capacity, allocatable: capacity } });
}

/** A merge patch that also removes what is wanted no more. */
function withoutOld(wanted: Record<string, string>, old: Record<string, string>): Record<string, string | null> {
  const removed = Object.keys(old).filter(key => wanted[key] === undefined);
  return { ...wanted, ...Object.fromEntries(removed.map(key => [key, null])) };
}

const STORAGE_CLASS = 'standard';
const VOLUMES = 32;

/**
 * Storage that claims bind to: a default class and a pool of volumes, topped up at each start.
 *
 * Nobody provisions volumes here, and released ones keep their claim, so those are replaced.
 */
export async function ensureStorage(api: Api): Promise<void> {
  const volumes = await listSimulated(api, '/api/v1/persistentvolumes');
  const phase = (volume: KubeObject): string => volume.status?.phase ?? 'Pending';
  const spent = volumes.filter(
    volume => ['Released', 'Failed'].includes(phase(volume)) && !volume.metadata.deletionTimestamp,
  );
  const free = volumes.filter(volume => ['Available', 'Pending'].includes(phase(volume)));
  const last = Math.max(0, ...volumes.map(volume => Number(volume.metadata.name.split('-').at(-1))));
  const missing = Array.from({ length: Math.max(0, VOLUMES - free.length) }, (_, index) => last + 1 + index);
  const storageClass = `/apis/storage.k8s.io/v1/storageclasses`;
  if (volumes.length === 0 && !(await api.exists(`${storageClass}/${STORAGE_CLASS}`))) {
    await api.create(storageClass, renderStorageClass());
  }
  await Promise.all([
    ...spent.map(volume => api.delete(`/api/v1/persistentvolumes/${volume.metadata.name}`)),
    ...missing.map(number => api.create('/api/v1/persistentvolumes', renderVolume(number))),
  ]);
}

function renderStorageClass(): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: STORAGE_CLASS,
      labels: { [SIMULATED]: 'true' },
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/no-provisioner',
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'Immediate',
  };
}

function renderVolume(number: number): object {
  const name = `simulated-${String(number).padStart(4, '0')}`;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { [SIMULATED]: 'true' } },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: '1Ti' },
      accessModes: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      // Never mounted: no kubelet runs.
      hostPath: { path: `/simulated/${name}` },
    },
  };
}

function listSimulated(api: Api, path: string): Promise<KubeObject[]> {
  return api.list(`${path}?labelSelector=${encodeURIComponent(`${SIMULATED}=true`)}`);
}
