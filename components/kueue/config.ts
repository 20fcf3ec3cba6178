import { stringify } from 'yaml';
import { tenantLabels } from '../roles';
import type { JobFramework } from './frameworks';

/** Ports of the controller. The probe's is open to the kubelet only. */
export const ports = { metrics: 8443, 'webhook-server': 9443 };
export const probePort = 8081;

/** Its Lease. */
export const lease = 'c1f6bfd2.kueue.x-k8s.io';

/**
 * The controller's settings. Certificates come from others, so that it writes neither webhooks nor Secrets. What is off
 * needs rights to the Secrets of other clusters, or an API of its own whose absence would stop namespaces from going.
 */
export function configOf(frameworks: readonly JobFramework[]): string {
  return stringify({
    apiVersion: 'config.kueue.x-k8s.io/v1beta2',
    kind: 'Configuration',
    health: { healthProbeBindAddress: `:${probePort}` },
    metrics: { bindAddress: `:${ports.metrics}` },
    webhook: { port: ports['webhook-server'] },
    leaderElection: { leaderElect: true, resourceName: lease },
    controller: {
      groupKindConcurrency: {
        'Job.batch': 5,
        'Workload.kueue.x-k8s.io': 10,
        'LocalQueue.kueue.x-k8s.io': 5,
        'Cohort.kueue.x-k8s.io': 1,
        'ClusterQueue.kueue.x-k8s.io': 5,
        'ResourceFlavor.kueue.x-k8s.io': 1,
      },
    },
    clientConnection: { qps: 300, burst: 500 },
    internalCertManagement: { enable: false },
    manageJobsWithoutQueueName: true,
    managedJobsNamespaceSelector: { matchLabels: tenantLabels },
    integrations: { frameworks: [...frameworks] },
    // The quota of the namespace limits it; queues know of CPU, memory and accelerators.
    resources: { excludeResourcePrefixes: ['ephemeral-storage'] },
    featureGates: { MultiKueue: false, VisibilityOnDemand: false },
  });
}
