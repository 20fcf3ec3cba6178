import type { ExistingObject } from '../component';
import type { Manifest } from '../kube-object';
import { isBuiltIn, isGiven } from './given';
import { guards, type Labels, mayGuard, selects } from './guards';
import { nearest } from './nearest';
import { isKind, isWebhook, kindKey, push, qualified, refOf, sameKind } from './objects';
import { groupOf, type ObjectRef, refKey, refText } from './reference';
import { generatedKeys, podTemplate, type Reference, referencesOf } from './references';

/** A rendered object: where it stands in the tree, which component made it, and what it is. */
export interface GraphNode {
  /** Construct path, such as `minio/Server/Deployment`. */
  readonly id: string;
  readonly component: string;
  readonly manifest: Manifest;
}

/** What the graph is derived from. */
export interface GraphInput {
  readonly nodes: readonly GraphNode[];

  /** Components that each component was given handles of. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;

  /** What is referred to and not rendered, by its component. */
  readonly existing: readonly ExistingObject[];
}

/** A node in its place: after everything it depends on. */
export interface OrderedNode extends GraphNode {
  /** Ids of the nodes that must be there, and ready, first. Transitively reduced. */
  readonly dependsOn: readonly string[];

  /** Length of the longest chain of dependencies before it. */
  readonly wave: number;
}

/** References that lead nowhere, all of them at once. */
export class DanglingReferences extends Error {
  constructor(public readonly problems: readonly string[]) {
    super(
      `${problems.length} dangling ${problems.length === 1 ? 'reference' : 'references'}:\n  ${problems.join('\n  ')}`,
    );
  }
}

/**
 * Orders rendered objects by what they need: namespaces, then CRDs and what pods read, then pods, then webhooks, then
 * what webhooks guard. One derivation serves every deployer, and backwards it is the order of removal.
 *
 * @throws DanglingReferences when an object refers to one that is neither rendered nor declared as existing
 * @throws Error when dependencies form a circle, or two nodes render the same object
 */
export function orderObjects(input: GraphInput): OrderedNode[] {
  return new Graph(input).ordered();
}

class Graph {
  private readonly nodes: readonly GraphNode[];
  private readonly byRef = new Map<string, number>();
  private readonly byComponent = new Map<string, number[]>();
  private readonly byKind = new Map<string, number[]>();
  private readonly namespaces = new Map<string, Labels>();
  private readonly crds = new Map<string, number>();
  private readonly podsByNamespace = new Map<string, { node: number; labels: Labels }[]>();
  /** Certificates by the Secret that they fill. */
  private readonly certificates = new Map<string, number>();
  private readonly existing: Set<string>;
  private readonly edges: Set<number>[];
  private readonly problems: string[] = [];

  constructor(private readonly input: GraphInput) {
    this.nodes = input.nodes;
    this.edges = this.nodes.map(() => new Set<number>());
    this.existing = new Set(input.existing.map(refKey));
    this.nodes.forEach((_, index) => {
      this.index(index);
    });
  }

  public ordered(): OrderedNode[] {
    this.nodes.forEach((_, index) => {
      this.linkContainers(index);
      this.linkReferences(index);
    });
    this.linkBindings();
    this.linkFences();
    this.linkAggregates();
    this.linkBackends();
    if (this.problems.length > 0) throw new DanglingReferences(this.problems);
    this.linkComponents();
    this.linkWithoutCircles();
    return this.sort();
  }

  private index(index: number): void {
    const { component, manifest, id } = this.nodes[index]!;
    const key = refKey(refOf(manifest));
    const twin = this.byRef.get(key);
    if (twin !== undefined)
      throw new Error(`${id} and ${this.nodes[twin]!.id} both render ${refText(refOf(manifest))}`);
    this.byRef.set(key, index);
    push(this.byComponent, component, index);
    push(this.byKind, kindKey(manifest), index);
    if (manifest.kind === 'CustomResourceDefinition')
      this.crds.set(`${manifest.spec.group}/${manifest.spec.names.kind}`, index);
    const labels = podTemplate(manifest)?.metadata?.labels;
    if (labels) push(this.podsByNamespace, manifest.metadata.namespace ?? '', { node: index, labels });
    if (isKind(manifest, 'cert-manager.io', 'Certificate')) {
      this.certificates.set(`${manifest.metadata.namespace}/${manifest.spec.secretName}`, index);
    }
  }

  /** An object comes after its namespace and, for custom ones, its CRD. */
  private linkContainers(index: number): void {
    const { manifest } = this.nodes[index]!;
    const { namespace } = manifest.metadata;
    if (namespace) this.link(index, { to: { group: '', kind: 'Namespace', name: namespace }, first: true });
    const group = groupOf(manifest.apiVersion);
    if (isBuiltIn(group)) return;
    const crd = this.crds.get(`${group}/${manifest.kind}`);
    if (crd !== undefined) this.edges[index]!.add(crd);
    else if (
      !this.existing.has(refKey({ group: crdGroup, kind: crdKind, name: `${this.plural(manifest)}.${group}` }))
    ) {
      const kinds = [...this.crds.keys()].map(key => key.split('/')[1]!);
      this.report(index, `is of kind '${manifest.kind}.${group}', which no CRD defines`, nearest(manifest.kind, kinds));
    }
  }

  private linkReferences(index: number): void {
    for (const reference of referencesOf(this.nodes[index]!.manifest)) this.link(index, reference);
  }

  private link(index: number, { to, key, first }: Reference): void {
    const target = this.byRef.get(refKey(to));
    if (target !== undefined) {
      if (first && target !== index) this.edges[index]!.add(target);
      this.checkKey(index, target, to, key);
      return;
    }
    const certificate = to.kind === 'Secret' ? this.certificates.get(`${to.namespace}/${to.name}`) : undefined;
    if (certificate !== undefined) {
      if (first) this.edges[index]!.add(certificate);
    } else if (!this.existing.has(refKey(to)) && !isGiven(to)) {
      const same = this.nodes
        .filter(node => sameKind(refOf(node.manifest), to))
        .map(node => qualified(refOf(node.manifest)));
      this.report(index, `refers to ${refText(to)}, which nothing renders`, nearest(qualified(to), same));
    }
  }

  private checkKey(index: number, target: number, to: ObjectRef, key: string | undefined): void {
    const { data, stringData, metadata } = this.nodes[target]!.manifest;
    const keys = Object.keys({ ...data, ...stringData, ...generatedKeys(metadata.annotations) });
    // A Secret without keys is filled at run time.
    if (key === undefined || keys.length === 0 || keys.includes(key)) return;
    this.report(index, `refers to key '${key}' of ${refText(to)}, which has none of that name`, nearest(key, keys));
  }

  /** Pods come after the rights of their account. */
  private linkBindings(): void {
    const bindings = new Map<string, number[]>();
    this.nodes.forEach(({ manifest }, index) => {
      for (const { kind, namespace, name } of manifest.subjects ?? []) {
        if (kind === 'ServiceAccount') push(bindings, `${namespace}/${name}`, index);
      }
    });
    for (const pods of this.podsByNamespace.values()) {
      for (const { node } of pods) {
        const { metadata } = this.nodes[node]!.manifest;
        const account = podTemplate(this.nodes[node]!.manifest)!.spec.serviceAccountName ?? 'default';
        for (const binding of bindings.get(`${metadata.namespace}/${account}`) ?? []) this.edges[node]!.add(binding);
      }
    }
  }

  /**
   * Pods come after what limits them: quotas and default limits of their namespace, network policies that pick them.
   * Policies that neither their component nor that of their namespace has made only let more in.
   */
  private linkFences(): void {
    const homes = new Map(
      this.nodes.flatMap(({ manifest, component }) =>
        isKind(manifest, '', 'Namespace') ? [[manifest.metadata.name, component] as const] : [],
      ),
    );
    this.nodes.forEach(({ manifest, component }, index) => {
      if (!fences.has(manifest.kind)) return;
      const namespace = manifest.metadata.namespace ?? '';
      const additional = manifest.kind === 'NetworkPolicy' && homes.get(namespace) !== component;
      for (const { node, labels } of this.podsByNamespace.get(namespace) ?? []) {
        if (additional && this.nodes[node]!.component !== component) continue;
        if (selects(manifest.spec.podSelector, labels)) this.edges[node]!.add(index);
      }
    });
  }

  /**
   * A role comes after those that it is added up into. Backwards it goes first: the controller that adds up writes the
   * sum anew whenever a part goes, and would bring back a sum that went before.
   */
  private linkAggregates(): void {
    const sums = this.nodes.flatMap(({ manifest }, index) => (manifest.aggregationRule ? [{ index, manifest }] : []));
    this.nodes.forEach(({ manifest }, index) => {
      if (manifest.kind !== 'ClusterRole') return;
      for (const sum of sums) {
        const selectors = sum.manifest.aggregationRule.clusterRoleSelectors;
        const picks = (selector: object) => selects(selector, manifest.metadata.labels ?? {});
        if (sum.index !== index && selectors.some(picks)) this.edges[index]!.add(sum.index);
      }
    });
  }

  /** A webhook comes after the pods that answer it; a Service that selects no pods is an error. */
  private linkBackends(): void {
    this.nodes.forEach(({ manifest }, index) => {
      if (isKind(manifest, '', 'Service') && manifest.spec.selector && this.backends(manifest).length === 0) {
        const labels = Object.entries(manifest.spec.selector).map(([key, value]) => `${key}=${value}`);
        this.report(index, `selects pods with ${labels.join(', ')}, which no workload of its namespace has`);
      }
      if (!isWebhook(manifest)) return;
      for (const { to } of referencesOf(manifest)) {
        const service = to.kind === 'Service' ? this.byRef.get(refKey(to)) : undefined;
        if (service === undefined) continue;
        for (const pod of this.backends(this.nodes[service]!.manifest)) this.edges[index]!.add(pod);
      }
    });
  }

  private backends({ metadata, spec }: Manifest): number[] {
    const pods = this.podsByNamespace.get(metadata.namespace ?? '') ?? [];
    return pods.filter(({ labels }) => selects({ matchLabels: spec.selector }, labels)).map(({ node }) => node);
  }

  /** What runs, and custom resources, come after the components whose handles theirs was given. */
  private linkComponents(): void {
    for (const [component, needed] of this.input.needs) {
      const targets = [...needed].flatMap(name => {
        const members = this.byComponent.get(name) ?? [];
        const running = members.filter(index => podTemplate(this.nodes[index]!.manifest));
        return running.length > 0 ? running : members.filter(index => this.nodes[index]!.manifest.kind === crdKind);
      });
      for (const index of this.byComponent.get(component) ?? []) {
        const { manifest } = this.nodes[index]!;
        if (!podTemplate(manifest) && isBuiltIn(groupOf(manifest.apiVersion))) continue;
        for (const target of targets) this.edges[index]!.add(target);
      }
    }
  }

  /**
   * Custom resources come after the controllers of their kind, and guarded objects after their webhook, unless the
   * controller or webhook itself needs them: those it must do without.
   */
  private linkWithoutCircles(): void {
    for (const [key, crd] of this.crds) {
      const controllers = this.byComponent
        .get(this.nodes[crd]!.component)!
        .filter(index => podTemplate(this.nodes[index]!.manifest));
      const resources = this.byKind.get(key) ?? [];
      for (const controller of resources.length > 0 ? controllers : []) this.linkUnlessCircle(resources, controller);
    }
    this.nodes.forEach(({ manifest }, webhook) => {
      if (isWebhook(manifest)) this.linkUnlessCircle(this.guarded(manifest), webhook);
    });
  }

  private guarded(webhooks: Manifest): number[] {
    return [...this.byKind.values()].flatMap(indices => {
      const { manifest: sample } = this.nodes[indices[0]!]!;
      const resource = this.plural(sample);
      if (!mayGuard(webhooks, sample, resource)) return [];
      return indices.filter(index => {
        const { manifest } = this.nodes[index]!;
        const { namespace } = manifest.metadata;
        return guards(webhooks, manifest, resource, namespace ? this.namespaceLabels(namespace) : undefined);
      });
    });
  }

  private namespaceLabels(name: string): Labels {
    const known = this.namespaces.get(name);
    if (known) return known;
    const node = this.byRef.get(refKey({ group: '', kind: 'Namespace', name }));
    const own = node === undefined ? {} : this.nodes[node]!.manifest.metadata.labels;
    const labels = { ...own, 'kubernetes.io/metadata.name': name };
    this.namespaces.set(name, labels);
    return labels;
  }

  private plural({ apiVersion, kind }: Manifest): string {
    const crd = this.crds.get(`${groupOf(apiVersion)}/${kind}`);
    if (crd !== undefined) return this.nodes[crd]!.manifest.spec.names.plural;
    const lower = kind.toLowerCase();
    if (lower.endsWith('y')) return `${lower.slice(0, -1)}ies`;
    return lower.endsWith('s') ? `${lower}es` : `${lower}s`;
  }

  private linkUnlessCircle(dependents: number[], target: number): void {
    const needed = this.ancestors(target);
    for (const dependent of dependents) if (!needed.has(dependent)) this.edges[dependent]!.add(target);
  }

  /** A node and all it depends on. */
  private ancestors(start: number): Set<number> {
    const seen = new Set([start]);
    const queue = [start];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const edge of this.edges[next]!) {
        if (seen.has(edge)) continue;
        seen.add(edge);
        queue.push(edge);
      }
    }
    return seen;
  }

  /** Dependencies first, otherwise in the order of the tree; edges that others imply are left out. */
  private sort(): OrderedNode[] {
    const wave: number[] = [];
    const state: ('open' | 'done')[] = [];
    const order: number[] = [];
    const visit = (index: number, path: number[]): void => {
      if (state[index] === 'done') return;
      if (state[index] === 'open') {
        const circle = [...path.slice(path.indexOf(index)), index].map(at => this.nodes[at]!.id);
        throw new Error(`these objects wait for each other: ${circle.join(' → ')}`);
      }
      state[index] = 'open';
      const before = [...this.edges[index]!].sort((a, b) => a - b);
      for (const edge of before) visit(edge, [...path, index]);
      wave[index] = before.reduce((deepest, edge) => Math.max(deepest, wave[edge]! + 1), 0);
      state[index] = 'done';
      order.push(index);
    };
    this.nodes.forEach((_, index) => {
      visit(index, []);
    });
    const position = new Int32Array(order.length);
    order.forEach((index, at) => {
      position[index] = at;
    });
    const reduced = this.reduce(order, position);
    return order
      .sort((a, b) => wave[a]! - wave[b]! || position[a]! - position[b]!)
      .map(index => ({
        ...this.nodes[index]!,
        wave: wave[index]!,
        dependsOn: reduced[index]!.map(edge => this.nodes[edge]!.id),
      }));
  }

  /** Edges that others do not imply, by node. */
  private reduce(order: readonly number[], position: Int32Array): number[][] {
    const reduced: number[][] = [];
    // By node, the last one whose dependencies were seen to include it.
    const implied = new Int32Array(order.length).fill(-1);
    for (const index of order) {
      // The latest dependency first: it implies the most.
      const candidates = [...this.edges[index]!].sort((a, b) => position[b]! - position[a]!);
      const kept: number[] = [];
      for (const edge of candidates) {
        if (implied[edge] === index) continue;
        kept.push(edge);
        const queue = [edge];
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
          if (implied[next] === index) continue;
          implied[next] = index;
          queue.push(...reduced[next]!);
        }
      }
      reduced[index] = kept.sort((a, b) => a - b);
    }
    return reduced;
  }

  private report(index: number, problem: string, near?: string): void {
    this.problems.push(`${this.nodes[index]!.id} ${problem}${near ? `; the nearest is '${near}'` : ''}`);
  }
}

const fences = new Set(['LimitRange', 'NetworkPolicy', 'ResourceQuota']);
const crdGroup = 'apiextensions.k8s.io';
const crdKind = 'CustomResourceDefinition';
