import { istiodAddress, trustDomain } from './names';

/** Content of the ConfigMap with the settings of the whole mesh. */
export function meshConfig(namespace: string): Record<string, string> {
  const mesh = {
    rootNamespace: namespace,
    trustDomain,
    defaultConfig: { discoveryAddress: istiodAddress(namespace) },
    defaultProviders: { metrics: ['prometheus'] },
    enablePrometheusMerge: true,
    // Otherwise whoever may write an Ingress answers for any path of the users' gateway, before any login.
    ingressControllerMode: 'OFF',
    // A policy on paths means the same path as the server behind it: `/a//b` and `/a/%2e/b` are not ways around it.
    pathNormalization: { normalization: 'DECODE_AND_MERGE_SLASHES' },
  };
  // As JSON: the control plane's YAML reads a bare OFF as false, and then forgets all of the settings.
  return { mesh: JSON.stringify(mesh, undefined, 1), meshNetworks: 'networks: {}' };
}
