import { Lazy } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  addresses,
  type ComponentProps,
  Namespace,
  type NetworkPeer,
  type Override,
  podsOfNamespaces,
  podsWith,
} from '../../constructs';
import type { Cluster, MeshRoute, ServiceMesh } from '../roles';
import { renderTenantRoles } from './access';
import { Cni } from './cni';
import { ExistingIstio, type ExistingIstioProps } from './existing-istio';
import { GatewayProxy } from './gateway';
import { Istiod } from './istiod';
import { IstioMesh } from './mesh';
import { istiodLabels, rootCertificate } from './names';
import { AuthorizationPolicy, Gateway, istioKinds, PeerAuthentication, Sidecar, Telemetry } from './resources';

/** Properties of `Istio`. */
export interface IstioProps extends ComponentProps<Istio> {
  /** Where the API server is, and where it calls the webhooks from. */
  readonly cluster: Cluster;

  /** Namespace of the platform, which has the users' Gateway. @default 'kubeflow' */
  readonly platformNamespace?: string;

  /**
   * Where users' requests come from, as the gateway's pods see it.
   *
   * @default - anywhere: it is the door, and what stands behind it asks for a login
   */
  readonly clients?: NetworkPeer[];

  /**
   * Secret of the mesh's namespace with `tls.crt` and `tls.key` of the users' gateway. Requests without TLS are sent to
   * where there is.
   *
   * @default - no TLS: for laptops, and behind a proxy that ends it
   */
  readonly tlsSecret?: string;

  /** Runs two of the control plane and of each gateway. @default false */
  readonly highlyAvailable?: boolean;

  /** Last word over rendered workloads. @default - workloads stay as rendered */
  readonly overrides?: {
    readonly istiod?: Override<k8s.DeploymentSpec>;
    readonly ingressGateway?: Override<k8s.DeploymentSpec>;
    readonly clusterLocalGateway?: Override<k8s.DeploymentSpec>;
    readonly cni?: Override<k8s.DaemonSetSpec>;
  };
}

const namespace = 'istio-system';
const ingress = { name: 'istio-ingressgateway', istio: 'ingressgateway' };
const clusterLocal = { name: 'cluster-local-gateway', istio: 'cluster-local-gateway' };
const http = { port: 80, target: 8080 };
const https = { port: 443, target: 8443 };

/**
 * A mesh of Istio: mutual TLS between all members, and no call that nobody has declared.
 *
 * @example
 * const mesh = new Istio(app, 'istio', { cluster });
 */
export class Istio extends IstioMesh {
  private readonly sharedNamespaces = new Set<string>();
  private readonly openPaths: string[] = [];
  private readonly ingress: GatewayProxy;

  constructor(scope: Construct, id: string, props: IstioProps) {
    const { platformNamespace = 'kubeflow' } = props;
    const own = props.namespace ?? namespace;
    super(scope, id, props, {
      platformNamespace,
      memberLabels: { 'istio-injection': 'enabled' },
      istiod: { namespace: own, selector: istiodLabels },
      gateway: {
        namespace: own,
        selector: { app: ingress.name, istio: ingress.istio },
        service: ingress.name,
        port: props.tlsSecret ? https.port : http.port,
        account: `${ingress.name}-service-account`,
      },
    });
    new Namespace(this, 'Namespace', { name: this.namespace, labels: { 'istio-injection': 'disabled' } });
    for (const kind of istioKinds) kind.define(this, `${kind.props.kind}Crd`);
    renderTenantRoles(this);
    this.expectExisting({
      group: '',
      kind: 'ConfigMap',
      namespace: this.namespace,
      name: rootCertificate,
      reason: 'the control plane writes it',
    });

    const replicas = props.highlyAvailable ? 2 : 1;
    const members = podsOfNamespaces(this.memberLabels);
    const gateways = [ingress, clusterLocal].map(({ name, istio }) => podsWith({ app: name, istio }));
    new Istiod(this, {
      cluster: props.cluster,
      replicas,
      memberLabels: this.memberLabels,
      optOutLabels: this.optOutLabels,
      proxies: [members, ...gateways],
      override: this.overrideOf('istiod'),
    });
    this.ingress = new GatewayProxy(this, 'IngressGateway', {
      ...ingress,
      ports: { http2: http, https },
      clients: props.clients ?? [addresses('0.0.0.0/0'), addresses('::/0')],
      replicas,
      override: this.overrideOf('ingressGateway'),
    });
    new GatewayProxy(this, 'ClusterLocalGateway', {
      ...clusterLocal,
      ports: { http2: http },
      clients: [members],
      replicas,
      override: this.overrideOf('clusterLocalGateway'),
    });
    new Cni(this, { override: this.overrideOf('cni') });
    this.renderGateways(platformNamespace, props.tlsSecret);
    this.renderPolicies();
    this.extend(props.extensions);
  }

  /** A mesh that others run: the platform adds its own Gateway and policies, and nothing else. */
  public static fromExisting(scope: Construct, id: string, props: ExistingIstioProps = {}): ServiceMesh {
    return new ExistingIstio(scope, id, props);
  }

  public override addMember(scope: Construct, member: string, options?: { readonly shared?: boolean }): void {
    super.addMember(scope, member, options);
    if (options?.shared) this.sharedNamespaces.add(member);
  }

  public override expose(scope: Construct, id: string, route: MeshRoute): void {
    super.expose(scope, id, route);
    const { path, workload, port } = route;
    this.openPaths.push(...(path.endsWith('/') ? [`${path}*`] : [path, `${path}/*`]));
    const { namespace: to, selector } = workload;
    this.ingress.workload.allowTo(
      [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': to } },
          podSelector: { matchLabels: { ...selector } },
        },
      ],
      [port],
    );
  }

  private renderGateways(platformNamespace: string, tlsSecret?: string): void {
    const plain = { port: { number: http.port, name: 'http', protocol: 'HTTP' }, hosts: ['*'] };
    const tls = { mode: 'SIMPLE' as const, credentialName: tlsSecret, minProtocolVersion: 'TLSV1_2' as const };
    Gateway.create(this, 'KubeflowGateway', {
      metadata: { name: 'kubeflow-gateway', namespace: platformNamespace },
      spec: {
        selector: { istio: ingress.istio },
        servers: tlsSecret
          ? [
              { ...plain, tls: { httpsRedirect: true } },
              { port: { number: https.port, name: 'https', protocol: 'HTTPS' }, hosts: ['*'], tls },
            ]
          : [plain],
      },
    });
    Gateway.create(this, 'LocalGateway', {
      metadata: { name: clusterLocal.name },
      spec: { selector: { app: clusterLocal.name, istio: clusterLocal.istio }, servers: [plain] },
    });
  }

  private renderPolicies(): void {
    // In the mesh's own namespace they hold for every member.
    AuthorizationPolicy.create(this, 'DenyAll', { metadata: { name: 'global-deny-all' }, spec: {} });
    PeerAuthentication.create(this, 'Mtls', { metadata: { name: 'default' }, spec: { mtls: { mode: 'STRICT' } } });
    Telemetry.create(this, 'AccessLog', {
      metadata: { name: 'mesh-default' },
      spec: { accessLogging: [{ providers: [{ name: 'envoy' }] }] },
    });
    Sidecar.create(this, 'Visibility', {
      metadata: { name: 'default' },
      spec: { egress: [{ hosts: Lazy.any({ produce: () => this.visibleHosts() }) as unknown as string[] }] },
    });
    AuthorizationPolicy.create(this, 'Door', {
      metadata: { name: ingress.name },
      spec: {
        action: 'ALLOW',
        selector: { matchLabels: { app: ingress.name, istio: ingress.istio } },
        rules: Lazy.any({ produce: () => this.doorRules() }) as never,
      },
    });
  }

  /** What sidecars know: their own namespace, and those that others call. */
  private visibleHosts(): string[] {
    return ['./*', `${this.namespace}/*`, ...[...this.sharedNamespaces].sort().map(shared => `${shared}/*`)];
  }

  /** Requests for paths that nobody serves are refused, not looked up: until there is a route, all of them. */
  private doorRules() {
    return this.openPaths.length > 0 ? [{ to: [{ operation: { paths: [...this.openPaths].sort() } }] }] : undefined;
  }
}
