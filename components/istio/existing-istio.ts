import type { Construct } from 'constructs';
import type { ComponentProps } from '../../constructs';
import { IstioMesh } from './mesh';
import { istiodLabels } from './names';
import { AuthorizationPolicy, Gateway, istioKinds, PeerAuthentication } from './resources';

/** Properties of `Istio.fromExisting`. */
export interface ExistingIstioProps extends ComponentProps<ExistingIstio> {
  /** Namespace of the platform, which gets the users' Gateway. @default 'kubeflow' */
  readonly platformNamespace?: string;

  /** Revision whose sidecars the platform takes. @default - the mesh's default, by the label `istio-injection` */
  readonly revision?: string;

  /** Labels of the gateway's pods. @default - those of Istio's ingress gateway */
  readonly gatewayLabels?: Readonly<Record<string, string>>;

  /** Service of the gateway. @default 'istio-ingressgateway' */
  readonly gatewayService?: string;

  /** Service account of the gateway. @default 'istio-ingressgateway-service-account' */
  readonly gatewayAccount?: string;
}

/** A mesh that others run. Its rules may be loose, so every member namespace gets its own. */
export class ExistingIstio extends IstioMesh {
  constructor(scope: Construct, id: string, props: ExistingIstioProps) {
    const { platformNamespace = 'kubeflow', revision, gatewayService = 'istio-ingressgateway' } = props;
    const namespace = props.namespace ?? 'istio-system';
    const selector = props.gatewayLabels ?? { app: 'istio-ingressgateway', istio: 'ingressgateway' };
    super(scope, id, props, {
      platformNamespace,
      memberLabels: revision ? { 'istio.io/rev': revision } : { 'istio-injection': 'enabled' },
      istiod: { namespace, selector: { app: istiodLabels.app } },
      gateway: {
        namespace,
        selector,
        service: gatewayService,
        port: 80,
        account: props.gatewayAccount ?? `${gatewayService}-service-account`,
      },
    });
    const reason = 'the cluster has a mesh';
    for (const { crdName } of istioKinds) {
      this.expectExisting({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', name: crdName, reason });
    }
    Gateway.create(this, 'KubeflowGateway', {
      metadata: { name: 'kubeflow-gateway', namespace: platformNamespace },
      spec: {
        selector: { ...selector },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    });
    this.extend(props.extensions);
  }

  public override addMember(scope: Construct, namespace: string): void {
    super.addMember(scope, namespace);
    AuthorizationPolicy.create(scope, 'MeshDenyAll', { metadata: { name: 'deny-all', namespace }, spec: {} });
    PeerAuthentication.create(scope, 'MeshMtls', {
      metadata: { name: 'default', namespace },
      spec: { mtls: { mode: 'STRICT' } },
    });
  }
}
