import { Construct } from 'constructs';
import { Component, type ComponentProps, Endpoint, type NetworkPeer, NetworkRules, podsIn } from '../../constructs';
import type {
  MeshAccess,
  MeshCaller,
  MeshEgress,
  MeshRoute,
  MeshWorkload,
  PlaintextPorts,
  ServiceMesh,
} from '../roles';
import { istiodPorts, trustDomain } from './names';
import { AuthorizationPolicy, PeerAuthentication, ServiceEntry, VirtualService } from './resources';

/** Where a mesh of Istio is, whoever runs it. */
export interface MeshSite {
  /** Namespace of the platform, which has the users' Gateway. */
  readonly platformNamespace: string;
  readonly memberLabels: Readonly<Record<string, string>>;

  /** Pods of the control plane. */
  readonly istiod: MeshWorkload;

  /** Pods, Service and account of the users' gateway. */
  readonly gateway: MeshWorkload & { readonly service: string; readonly port: number; readonly account: string };
}

/** What the platform asks of Istio, whether it runs the mesh or finds it. */
export abstract class IstioMesh extends Component implements ServiceMesh {
  public readonly memberLabels: Readonly<Record<string, string>>;
  public readonly optOutLabels = { 'sidecar.istio.io/inject': 'false' };
  public readonly gateway: ServiceMesh['gateway'];

  private readonly istiod: NetworkPeer;
  private readonly paths: string[] = [];
  private readonly _plaintextPorts: PlaintextPorts[] = [];

  protected constructor(scope: Construct, id: string, props: ComponentProps, site: MeshSite) {
    super(scope, id, props, site.istiod.namespace);
    const { gateway, istiod } = site;
    this.memberLabels = site.memberLabels;
    this.istiod = podsIn(istiod.namespace, istiod.selector);
    this.gateway = {
      name: `${site.platformNamespace}/kubeflow-gateway`,
      endpoint: new Endpoint(gateway.service, gateway.namespace, gateway.port),
      caller: { namespace: gateway.namespace, name: gateway.account },
      peers: [podsIn(gateway.namespace, gateway.selector)],
    };
  }

  /** A copy: grow it with `allowPlaintext()`. */
  public get plaintextPorts(): PlaintextPorts[] {
    return [...this._plaintextPorts];
  }

  public addMember(scope: Construct, namespace: string, _options?: { readonly shared?: boolean }): void {
    const rules = new NetworkRules(scope, 'Mesh', { name: 'allow-mesh', namespace, pods: {} });
    rules.addEgress([this.istiod], [istiodPorts.xds]);
  }

  public expose(scope: Construct, id: string, route: MeshRoute): void {
    const { name, path, workload, port } = route;
    this.claim(path);
    const group = new Construct(scope, id);
    VirtualService.create(group, 'Route', {
      metadata: { name, namespace: route.to.namespace },
      spec: virtualService(this.gateway.name, route),
    });
    this.allow(group, 'Access', { name, to: workload, from: [this.gateway.caller], ports: [port] });
    const { namespace, selector } = workload;
    const rules = new NetworkRules(group, 'Network', { name: `${name}-from-gateway`, namespace, pods: selector });
    rules.addIngress(this.gateway.peers, [port]);
  }

  public allow(scope: Construct, id: string, { name, to, from, ports, paths, methods }: MeshAccess): void {
    if (from.length === 0) this.fail(`'from' of access '${name}' must name a caller, got none`);
    const operation = { ports: ports?.map(String), paths: paths && [...paths], methods: methods && [...methods] };
    const limited = ports ?? paths ?? methods;
    AuthorizationPolicy.create(scope, id, {
      metadata: { name, namespace: to.namespace },
      spec: {
        action: 'ALLOW',
        selector: to.selector && { matchLabels: { ...to.selector } },
        rules: [
          {
            from: from.map(caller => ({ source: this.source(caller) })),
            to: limited && [{ operation: JSON.parse(JSON.stringify(operation)) }],
          },
        ],
      },
    });
  }

  public allowPlaintext(scope: Construct, id: string, exception: PlaintextPorts): void {
    const { name, workload, ports } = exception;
    const twin = this._plaintextPorts.find(other => sameWorkload(other.workload, workload));
    if (twin) {
      // Of several policies that select a pod, the mesh takes the oldest and forgets the others.
      this.fail(`'${name}' and '${twin.name}' take plain text for the same pods; name all 'ports' at once`);
    }
    if (ports.length === 0) this.fail(`'ports' of '${name}' must name one, got none`);
    this._plaintextPorts.push(exception);
    const metadata = { name, namespace: workload.namespace };
    const selector = { matchLabels: { ...workload.selector } };
    const group = new Construct(scope, id);
    PeerAuthentication.create(group, 'Mtls', {
      metadata,
      spec: {
        selector,
        mtls: { mode: 'STRICT' },
        portLevelMtls: Object.fromEntries(ports.map(port => [String(port), { mode: 'PERMISSIVE' as const }])),
      },
    });
    AuthorizationPolicy.create(group, 'Access', {
      metadata,
      spec: { action: 'ALLOW', selector, rules: [{ to: [{ operation: { ports: ports.map(String) } }] }] },
    });
  }

  public allowEgress(scope: Construct, id: string, egress: MeshEgress): void {
    const { name, workload, hosts, port, protocol = 'TLS', peers } = egress;
    const { namespace, selector } = workload;
    const group = new Construct(scope, id);
    ServiceEntry.create(group, 'Hosts', {
      metadata: { name, namespace },
      spec: {
        hosts: [...hosts],
        ports: [{ number: port, name: protocol.toLowerCase(), protocol }],
        resolution: 'DNS',
        location: 'MESH_EXTERNAL',
        exportTo: ['.'],
      },
    });
    new NetworkRules(group, 'Network', { name, namespace, pods: selector }).addEgress(peers, [port]);
  }

  /** Which calls a caller is known by. */
  private source({ namespace, name }: MeshCaller) {
    for (const word of [namespace, name]) {
      if (word !== undefined && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(word))
        this.fail(`'from' takes names of accounts and namespaces, got '${word}'`);
    }
    return name === undefined
      ? { namespaces: [namespace] }
      : { principals: [`${trustDomain}/ns/${namespace}/sa/${name}`] };
  }

  /** Of two routes that could take a request, the mesh takes either: so none may. */
  private claim(path: string): void {
    if (!/^\/([\w.-]+\/)*[\w.-]*$/.test(path)) {
      this.fail(`'path' must begin with '/', such as '/katib/' or '/pipeline', got '${path}'`);
    }
    const twin = this.paths.find(other => overlap(other, path));
    if (twin) this.fail(`'path' '${path}' lies in the way of '${twin}'; give each server a path of its own`);
    this.paths.push(path);
  }
}

function overlap(a: string, b: string): boolean {
  const [left, right] = [a, b].map(path => (path.endsWith('/') ? path : `${path}/`)) as [string, string];
  if (left === right) return true;
  return left !== '/' && right !== '/' && (left.startsWith(right) || right.startsWith(left));
}

function sameWorkload(a: MeshWorkload, b: MeshWorkload): boolean {
  const key = ({ namespace, selector }: MeshWorkload) => JSON.stringify([namespace, Object.entries(selector).sort()]);
  return key(a) === key(b);
}

function virtualService(gateway: string, route: MeshRoute) {
  const { path, to, rewrite, timeoutSeconds, addRequestHeaders } = route;
  // Without the slash at its end, the prefix `/pipeline` would also take `/pipeline-other`.
  const match = path.endsWith('/') ? [{ prefix: path }] : [{ exact: path }, { prefix: `${path}/` }];
  return {
    gateways: [gateway],
    hosts: ['*'],
    http: match.map(uri => ({
      match: [{ uri }],
      rewrite: rewrite === undefined ? undefined : { uri: rewriteFor(uri, rewrite) },
      route: [{ destination: { host: to.host, port: { number: to.port } } }],
      timeout: timeoutSeconds === undefined ? undefined : `${timeoutSeconds}s`,
      headers: addRequestHeaders && { request: { add: { ...addRequestHeaders } } },
    })),
  };
}

/** What stands in place of a prefix that ends in a slash ends in one too. */
function rewriteFor(uri: { readonly prefix?: string }, rewrite: string): string {
  return uri.prefix !== undefined && !rewrite.endsWith('/') ? `${rewrite}/` : rewrite;
}
