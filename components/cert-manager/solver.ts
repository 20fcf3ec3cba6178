import type { k8s } from 'cdk8s-plus-27';
import { schema } from '../../constructs';
import { secretKey, serviceAccountRef, templateMetadata, texts } from './fields';

const { allOptional, amount, anything, bool, int32, int64, list, map, object, oneOf, opaque } = schema;
const { optional, text } = schema;

/** How an ACME challenge is answered, and for which names. */
export function solver() {
  return allOptional({
    dns01: dns01(),
    http01: allOptional({ gatewayHTTPRoute: gatewayHTTPRoute(), ingress: ingress() }),
    selector: allOptional({ dnsNames: texts(), dnsZones: texts(), matchLabels: map(text()) }),
  });
}

/** A record in the zone of the name, by the provider's own API. */
function dns01() {
  return allOptional({
    acmeDNS: object({ accountSecretRef: secretKey(), host: text() }),
    akamai: object({
      accessTokenSecretRef: secretKey(),
      clientSecretSecretRef: secretKey(),
      clientTokenSecretRef: secretKey(),
      serviceConsumerDomain: text(),
    }),
    azureDNS: object({
      resourceGroupName: text(),
      subscriptionID: text(),
      clientID: optional(text()),
      clientSecretSecretRef: optional(secretKey()),
      environment: optional(
        oneOf(['AzurePublicCloud', 'AzureChinaCloud', 'AzureGermanCloud', 'AzureUSGovernmentCloud']),
      ),
      hostedZoneName: optional(text()),
      managedIdentity: optional(allOptional({ clientID: text(), resourceID: text(), tenantID: text() })),
      tenantID: optional(text()),
      zoneType: optional(oneOf(['AzurePublicZone', 'AzurePrivateZone'])),
    }),
    cloudDNS: object({
      project: text(),
      hostedZoneName: optional(text()),
      serviceAccountSecretRef: optional(secretKey()),
    }),
    cloudflare: allOptional({ apiKeySecretRef: secretKey(), apiTokenSecretRef: secretKey(), email: text() }),
    cnameStrategy: oneOf(['None', 'Follow']),
    digitalocean: object({ tokenSecretRef: secretKey() }),
    rfc2136: object({
      nameserver: text(),
      protocol: optional(oneOf(['TCP', 'UDP'])),
      tsigAlgorithm: optional(text()),
      tsigKeyName: optional(text()),
      tsigSecretSecretRef: optional(secretKey()),
    }),
    route53: allOptional({
      accessKeyID: text(),
      accessKeyIDSecretRef: secretKey(),
      auth: object({ kubernetes: object({ serviceAccountRef: serviceAccountRef() }) }),
      hostedZoneID: text(),
      region: text(),
      role: text(),
      secretAccessKeySecretRef: secretKey(),
    }),
    webhook: object({ groupName: text(), solverName: text(), config: optional(anything()) }),
  });
}

/** A file below the name, served by a pod behind an Ingress. */
function ingress() {
  return allOptional({
    class: text(),
    ingressClassName: text(),
    ingressTemplate: allOptional({ metadata: templateMetadata() }),
    name: text(),
    podTemplate: podTemplate(),
    serviceType: text(),
  });
}

/** The same behind a Gateway. */
function gatewayHTTPRoute() {
  const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
  const dnsName = `${dnsLabel}(\\.${dnsLabel})*`;
  return allOptional({
    labels: map(text()),
    parentRefs: list(
      object({
        name: text({ minLength: 1, maxLength: 253 }),
        group: optional(text({ default: 'gateway.networking.k8s.io', maxLength: 253, pattern: `^$|^${dnsName}$` })),
        kind: optional(
          text({ default: 'Gateway', minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
        ),
        namespace: optional(text({ minLength: 1, maxLength: 63, pattern: `^${dnsLabel}$` })),
        port: optional(int32({ minimum: 1, maximum: 65535 })),
        sectionName: optional(text({ minLength: 1, maxLength: 253, pattern: `^${dnsName}$` })),
      }),
      { listType: 'atomic' },
    ),
    podTemplate: podTemplate(),
    serviceType: text(),
  });
}

/** What can be set of the pod that serves the file. */
function podTemplate() {
  return allOptional({
    metadata: templateMetadata(),
    spec: allOptional({
      // The pod is checked when it is made: three levels of Kubernetes' own schema, six times, would add 8 KB each.
      affinity: allOptional({
        nodeAffinity: opaque<k8s.NodeAffinity>(),
        podAffinity: opaque<k8s.PodAffinity>(),
        podAntiAffinity: opaque<k8s.PodAntiAffinity>(),
      }),
      imagePullSecrets: list(object({ name: optional(text({ default: '' })) }, { mapType: 'atomic' }), {
        listType: 'map',
        keys: ['name'],
      }),
      nodeSelector: map(text()),
      priorityClassName: text(),
      resources: allOptional({ limits: map(amount()), requests: map(amount()) }),
      securityContext: allOptional({
        fsGroup: int64(),
        fsGroupChangePolicy: text(),
        runAsGroup: int64(),
        runAsNonRoot: bool(),
        runAsUser: int64(),
        seLinuxOptions: allOptional({ level: text(), role: text(), type: text(), user: text() }),
        seccompProfile: object({ type: text(), localhostProfile: optional(text()) }),
        supplementalGroups: list(int64(), { listType: 'atomic' }),
        sysctls: list(object({ name: text(), value: text() }), { listType: 'atomic' }),
      }),
      serviceAccountName: text(),
      tolerations: list(
        allOptional({ effect: text(), key: text(), operator: text(), tolerationSeconds: int64(), value: text() }),
        { listType: 'atomic' },
      ),
    }),
  });
}
