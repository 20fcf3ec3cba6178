import type { Exception } from './policy';

/** Objects of the platform that a rule does not hold for. */
export const exceptions: readonly Exception[] = [
  {
    policy: 'restricted-pods',
    object: 'istio/Cni/DaemonSet',
    reason: 'it sets up the network of other pods on the node, so that they need no rights for it',
  },
];
