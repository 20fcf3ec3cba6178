import { CustomResource, schema } from '../../constructs';
import { bytes, columns, conditionColumn, conditions, group, secretKey, serviceAccountRef, texts } from './fields';
import { solver } from './solver';

const { allOptional, bool, list, object, oneOf, optional, text } = schema;

/** A server that speaks ACME, such as Let's Encrypt. */
export function acme() {
  return object({
    server: text(),
    privateKeySecretRef: secretKey(),
    caBundle: optional(bytes()),
    disableAccountKeyGeneration: optional(bool()),
    email: optional(text()),
    enableDurationFeature: optional(bool()),
    externalAccountBinding: optional(
      object({
        keyID: text(),
        keySecretRef: secretKey(),
        keyAlgorithm: optional(oneOf(['HS256', 'HS384', 'HS512'])),
      }),
    ),
    preferredChain: optional(text({ maxLength: 64 })),
    profile: optional(text()),
    skipTLSVerify: optional(bool()),
    solvers: optional(list(solver(), { listType: 'atomic' })),
  });
}

function vault() {
  return object({
    server: text(),
    path: text(),
    auth: allOptional({
      appRole: object({ path: text(), roleId: text(), secretRef: secretKey() }),
      clientCertificate: allOptional({ mountPath: text(), name: text(), secretName: text() }),
      kubernetes: object({
        role: text(),
        mountPath: optional(text()),
        secretRef: optional(secretKey()),
        serviceAccountRef: optional(serviceAccountRef()),
      }),
      tokenSecretRef: secretKey(),
    }),
    caBundle: optional(bytes()),
    caBundleSecretRef: optional(secretKey()),
    clientCertSecretRef: optional(secretKey()),
    clientKeySecretRef: optional(secretKey()),
    namespace: optional(text()),
    serverName: optional(text()),
  });
}

function venafi() {
  return object({
    zone: text(),
    cloud: optional(object({ apiTokenSecretRef: secretKey(), url: optional(text()) })),
    tpp: optional(
      object({
        url: text(),
        credentialsRef: object({ name: text() }),
        caBundle: optional(bytes()),
        caBundleSecretRef: optional(secretKey()),
      }),
    ),
  });
}

/** What both kinds of issuers hold: one of the five ways to sign. */
function issuer() {
  return object({
    spec: allOptional({
      acme: acme(),
      ca: object({
        secretName: text(),
        crlDistributionPoints: optional(texts()),
        issuingCertificateURLs: optional(texts()),
        ocspServers: optional(texts()),
      }),
      selfSigned: allOptional({ crlDistributionPoints: texts() }),
      vault: vault(),
      venafi: venafi(),
    }),
    status: optional(
      allOptional({
        acme: allOptional({ lastPrivateKeyHash: text(), lastRegisteredEmail: text(), uri: text() }),
        conditions: conditions(),
      }),
    ),
  });
}

function version() {
  return {
    name: 'v1',
    storage: true,
    subresources: { status: {} },
    columns: [conditionColumn('Ready'), columns.message, columns.age],
    schema: issuer(),
  };
}

/** Signs certificates of its own namespace. */
export const Issuer = new CustomResource({
  group,
  kind: 'Issuer',
  plural: 'issuers',
  shortNames: ['iss'],
  categories: ['cert-manager'],
  scope: 'Namespaced',
  versions: [version()],
});

/** Signs certificates of all namespaces. */
export const ClusterIssuer = new CustomResource({
  group,
  kind: 'ClusterIssuer',
  plural: 'clusterissuers',
  shortNames: ['ciss'],
  categories: ['cert-manager'],
  scope: 'Cluster',
  versions: [version()],
});
