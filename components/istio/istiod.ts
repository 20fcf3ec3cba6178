import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  type Component,
  ConfigMap,
  Deployment,
  httpProbe,
  type NetworkPeer,
  type Override,
  Service,
  ServiceAccount,
  tcpProbe,
  type Volume,
  Webhooks,
} from '../../constructs';
import type { Cluster } from '../roles';
import { grantIstiod } from './access';
import { injectorConfig } from './injection';
import { meshConfig } from './mesh-config';
import { configMaps, istiodLabels, istiodPorts, revision, webhookNames } from './names';
import { meshToken } from './proxy';
import { release } from './release';
import { groups } from './resources/fields';

/** Properties of `Istiod`. */
export interface IstiodProps {
  readonly cluster: Cluster;
  readonly replicas: number;

  /** Labels of the namespaces whose pods get a proxy, and of pods that get none. */
  readonly memberLabels: Readonly<Record<string, string>>;
  readonly optOutLabels: Readonly<Record<string, string>>;

  /** Where proxies are. */
  readonly proxies: NetworkPeer[];
  readonly override?: Override<k8s.DeploymentSpec>;
}

const labels = { app: istiodLabels.app };
const revisionLabel = { 'istio.io/rev': revision };

/** The control plane: tells proxies what to do, gives them certificates, puts them into pods, checks objects. */
export class Istiod extends Construct {
  constructor(component: Component, props: IstiodProps) {
    super(component, 'Istiod');
    new ConfigMap(this, 'Mesh', {
      name: configMaps.mesh,
      labels: revisionLabel,
      data: meshConfig(component.namespace),
    });
    new ConfigMap(this, 'Injector', {
      name: configMaps.injector,
      labels: revisionLabel,
      data: injectorConfig(this, component.namespace),
    });
    const account = new ServiceAccount(this, 'Account', { name: 'istiod', labels });
    grantIstiod(this, account, labels);
    const service = new Service(this, 'Service', {
      name: 'istiod',
      labels: { ...istiodLabels, ...revisionLabel },
      workload: this.deploy(account, props),
      ports: {
        'https-dns': { port: istiodPorts.xds, target: istiodPorts.xds },
        'https-webhook': { port: 443, target: istiodPorts.webhooks },
        'http-monitoring': { port: istiodPorts.monitoring, target: istiodPorts.monitoring },
      },
    });
    this.renderWebhooks(service, props);
  }

  private deploy(account: ServiceAccount, { cluster, replicas, proxies, override }: IstiodProps): Deployment {
    const authority: Volume = {
      name: 'cacerts',
      source: { secret: { secretName: 'cacerts', optional: true } },
      readOnly: true,
    };
    return new Deployment(this, 'Deployment', {
      name: 'istiod',
      selector: { istio: istiodLabels.istio },
      labels: { ...labels, ...revisionLabel, 'istio.io/dataplane-mode': 'none', 'sidecar.istio.io/inject': 'false' },
      podAnnotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(istiodPorts.monitoring) },
      account,
      usesApi: true,
      replicas,
      maxReplicas: 5,
      containers: [
        {
          name: 'discovery',
          image: release.images.pilot,
          args: [
            ...['discovery', `--monitoringAddr=:${istiodPorts.monitoring}`, '--log_output_level=default:info'],
            ...['--domain', 'cluster.local', '--keepaliveMaxServerConnectionAge', '30m'],
          ],
          env: {
            REVISION: revision,
            CLUSTER_ID: 'Kubernetes',
            PILOT_CERT_PROVIDER: 'istiod',
            PILOT_TRACE_SAMPLING: '1',
            PILOT_JWT_PUB_KEY_REFRESH_INTERVAL: '1m',
            PILOT_ENABLE_ANALYSIS: 'false',
            // Its controller would need the right to make Deployments and accounts in every namespace.
            PILOT_ENABLE_GATEWAY_API: 'false',
            ENABLE_NATIVE_SIDECARS: 'true',
            ENABLE_DEBUG_ON_HTTP: 'false',
            POD_NAME: { field: 'metadata.name' },
            POD_NAMESPACE: { field: 'metadata.namespace' },
            SERVICE_ACCOUNT: { field: 'spec.serviceAccountName' },
            GOMAXPROCS: { resource: 'limits.cpu' },
          },
          ports: {
            'http-debug': istiodPorts.debug,
            'tls-xds': istiodPorts.xds,
            'https-webhooks': istiodPorts.webhooks,
            'http-monitoring': istiodPorts.monitoring,
          },
          resources: { cpu: '500m', memory: '2048Mi' },
          readiness: httpProbe('/ready', 'http-debug', { initialDelaySeconds: 1, periodSeconds: 3, timeoutSeconds: 5 }),
          liveness: tcpProbe('http-debug', { initialDelaySeconds: 10, periodSeconds: 10 }),
          mounts: {
            ...meshToken,
            '/etc/cacerts': authority,
            '/var/run/secrets/istio-dns': { name: 'local-certs', source: { emptyDir: { medium: 'Memory' } } },
          },
        },
      ],
      override,
    })
      .allowFrom(proxies, [istiodPorts.xds])
      .allowFrom(cluster.apiServerPeers, [istiodPorts.webhooks])
      .allowTo(cluster.apiServer.peers, cluster.apiServer.ports);
  }

  private renderWebhooks(service: Service, { memberLabels, optOutLabels }: IstiodProps): void {
    const { injector, validator } = webhookNames(service.namespace);
    new Webhooks(this, 'Injection', {
      name: injector,
      kind: 'mutating',
      labels: revisionLabel,
      service,
      port: 'https-webhook',
      calls: [
        {
          name: 'namespace.sidecar-injector.istio.io',
          path: '/inject',
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          namespaceSelector: { matchLabels: { ...memberLabels } },
          objectSelector: {
            matchExpressions: Object.entries(optOutLabels).map(([key, value]) => ({
              key,
              operator: 'NotIn',
              values: [value],
            })),
          },
        },
      ],
    });
    new Webhooks(this, 'Validation', {
      name: validator,
      kind: 'validating',
      labels: revisionLabel,
      service,
      port: 'https-webhook',
      calls: [
        {
          name: 'rev.validation.istio.io',
          path: '/validate',
          rules: [
            {
              apiGroups: [groups.security, groups.networking, groups.telemetry, groups.extensions],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['*'],
            },
          ],
          // Its own namespace can be repaired while it is down.
          namespaceSelector: {
            matchExpressions: [
              {
                key: 'kubernetes.io/metadata.name',
                operator: 'NotIn',
                values: ['kube-system', service.namespace],
              },
            ],
          },
        },
      ],
    });
  }
}
