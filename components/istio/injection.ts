import type { Construct } from 'constructs';
import { type ContainerProps, plain, podSpec } from '../../constructs';
import { proxyPorts } from './names';
import { proxyContainer, proxyReadiness, proxyUser } from './proxy';
import { release } from './release';

/** An action of a Go template that gives text. It is printed as JSON, quotes included, so that it can hold anything. */
function action(pipeline: string): string {
  return `{{ ${pipeline} | toJson }}`;
}

/** Runs before everything else in the pod: ends with an error while traffic would pass the proxy by. */
const validation: ContainerProps = {
  name: 'istio-validation',
  image: release.images.proxy,
  args: [
    ...['istio-iptables', '-p', '15001', '-z', '15006', '-u', String(proxyUser.user), '-m', 'REDIRECT'],
    ...['-i', '*', '-x', '', '-b', '*', '-d', Object.values(proxyPorts).join(',')],
    ...['--log_output_level=default:info', '--run-validation', '--skip-rule-apply'],
  ],
  resources: { cpu: '100m', memory: '128Mi', cpuLimit: '2000m', memoryLimit: '1024Mi' },
  securityContext: proxySecurity(),
};

/** The application's ports, for routes that name them. */
const podPorts =
  '{{ $ports := list }}' +
  '{{ range .Spec.Containers }}{{ range .Ports }}{{ $ports = append $ports . }}{{ end }}{{ end }}';

function sidecar(meshNamespace: string): ContainerProps {
  return proxyContainer(meshNamespace, 'sidecar', {
    ports: { 'status-port': proxyPorts.health },
    env: {
      PROXY_CONFIG: action('protoToJSON .ProxyConfig'),
      ISTIO_META_POD_PORTS: action('toJson $ports'),
      ISTIO_META_INTERCEPTION_MODE: 'REDIRECT',
      ISTIO_META_WORKLOAD_NAME: action('.DeploymentMeta.Name'),
      ISTIO_META_OWNER: action(
        'printf `kubernetes://apis/%s/namespaces/%s/%ss/%s` ' +
          '.TypeMeta.APIVersion .DeploymentMeta.Namespace (lower .TypeMeta.Kind) .DeploymentMeta.Name',
      ),
    },
    startup: proxyReadiness({ periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 }),
    readiness: proxyReadiness({ periodSeconds: 15, timeoutSeconds: 3, failureThreshold: 4 }),
    securityContext: proxySecurity(),
  });
}

/** Explicit in every container: the pod's own settings are the application's. */
function proxySecurity(): NonNullable<ContainerProps['securityContext']> {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: proxyUser.group,
    runAsNonRoot: true,
    runAsUser: proxyUser.user,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/**
 * What a pod gets that takes part, as a Go template over the pod. The proxy is a native sidecar: it is ready before the
 * application starts, and a job ends when its application does. The node's CNI plugin redirects the traffic, so that
 * no container needs rights over the network.
 */
function podTemplate(scope: Construct, meshNamespace: string): string {
  const { initContainers, volumes } = podSpec(scope, {
    account: { name: '' },
    initContainers: [validation, { ...sidecar(meshNamespace), sidecar: true }],
    containers: [],
  });
  const canonicalName =
    'index .ObjectMeta.Labels `service.istio.io/canonical-name` | default (index .ObjectMeta.Labels `app.kubernetes.io/name`) ' +
    '| default (index .ObjectMeta.Labels `app`) | default .DeploymentMeta.Name | trunc 63 | trimSuffix `-`';
  const pod = {
    metadata: {
      labels: {
        'security.istio.io/tlsMode': 'istio',
        'service.istio.io/canonical-name': action(canonicalName),
        'service.istio.io/canonical-revision': action(
          'index .ObjectMeta.Labels `service.istio.io/canonical-revision` | default (index .ObjectMeta.Labels `app.kubernetes.io/version`) ' +
            '| default (index .ObjectMeta.Labels `version`) | default `latest`',
        ),
      },
      annotations: {
        'istio.io/rev': action('.Revision'),
        'kubectl.kubernetes.io/default-container': action(
          'index .ObjectMeta.Annotations `kubectl.kubernetes.io/default-container` | default (index .Spec.Containers 0).Name',
        ),
      },
    },
    spec: { initContainers, volumes },
  };
  const text = JSON.stringify(plain(pod), undefined, 1).replaceAll(/"(\{\{ [^"]* \| toJson \}\})"/g, '$1');
  return `${podPorts}${text}`;
}

/** Content of the ConfigMap that the injector reads. */
export function injectorConfig(scope: Construct, meshNamespace: string): Record<string, string> {
  return {
    config: JSON.stringify(
      {
        policy: 'enabled',
        defaultTemplates: ['sidecar'],
        templates: { sidecar: podTemplate(scope, meshNamespace) },
      },
      undefined,
      1,
    ),
    values: JSON.stringify({ global: {}, sidecarInjectorWebhook: { rewriteAppHTTPProbe: true } }),
  };
}
