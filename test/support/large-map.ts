import { defineEnvironment, loadEnvironment } from '../../environments';
import { type MapEdge, type MapPart, mapOf, type PlatformMap } from '../../stacks/map';
import { composePlatform } from '../../stacks/platform';

/** Parts that a large platform has, those of `local` left out where it has them itself: how many objects, and what each needs. */
const more: Readonly<Record<string, readonly [objects: number, ...needs: string[]]>> = {
  istio: [64],
  dex: [14, 'istio', 'cert-manager'],
  'oauth2-proxy': [12, 'istio', 'dex'],
  'knative-serving': [71, 'istio', 'cert-manager'],
  kserve: [48, 'knative-serving', 'istio', 'cert-manager'],
  'kserve-models-web-app': [13, 'kserve', 'istio', 'central-dashboard'],
  'profiles-controller': [18, 'profiles', 'istio', 'kubeflow'],
  'central-dashboard': [15, 'istio', 'profiles-controller', 'kubeflow'],
  notebooks: [22, 'istio', 'kubeflow'],
  'jupyter-web-app': [14, 'notebooks', 'central-dashboard', 'istio'],
  pvcviewer: [16, 'cert-manager', 'kubeflow'],
  'volumes-web-app': [13, 'istio', 'pvcviewer', 'central-dashboard'],
  'tensorboard-controller': [15, 'istio', 'kubeflow'],
  'tensorboards-web-app': [13, 'tensorboard-controller', 'central-dashboard'],
  poddefaults: [14, 'cert-manager', 'kubeflow'],
  'argo-workflows': [33, 'minio', 'kubeflow'],
  mysql: [9, 'kubeflow'],
  metadata: [21, 'mysql', 'istio'],
  pipelines: [86, 'argo-workflows', 'mysql', 'metadata', 'minio', 'istio', 'cert-manager', 'central-dashboard'],
  katib: [44, 'mysql', 'cert-manager', 'istio', 'central-dashboard'],
  jobset: [20, 'cert-manager'],
  trainer: [31, 'jobset', 'cert-manager'],
  'model-registry': [19, 'mysql', 'istio', 'central-dashboard'],
  'spark-operator': [26, 'kubeflow'],
  kueue: [52, 'cert-manager'],
};

/** A platform of 30 components and as many tenants as asked for. */
export function largeMap(tenants = 20): PlatformMap {
  const local = loadEnvironment('local');
  const [team] = local.tenants;
  const settings = Array.from({ length: tenants }, (_, at) => ({
    ...{ name: `team-${String(at + 1).padStart(2, '0')}`, owner: `owner-${at + 1}@example.com`, quota: team!.quota },
  }));
  const map = mapOf(composePlatform(defineEnvironment({ ...local, tenants: settings })));
  const missing = Object.entries(more).filter(([id]) => !map.components.some(part => part.id === id));
  const parts = missing.map(([id, [objects]]): MapPart => {
    const own = Array.from({ length: objects }, (_, at) => ({ kind: 'ConfigMap', name: `${id}-${at}`, namespace: id }));
    return { id, title: id, line: `${objects} objects`, namespaces: [id], objects: own };
  });
  const edge = (from: string, to: string): MapEdge => ({ from, to, reasons: [`was given '${to}'`] });
  return {
    ...map,
    components: [...map.components, ...parts],
    edges: [
      ...map.edges,
      ...missing.flatMap(([from, [, ...needs]]) => needs.map(to => edge(from, to))),
      ...map.tenants.flatMap(({ id }) => ['pipelines', 'notebooks', 'kserve', 'katib'].map(to => edge(id, to))),
    ],
    namespaces: [...map.namespaces, ...parts.map(({ id }) => ({ name: id, parts: [id] }))],
  };
}
