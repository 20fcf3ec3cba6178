import { groupOf, isBuiltIn, type Manifest, type OrderedNode, podTemplate } from '../../constructs';
import { annotated, type Output, unitFile } from './files';
import { healthCheckExprs } from './health';
import type { Gitops } from './options';
import { isClaim, type Unit } from './units';

const namespace = 'flux-system';
const annotation = (word: string) => `kustomize.toolkit.fluxcd.io/${word}`;

/**
 * Output for Flux: a Kustomization per unit that waits for those it depends on, one Kustomization of these, and their
 * source.
 *
 * @param kept ids of objects that stay when they are taken out of Git
 */
export function flux(
  environment: string,
  units: readonly Unit[],
  kept: ReadonlySet<string>,
  { repository }: Gitops,
): Output {
  const root = `flowyard-${environment}`;
  const nameOf = (unit: string) => `${environment}-${unit}`;
  const kustomization = (name: string, folder: string, rest: object = {}): Manifest => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: {
      interval: '10m',
      retryInterval: '1m',
      timeout: '15m',
      prune: true,
      path: `./${repository.path}/${folder}`,
      sourceRef: { kind: 'GitRepository', name: root },
      ...rest,
    },
  });
  const output: Output = { 'root.yaml': [source(root, repository), kustomization(root, 'kustomizations')] };
  for (const unit of units) {
    const checks = healthCheckExprs(unit.objects.map(({ manifest }) => manifest));
    const own = kustomization(nameOf(unit.name), `objects/${unit.name}`, {
      wait: true,
      ...(unit.dependsOn.length > 0 ? { dependsOn: unit.dependsOn.map(name => ({ name: nameOf(name) })) } : {}),
      ...(checks.length > 0 ? { healthCheckExprs: checks } : {}),
    });
    const holdsData = unit.objects.some(({ id }) => kept.has(id));
    output[`kustomizations/${unit.name}.yaml`] = [annotated(own, holdsData ? unpruned : {})];
    output[unitFile(unit)] = unit.objects.map(({ id, manifest }) =>
      annotated(manifest, {
        ...(kept.has(id) ? unpruned : {}),
        // The pods of a Job cannot be changed: it is made anew.
        ...(manifest.kind === 'Job' ? { [annotation('force')]: 'enabled' } : {}),
      }),
    );
  }
  return output;
}

const unpruned = { [annotation('prune')]: 'disabled' };

function source(name: string, { url, revision, secret }: Gitops['repository']): Manifest {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace },
    spec: { interval: '1m', url, ref: refOf(revision), ...(secret ? { secretRef: { name: secret } } : {}) },
  };
}

function refOf(revision: string): object {
  if (/^[0-9a-f]{40}$/.test(revision)) return { commit: revision };
  return revision.startsWith('refs/tags/') ? { tag: revision.slice('refs/tags/'.length) } : { branch: revision };
}

/**
 * Whether Flux needs a Kustomization of its own for an object that comes after another of its component. Within one,
 * Flux applies namespaces, CRDs and cluster roles and waits for them; then it applies the rest in an order of kinds and
 * waits at the end.
 */
export function splitsForFlux(object: OrderedNode, dependency: OrderedNode): boolean {
  if (firstKinds.has(dependency.manifest.kind) || isClaim(dependency)) return false;
  if (isWaitedFor(dependency)) return true;
  return isWaitedFor(object) && !earlyKinds.has(dependency.manifest.kind);
}

/** What runs, and what a controller must look at. */
function isWaitedFor({ manifest }: OrderedNode): boolean {
  return podTemplate(manifest) !== undefined || !isBuiltIn(groupOf(manifest.apiVersion));
}

const firstKinds = new Set(['ClusterRole', 'CustomResourceDefinition', 'Namespace']);

/** Kinds that Flux applies before workloads, `ReconcileOrder` of https://github.com/fluxcd/pkg/blob/main/ssa/sort.go. */
const earlyKinds = new Set([
  'ClusterRoleBinding',
  'ConfigMap',
  'IngressClass',
  'LimitRange',
  'PriorityClass',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'RuntimeClass',
  'Secret',
  'Service',
  'ServiceAccount',
  'StorageClass',
]);
