import type { Exception } from './policy';

/** Objects of the platform that a rule does not hold for. */
export const exceptions: readonly Exception[] = [
  {
    policy: 'restricted-pods',
    object: 'istio/Cni/DaemonSet',
    reason: 'it sets up the network of other pods on the node, so that they need no rights for it',
  },
  {
    policy: 'restricted-pods',
    object: 'nvidia-device-plugin/Plugin',
    reason: 'it registers the devices of the node with the kubelet, by a socket of the node',
  },
  {
    policy: 'restricted-pods',
    object: 'nvidia-device-plugin/MpsDaemon',
    reason: 'it runs the service that shares the devices of the node between pods',
  },
  {
    policy: 'restricted-pods',
    object: 'gpu-operator/Features/Worker',
    reason:
      'it looks at the kernel, the buses and the devices of its node, through paths of the node that it may only read',
  },
];
