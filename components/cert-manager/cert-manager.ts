import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { addresses, Component, type ComponentProps, type Deployment, Namespace, type Override } from '../../constructs';
import type { Certificates, Cluster, ServingCertificate } from '../roles';
import { userRoles } from './access';
import { group, type IssuerReference } from './fields';
import { Cainjector, Controller, labelsOf, Webhook } from './parts';
import { Certificate, CertificateRequest, Challenge, ClusterIssuer, Issuer, Order } from './resources';

/** Properties of `CertManager`. */
export interface CertManagerProps extends ComponentProps<CertManager> {
  /** Where the API server is, and where it calls the webhook from. */
  readonly cluster: Cluster;

  /**
   * Runs two controllers, of which one leads, and two webhooks.
   *
   * @default false
   */
  readonly highlyAvailable?: boolean;

  /**
   * Last word over the three workloads.
   *
   * @default - workloads stay as rendered
   */
  readonly overrides?: {
    readonly controller?: Override<k8s.DeploymentSpec>;
    readonly cainjector?: Override<k8s.DeploymentSpec>;
    readonly webhook?: Override<k8s.DeploymentSpec>;
  };
}

/** An ACME server and how its challenges are answered. */
export type AcmeIssuer = NonNullable<Parameters<typeof ClusterIssuer.create>[2]['spec']['acme']>;

/**
 * Issues and renews certificates: controller, injector of certificate authorities, and webhook.
 *
 * @example
 * const certificates = new CertManager(app, 'cert-manager', { cluster });
 * certificates.issue(this, 'Certificate', {
 *   name: 'katib-webhook-cert',
 *   secretName: 'katib-webhook-cert',
 *   namespace: 'kubeflow',
 *   dnsNames: ['katib-controller.kubeflow.svc'],
 * });
 */
export class CertManager extends Component implements Certificates {
  /** Signs what runs inside the cluster: every certificate is its own authority. */
  public readonly issuer: IssuerReference;

  private readonly controller: Deployment;
  private readonly acmeIssuers: Construct;

  constructor(scope: Construct, id: string, props: CertManagerProps) {
    super(scope, id, props, 'cert-manager');
    const { cluster } = props;
    const replicas = props.highlyAvailable ? 2 : 1;

    new Namespace(this, 'Namespace', { name: this.namespace });
    for (const resource of [Certificate, CertificateRequest, Issuer, ClusterIssuer, Order, Challenge]) {
      resource.define(this, `${resource.props.kind}Crd`, { labels: labelsOf('cert-manager', 'crds') });
    }
    userRoles(new Construct(this, 'Users'), labelsOf('cert-manager', 'controller'));
    this.controller = new Controller(this, { cluster, replicas, override: this.overrideOf('controller') }).workload;
    new Cainjector(this, { cluster, replicas: 1, override: this.overrideOf('cainjector') });
    new Webhook(this, { cluster, replicas, override: this.overrideOf('webhook') });

    this.issuer = reference('kubeflow-self-signing-issuer');
    ClusterIssuer.create(this, 'Issuer', {
      metadata: {
        name: this.issuer.name,
        labels: { 'app.kubernetes.io/component': 'cert-manager', 'app.kubernetes.io/name': 'cert-manager' },
      },
      spec: { selfSigned: {} },
    });
    this.acmeIssuers = new Construct(this, 'AcmeIssuers');
    this.extend(props.extensions);
  }

  public issue(scope: Construct, id: string, props: Parameters<Certificates['issue']>[2]): ServingCertificate {
    const { name, namespace, secretName, dnsNames } = props;
    if (dnsNames.length === 0) this.fail(`'dnsNames' of certificate '${name}' must name a host, got []`);
    Certificate.create(scope, id, {
      metadata: { name, namespace },
      spec: {
        // A common name holds 64 characters at most.
        commonName: dnsNames.find(host => host.length <= 64),
        dnsNames,
        issuerRef: { ...this.issuer },
        secretName,
      },
    });
    return {
      secretName,
      caInjection: { 'cert-manager.io/inject-ca-from': `${namespace}/${name}` },
      volume: volumeName => ({ name: volumeName, source: { secret: { secretName } }, readOnly: true }),
    };
  }

  /**
   * Adds an issuer for names of the outside world. The controller may then reach any address on the ports of HTTP and
   * name servers: it asks the server, and looks at each challenge the way the server will.
   *
   * A `dns01` solver needs nothing more. An `http01` solver starts pods in the certificate's namespace, which must let
   * the ingress reach them on port 8089.
   *
   * @param name name of the ClusterIssuer
   * @param acme the server and how its challenges are answered
   */
  public addAcmeIssuer(name: string, acme: AcmeIssuer): IssuerReference {
    if (this.acmeIssuers.node.children.length === 0) {
      this.controller.allowTo(
        [addresses('0.0.0.0/0'), addresses('::/0')],
        [443, 80, { port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }],
      );
    }
    ClusterIssuer.create(this.acmeIssuers, name, { metadata: { name }, spec: { acme } });
    return reference(name);
  }
}

function reference(name: string): IssuerReference {
  return { name, kind: 'ClusterIssuer', group };
}
