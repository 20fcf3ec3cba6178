import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  type Component,
  Deployment,
  type NetworkPeer,
  type Override,
  podsWith,
  Service,
  ServiceAccount,
  tcpProbe,
} from '../../constructs';
import { grantGateway } from './access';
import { configMaps, istiodLabels, istiodPorts, proxyPorts } from './names';
import { proxyContainer, proxyReadiness, proxyUser } from './proxy';

/** Properties of `GatewayProxy`. */
export interface GatewayProxyProps {
  readonly name: string;

  /** Value of the label `istio`, by which Gateway objects choose their pods. */
  readonly istio: string;

  /** Ports of the Service and the pods by name; a Gateway's port 80 is 8080 at the pods. */
  readonly ports: Readonly<Record<string, { readonly port: number; readonly target: number }>>;

  /** Where requests come from, as the pods see it. */
  readonly clients: NetworkPeer[];
  readonly replicas: number;
  readonly override?: Override<k8s.DeploymentSpec>;
}

/** A proxy that stands alone: a way into the mesh. */
export class GatewayProxy extends Construct {
  public readonly workload: Deployment;
  public readonly account: ServiceAccount;
  public readonly service: Service;

  constructor(component: Component, id: string, props: GatewayProxyProps) {
    super(component, id);
    const { name, ports } = props;
    const labels = { app: name, istio: props.istio };
    this.account = new ServiceAccount(this, 'Account', { name: `${name}-service-account`, labels });
    grantGateway(this, name, this.account);
    this.workload = this.deploy(component.namespace, labels, props)
      .allowFrom(
        props.clients,
        Object.values(ports).map(({ target }) => target),
      )
      .allowTo([podsWith(istiodLabels)], [istiodPorts.xds]);
    this.service = new Service(this, 'Service', {
      name,
      labels,
      workload: this.workload,
      ports: { 'status-port': { port: proxyPorts.health, target: proxyPorts.health }, ...ports },
    });
  }

  private deploy(meshNamespace: string, selector: Record<string, string>, props: GatewayProxyProps): Deployment {
    const { name, ports, replicas, override } = props;
    return new Deployment(this, 'Deployment', {
      name,
      selector,
      labels: {
        'istio.io/dataplane-mode': 'none',
        'sidecar.istio.io/inject': 'false',
        'service.istio.io/canonical-name': name,
        'service.istio.io/canonical-revision': 'latest',
      },
      podAnnotations: {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': String(proxyPorts.metrics),
        'prometheus.io/path': '/stats/prometheus',
      },
      account: this.account,
      runAs: proxyUser,
      replicas,
      maxReplicas: 5,
      containers: [
        proxyContainer(meshNamespace, 'router', {
          ports: {
            'status-port': proxyPorts.health,
            ...Object.fromEntries(Object.entries(ports).map(([port, { target }]) => [port, target])),
          },
          env: {
            ISTIO_META_UNPRIVILEGED_POD: 'true',
            ISTIO_META_WORKLOAD_NAME: name,
            ISTIO_META_OWNER: `kubernetes://apis/apps/v1/namespaces/${meshNamespace}/deployments/${name}`,
            NODE_NAME: { field: 'spec.nodeName' },
          },
          readiness: proxyReadiness({
            initialDelaySeconds: 1,
            periodSeconds: 2,
            timeoutSeconds: 1,
            failureThreshold: 30,
          }),
          liveness: tcpProbe('status-port', { initialDelaySeconds: 30 }),
          mounts: {
            '/etc/istio/config': {
              name: 'config-volume',
              source: { configMap: { name: configMaps.mesh, optional: true } },
            },
          },
        }),
      ],
      override,
    });
  }
}
