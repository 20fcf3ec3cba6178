/** Names and ports that upstream's programs have in common. */
export const trustDomain = 'cluster.local';
export const revision = 'default';

/** Ports of the control plane. */
export const istiodPorts = { debug: 8080, xds: 15012, monitoring: 15014, webhooks: 15017 } as const;

/** Ports of every proxy: metrics of the pod, its health, and Envoy's own metrics. */
export const proxyPorts = { metrics: 15020, health: 15021, envoyMetrics: 15090 } as const;

/** Labels of the control plane's pods. */
export const istiodLabels = { app: 'istiod', istio: 'pilot' } as const;

/** Where proxies in any namespace find the control plane. */
export function istiodAddress(namespace: string): string {
  return `istiod.${namespace}.svc:${istiodPorts.xds}`;
}

/** ConfigMap with the mesh's authority, which the control plane keeps in every namespace. */
export const rootCertificate = 'istio-ca-root-cert';

/** ConfigMaps that the control plane reads. */
export const configMaps = { mesh: 'istio', injector: 'istio-sidecar-injector' } as const;

/** Webhook configurations that the control plane writes its authority into. */
export function webhookNames(namespace: string) {
  return { injector: 'istio-sidecar-injector', validator: `istio-validator-${namespace}` } as const;
}
