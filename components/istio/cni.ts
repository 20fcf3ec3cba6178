import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  ClusterRole,
  type Component,
  ConfigMap,
  core,
  imageReference,
  KubeObject,
  type Override,
  override,
  quantity,
  read,
  rule,
  ServiceAccount,
} from '../../constructs';
import { istiodPorts } from './names';
import { release } from './release';

/** The only namespace that lets pods change the network of a node. */
const namespace = 'kube-system';

const labels = { app: 'istio-cni' };
const selector = { 'k8s-app': 'istio-cni-node' };

/** Files of a node that are written, and where the container sees them. */
const hostPaths = {
  'cni-bin-dir': { path: '/opt/cni/bin', mountPath: '/host/opt/cni/bin' },
  'cni-net-dir': { path: '/etc/cni/net.d', mountPath: '/host/etc/cni/net.d' },
  'cni-host-procfs': { path: '/proc', mountPath: '/host/proc', readOnly: true },
  'cni-socket-dir': { path: '/var/run/istio-cni', mountPath: '/var/run/istio-cni' },
};

/**
 * Sends the traffic of pods through their proxies: a plugin on every node, so that no pod needs rights over its
 * network. Pods that started before the plugin was there are repaired.
 */
export class Cni extends Construct {
  constructor(component: Component, props: { readonly override?: Override<k8s.DaemonSetSpec> }) {
    super(component, 'Cni');
    const account = new ServiceAccount(this, 'Account', { name: 'istio-cni', namespace, labels });
    new ClusterRole(this, 'Role', {
      name: 'istio-cni',
      labels,
      rules: [rule(core, ['pods', 'nodes', 'namespaces'], read)],
    }).bindTo(account);
    new ClusterRole(this, 'RepairRole', {
      name: 'istio-cni-repair-role',
      labels,
      rules: [rule(core, ['pods'], read), rule(core, ['events'], ['create', 'patch'])],
    }).bindTo(account, 'istio-cni-repair-rolebinding');
    const config = new ConfigMap(this, 'Config', {
      name: 'istio-cni-config',
      namespace,
      labels,
      data: {
        AMBIENT_ENABLED: 'false',
        CHAINED_CNI_PLUGIN: 'true',
        CURRENT_AGENT_VERSION: release.version,
        EXCLUDE_NAMESPACES: namespace,
        ISTIO_OWNED_CNI_CONFIG: 'false',
        NATIVE_NFTABLES: 'false',
        REPAIR_BROKEN_POD_LABEL_KEY: 'cni.istio.io/uninitialized',
        REPAIR_BROKEN_POD_LABEL_VALUE: 'true',
        REPAIR_DELETE_PODS: 'false',
        REPAIR_ENABLED: 'true',
        REPAIR_INIT_CONTAINER_NAME: 'istio-validation',
        REPAIR_LABEL_PODS: 'false',
        REPAIR_REPAIR_PODS: 'true',
      },
    });
    const spec: k8s.DaemonSetSpec = {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(1) } },
      template: {
        metadata: {
          labels: { ...selector, 'sidecar.istio.io/inject': 'false', 'istio.io/dataplane-mode': 'none' },
          annotations: {
            'prometheus.io/scrape': 'true',
            'prometheus.io/port': String(istiodPorts.monitoring),
            'prometheus.io/path': '/metrics',
            'flowyard.dev/hash-config': config.contentHash,
          },
        },
        spec: this.podSpec(account),
      },
    };
    new KubeObject(this, 'DaemonSet', k8s.KubeDaemonSet, {
      metadata: { name: selector['k8s-app'], namespace, labels: selector },
      spec: override(spec, props.override),
    });
  }

  private podSpec(account: ServiceAccount): k8s.PodSpec {
    return {
      serviceAccountName: account.name,
      automountServiceAccountToken: true,
      priorityClassName: 'system-node-critical',
      terminationGracePeriodSeconds: 30,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      // Every node, whatever it keeps others away by: a pod without the plugin would pass the mesh by.
      tolerations: [
        { effect: 'NoSchedule', operator: 'Exists' },
        { key: 'CriticalAddonsOnly', operator: 'Exists' },
        { effect: 'NoExecute', operator: 'Exists' },
      ],
      containers: [
        {
          name: 'install-cni',
          image: imageReference(this, release.images.cni),
          imagePullPolicy: 'IfNotPresent',
          command: ['install-cni'],
          args: ['--log_output_level=info'],
          envFrom: [{ configMapRef: { name: 'istio-cni-config' } }],
          env: [
            field('NODE_NAME', 'spec.nodeName'),
            field('POD_NAME', 'metadata.name'),
            field('POD_NAMESPACE', 'metadata.namespace'),
            field('REPAIR_NODE_NAME', 'spec.nodeName'),
            { name: 'REPAIR_RUN_AS_DAEMON', value: 'true' },
            { name: 'REPAIR_SIDECAR_ANNOTATION', value: 'sidecar.istio.io/status' },
            { name: 'ALLOW_SWITCH_TO_HOST_NS', value: 'true' },
            { name: 'GOMEMLIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
            { name: 'GOMAXPROCS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          ],
          ports: [{ name: 'metrics', containerPort: istiodPorts.monitoring }],
          resources: {
            requests: { cpu: quantity('100m'), memory: quantity('100Mi') },
            limits: { memory: quantity('256Mi') },
          },
          readinessProbe: { httpGet: { path: '/readyz', port: k8s.IntOrString.fromNumber(8000) } },
          livenessProbe: { httpGet: { path: '/healthz', port: k8s.IntOrString.fromNumber(8000) } },
          // Root with the capabilities that entering the network of another pod takes, and writing where others own.
          securityContext: {
            privileged: false,
            runAsUser: 0,
            runAsGroup: 0,
            runAsNonRoot: false,
            appArmorProfile: { type: 'Unconfined' },
            capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW', 'SYS_PTRACE', 'SYS_ADMIN', 'DAC_OVERRIDE'] },
          },
          volumeMounts: Object.entries(hostPaths).map(([name, { path: _, ...mount }]) => ({ name, ...mount })),
        },
      ],
      volumes: Object.entries(hostPaths).map(([name, { path }]) => ({ name, hostPath: { path } })),
    };
  }
}

function field(name: string, fieldPath: string): k8s.EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
