import { groupOf, type Manifest, type OrderedNode } from '../../constructs';
import { ownedByControllers } from '../protection';
import { annotated, type Output, unitFile } from './files';
import { applicationHealth } from './health';
import type { Gitops } from './options';
import { isClaim, type Unit, withConsumers } from './units';

const namespace = 'argocd';
const waveAnnotation = 'argocd.argoproj.io/sync-wave';
const optionsAnnotation = 'argocd.argoproj.io/sync-options';

/**
 * Output for Argo CD: an Application per unit, one Application of these, and what Argo CD must be told about health.
 *
 * @param kept ids of objects that stay when they are taken out of Git
 */
export function argocd(
  environment: string,
  units: readonly Unit[],
  kept: ReadonlySet<string>,
  { repository: { url, revision, path } }: Gitops,
): Output {
  const source = (folder: string) => ({ repoURL: url, targetRevision: revision, path: `${path}/${folder}` });
  const output: Output = {
    'settings.yaml': [settings],
    'root.yaml': [application(`flowyard-${environment}`, source('applications'))],
  };
  for (const unit of units) {
    const differences = unit.objects.flatMap(({ manifest }) => ignoredDifferences(manifest));
    const own = application(`${environment}-${unit.name}`, source(`objects/${unit.name}`), differences);
    const holdsData = unit.objects.some(({ id }) => kept.has(id));
    output[`applications/${unit.name}.yaml`] = [
      annotated(own, {
        [waveAnnotation]: String(unit.wave),
        ...(holdsData ? { [optionsAnnotation]: 'Prune=false' } : {}),
      }),
    ];
    output[unitFile(unit)] = annotatedObjects(unit.objects, kept);
  }
  return output;
}

function application(name: string, source: object, ignoreDifferences: readonly object[] = []): Manifest {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace, finalizers: ['resources-finalizer.argocd.argoproj.io'] } as Manifest['metadata'],
    spec: {
      project: 'default',
      source,
      destination: { server: 'https://kubernetes.default.svc', namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        retry: { limit: 10, backoff: { duration: '15s', factor: 2, maxDuration: '5m' } },
        syncOptions: [
          'ServerSideApply=true',
          // Jobs are made anew when they change: what is in sync must be left alone.
          'ApplyOutOfSyncOnly=true',
          'RespectIgnoreDifferences=true',
          'FailOnSharedResource=true',
        ],
      },
      ...(ignoreDifferences.length > 0 ? { ignoreDifferences } : {}),
    },
  };
}

/** To be applied on the server side: the ConfigMap is Argo CD's own, and this is one key of it. */
const settings: Manifest = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'argocd-cm',
    namespace,
    labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' },
  },
  data: { 'resource.customizations.health.argoproj.io_Application': applicationHealth },
};

/** Objects of a unit with their waves: each after those of the unit that it depends on. */
function annotatedObjects(objects: readonly OrderedNode[], kept: ReadonlySet<string>): Manifest[] {
  const levels = levelsOf(objects);
  return objects.map(({ id, manifest }) => {
    const level = levels.get(id)!;
    const options = [...(kept.has(id) ? ['Prune=false', 'Delete=false'] : []), ...jobOptions(manifest)];
    return annotated(manifest, {
      ...(level > 0 ? { [waveAnnotation]: String(level) } : {}),
      ...(options.length > 0 ? { [optionsAnnotation]: options.join(',') } : {}),
    });
  });
}

function levelsOf(objects: readonly OrderedNode[]): Map<string, number> {
  const levels = new Map<string, number>();
  const claims = new Set(objects.filter(isClaim).map(({ id }) => id));
  for (const { id, dependsOn } of objects) {
    const own = dependsOn.filter(each => levels.has(each));
    // Within a wave, Argo CD applies claims before pods.
    levels.set(id, Math.max(0, ...own.map(each => levels.get(each)! + (claims.has(each) ? 0 : 1))));
  }
  withConsumers(objects, levels);
  return levels;
}

/** The pods of a Job cannot be changed. */
function jobOptions({ kind }: Manifest): string[] {
  return kind === 'Job' ? ['Force=true', 'Replace=true'] : [];
}

function ignoredDifferences(manifest: Manifest): object[] {
  const jsonPointers = ownedByControllers(manifest).map(pointerOf);
  if (jsonPointers.length === 0) return [];
  const { name, namespace: own } = manifest.metadata;
  const object = { group: groupOf(manifest.apiVersion), kind: manifest.kind, name };
  return [{ ...object, ...(own ? { namespace: own } : {}), jsonPointers }];
}

/** Pulumi's property path as a JSON pointer. */
function pointerOf(path: string): string {
  return `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}
