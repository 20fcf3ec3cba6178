import type { GraphNode, Manifest } from '../../constructs';
import { hasSidecar, type Outside, type PodLike, picks } from './pods';

/** What the mesh sees of a call. */
export interface MeshCall {
  readonly from: PodLike | Outside;
  readonly to: PodLike | Outside;
  readonly port: number;

  /** Path of the request. @default - none, so that no rule with paths holds */
  readonly path?: string;

  /** @default - none, so that no rule with methods holds */
  readonly method?: string;
}

const root = 'istio-system';

/** What of the mesh stops a call at the sidecar of the pod that is called; none lets it pass. */
export function stoppedByMesh(objects: readonly GraphNode[], call: MeshCall): string | undefined {
  const { from, to, port } = call;
  if ('address' in to || !hasSidecar(objects, to) || to.unmeshedPorts?.includes(port)) return undefined;
  const known = 'address' in from || !hasSidecar(objects, from) ? undefined : from;
  if (!known && !to.gateway && modeOf(objects, to, port) === 'STRICT')
    return `mutual TLS of '${to.namespace}': the caller has no sidecar`;
  return refusal(objects, call, to, known);
}

/** The mode of the nearest authentication policy: of the pod's port, of the pod, of the namespace, of the mesh. */
function modeOf(objects: readonly GraphNode[], pod: PodLike, port: number): string {
  const all = ofKind(objects, 'PeerAuthentication');
  const own = all.filter(({ metadata, spec }) => metadata.namespace === pod.namespace && spec.selector);
  const nearest = own.find(({ spec }) => picks(spec.selector, pod));
  const ofNamespace = (namespace: string) =>
    all.find(({ metadata, spec }) => metadata.namespace === namespace && !spec.selector)?.spec.mtls?.mode;
  return (
    nearest?.spec.portLevelMtls?.[port]?.mode ??
    nearest?.spec.mtls?.mode ??
    ofNamespace(pod.namespace) ??
    ofNamespace(root) ??
    'PERMISSIVE'
  );
}

/** Why authorization policies refuse: one denies, or there are some that allow and none of them means this call. */
function refusal(
  objects: readonly GraphNode[],
  call: MeshCall,
  pod: PodLike,
  caller: PodLike | undefined,
): string | undefined {
  const policies = ofKind(objects, 'AuthorizationPolicy').filter(
    ({ metadata, spec }) =>
      [root, pod.namespace].includes(metadata.namespace!) && (!spec?.selector || picks(spec.selector, pod)),
  );
  const denying = policies.find(({ spec }) => spec?.action === 'DENY' && meets(spec, call, caller));
  if (denying) return `authorization policy '${denying.metadata.name}' denies it`;
  const allowing = policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === 'ALLOW');
  if (allowing.length === 0 || allowing.some(({ spec }) => meets(spec, call, caller))) return undefined;
  return `no authorization policy allows it (${allowing.map(({ metadata }) => `'${metadata.name}'`).join(', ')})`;
}

interface Source {
  readonly principals?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly notPrincipals?: readonly string[];
  readonly notNamespaces?: readonly string[];
}

interface Operation {
  readonly ports?: readonly string[];
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
}

function meets(spec: Manifest | undefined, call: MeshCall, caller: PodLike | undefined): boolean {
  const rules: Manifest[] = spec?.rules ?? [];
  return rules.some(
    ({ from, to, when }) =>
      // Conditions look at tokens and headers, of which nothing is known here.
      !when?.length &&
      (!from?.length || from.some(({ source }: { source: Source }) => isSource(source, caller))) &&
      (!to?.length || to.some(({ operation }: { operation: Operation }) => isOperation(operation, call))),
  );
}

function isSource(source: Source, caller: PodLike | undefined): boolean {
  const known = ['principals', 'namespaces', 'notPrincipals', 'notNamespaces'];
  if (Object.keys(source).some(key => !known.includes(key))) return false;
  const { principals, namespaces, notPrincipals, notNamespaces } = source;
  const principal = caller && `cluster.local/ns/${caller.namespace}/sa/${caller.account ?? 'default'}`;
  return (
    (!principals || isOneOf(principals, principal)) &&
    (!namespaces || isOneOf(namespaces, caller?.namespace)) &&
    !(notPrincipals && isOneOf(notPrincipals, principal)) &&
    !(notNamespaces && isOneOf(notNamespaces, caller?.namespace))
  );
}

function isOperation(operation: Operation, { port, path, method }: MeshCall): boolean {
  if (Object.keys(operation).some(key => !['ports', 'paths', 'methods'].includes(key))) return false;
  const { ports, paths, methods } = operation;
  return (
    (!ports || isOneOf(ports, String(port))) &&
    (!paths || isOneOf(paths, path)) &&
    (!methods || isOneOf(methods, method))
  );
}

/** Istio's matching: exact, or `*` at one end, or alone for whatever there is. */
function isOneOf(patterns: readonly string[], value: string | undefined): boolean {
  if (value === undefined) return false;
  return patterns.some(pattern => {
    if (pattern === '*') return value !== '';
    if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
    if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
    return pattern === value;
  });
}

function ofKind(objects: readonly GraphNode[], kind: string): Manifest[] {
  return objects.map(({ manifest }) => manifest).filter(manifest => manifest.kind === kind);
}
