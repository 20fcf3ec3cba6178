import type { k8s } from 'cdk8s-plus-27';
import { quantity } from '../../constructs';

/** Ceilings of a tenant, in Kubernetes' notation. */
export interface Quota {
  /** CPU cores that all pods may ask for, such as `16`. */
  readonly cpu: string;

  /** Memory that all pods may ask for, such as `64Gi`. */
  readonly memory: string;

  /** Storage of all claims, such as `200Gi`. */
  readonly storage: string;

  /** Accelerators by extended resource, such as `{ 'nvidia.com/gpu': 2 }`. @default - none */
  readonly gpus?: Readonly<Record<string, number>>;

  /** @default 100 */
  readonly pods?: number;
}

/** The hard limits of a ResourceQuota. No load balancers, no node ports: tenants publish through the platform. */
export function quotaOf(quota: Quota): Record<string, string> {
  return {
    'requests.cpu': quota.cpu,
    'requests.memory': quota.memory,
    'limits.memory': quota.memory,
    'requests.storage': quota.storage,
    pods: String(quota.pods ?? 100),
    'services.loadbalancers': '0',
    'services.nodeports': '0',
    // Extended resources cannot be overcommitted: their requests are the only key that a quota takes.
    'requests.nvidia.com/gpu': '0',
    ...Object.fromEntries(
      Object.entries(quota.gpus ?? {}).map(([resource, count]) => [`requests.${resource}`, String(count)]),
    ),
  };
}

/** What containers get that say nothing: without it a quota would refuse them. */
export function defaultLimits(): k8s.LimitRangeItem[] {
  return [
    {
      type: 'Container',
      defaultRequest: { cpu: quantity('100m'), memory: quantity('256Mi') },
      default: { memory: quantity('1Gi') },
    },
  ];
}
