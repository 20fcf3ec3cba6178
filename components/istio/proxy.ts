import { type ContainerProps, type EnvValue, emptyDir, httpProbe, type Volume } from '../../constructs';
import { istiodAddress, proxyPorts, rootCertificate, trustDomain } from './names';
import { release } from './release';

/** The user that proxies run as: what it sends is not sent through a proxy once more. */
export const proxyUser = { user: 1337, group: 1337 } as const;

const tokenVolume: Volume = {
  name: 'istio-token',
  source: {
    projected: {
      sources: [{ serviceAccountToken: { path: 'istio-token', expirationSeconds: 43_200, audience: 'istio-ca' } }],
    },
  },
  readOnly: true,
};

const podInfo: Volume = {
  name: 'istio-podinfo',
  source: {
    downwardAPI: {
      items: ['labels', 'annotations'].map(path => ({ path, fieldRef: { fieldPath: `metadata.${path}` } })),
    },
  },
};

/** The account's token for the mesh's authority, and no other: it is none for the API server. */
export const meshToken = { '/var/run/secrets/tokens': tokenVolume };

const mounts: Record<string, Volume> = {
  ...meshToken,
  '/var/run/secrets/workload-spiffe-uds': emptyDir('workload-socket'),
  '/var/run/secrets/credential-uds': emptyDir('credential-socket'),
  '/var/run/secrets/workload-spiffe-credentials': emptyDir('workload-certs'),
  '/var/run/secrets/istio': { name: 'istiod-ca-cert', source: { configMap: { name: rootCertificate } } },
  '/etc/istio/proxy': emptyDir('istio-envoy'),
  '/etc/istio/pod': podInfo,
  '/var/lib/istio/data': emptyDir('istio-data'),
};

function env(meshNamespace: string): Record<string, EnvValue> {
  return {
    PILOT_CERT_PROVIDER: 'istiod',
    CA_ADDR: istiodAddress(meshNamespace),
    POD_NAME: { field: 'metadata.name' },
    POD_NAMESPACE: { field: 'metadata.namespace' },
    INSTANCE_IP: { field: 'status.podIP' },
    HOST_IP: { field: 'status.hostIP' },
    SERVICE_ACCOUNT: { field: 'spec.serviceAccountName' },
    ISTIO_CPU_LIMIT: { resource: 'limits.cpu' },
    GOMAXPROCS: { resource: 'limits.cpu' },
    GOMEMLIMIT: { resource: 'limits.memory' },
    TRUST_DOMAIN: trustDomain,
    ISTIO_META_MESH_ID: trustDomain,
    ISTIO_META_CLUSTER_ID: 'Kubernetes',
    ISTIO_META_NODE_NAME: { field: 'spec.nodeName' },
  };
}

/**
 * The container of a proxy, beside an application or alone as a gateway.
 *
 * @param meshNamespace namespace of the control plane
 * @param role          `sidecar` or `router`
 * @param change        what this proxy has beside all others
 */
export function proxyContainer(
  meshNamespace: string,
  role: 'sidecar' | 'router',
  change: Partial<ContainerProps>,
): ContainerProps {
  return {
    name: 'istio-proxy',
    image: release.images.proxy,
    args: [
      ...['proxy', role, '--domain', '$(POD_NAMESPACE).svc.cluster.local'],
      ...['--proxyLogLevel=warning', '--proxyComponentLogLevel=misc:error', '--log_output_level=default:info'],
    ],
    resources: { cpu: '100m', memory: '128Mi', cpuLimit: '2000m', memoryLimit: '1024Mi' },
    ...change,
    ports: { ...change.ports, 'http-envoy-prom': proxyPorts.envoyMetrics },
    env: { ...env(meshNamespace), ...change.env },
    mounts: { ...mounts, ...change.mounts },
  };
}

/** Whether a proxy has its configuration and takes requests. */
export function proxyReadiness(times: Parameters<typeof httpProbe>[2]) {
  return httpProbe('/healthz/ready', 'status-port', { scheme: 'HTTP', ...times });
}
