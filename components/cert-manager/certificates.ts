import { CustomResource, schema } from '../../constructs';
import {
  bytes,
  columns,
  conditionColumn,
  conditions,
  group,
  issuerRef,
  requestConditions,
  secretKey,
  selectableIssuer,
  templateMetadata,
  texts,
  usages,
} from './fields';

const { allOptional, bool, int32, integer, list, map, object, oneOf, optional, text, time } = schema;

function subject() {
  return allOptional({
    countries: texts(),
    localities: texts(),
    organizationalUnits: texts(),
    organizations: texts(),
    postalCodes: texts(),
    provinces: texts(),
    serialNumber: text(),
    streetAddresses: texts(),
  });
}

function privateKey() {
  return allOptional({
    algorithm: oneOf(['RSA', 'ECDSA', 'Ed25519']),
    encoding: oneOf(['PKCS1', 'PKCS8']),
    rotationPolicy: oneOf(['Never', 'Always']),
    size: integer(),
  });
}

function keystores() {
  const store = { create: bool(), password: optional(text()), passwordSecretRef: optional(secretKey()) };
  return allOptional({
    jks: object({ ...store, alias: optional(text()) }),
    pkcs12: object({ ...store, profile: optional(oneOf(['LegacyRC2', 'LegacyDES', 'Modern2023'])) }),
  });
}

function nameConstraints() {
  const names = () =>
    allOptional({ dnsDomains: texts(), emailAddresses: texts(), ipRanges: texts(), uriDomains: texts() });
  return allOptional({ critical: bool(), excluded: names(), permitted: names() });
}

const signatureAlgorithms = [
  'SHA256WithRSA',
  'SHA384WithRSA',
  'SHA512WithRSA',
  'ECDSAWithSHA256',
  'ECDSAWithSHA384',
  'ECDSAWithSHA512',
  'PureEd25519',
] as const;

/** A certificate that is kept valid in a Secret. */
export const Certificate = new CustomResource({
  group,
  kind: 'Certificate',
  plural: 'certificates',
  shortNames: ['cert', 'certs'],
  categories: ['cert-manager'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      subresources: { status: {} },
      columns: [
        conditionColumn('Ready'),
        { name: 'Secret', type: 'string', jsonPath: '.spec.secretName' },
        { ...columns.issuer, priority: 1 },
        columns.message,
        columns.age,
      ],
      selectableFields: selectableIssuer,
      schema: object({
        spec: object({
          issuerRef: issuerRef(),
          secretName: text(),
          additionalOutputFormats: optional(
            list(object({ type: oneOf(['DER', 'CombinedPEM']) }), { listType: 'atomic' }),
          ),
          commonName: optional(text()),
          dnsNames: optional(texts()),
          duration: optional(text()),
          emailAddresses: optional(texts()),
          encodeUsagesInRequest: optional(bool()),
          ipAddresses: optional(texts()),
          isCA: optional(bool()),
          keystores: optional(keystores()),
          literalSubject: optional(text()),
          nameConstraints: optional(nameConstraints()),
          otherNames: optional(list(allOptional({ oid: text(), utf8Value: text() }), { listType: 'atomic' })),
          privateKey: optional(privateKey()),
          renewBefore: optional(text()),
          renewBeforePercentage: optional(int32()),
          revisionHistoryLimit: optional(int32()),
          secretTemplate: optional(templateMetadata()),
          signatureAlgorithm: optional(oneOf(signatureAlgorithms)),
          subject: optional(subject()),
          uris: optional(texts()),
          usages: optional(usages()),
        }),
        status: optional(
          allOptional({
            conditions: conditions(),
            failedIssuanceAttempts: integer(),
            lastFailureTime: time(),
            nextPrivateKeySecretName: text(),
            notAfter: time(),
            notBefore: time(),
            renewalTime: time(),
            revision: integer(),
          }),
        ),
      }),
    },
  ],
});

/** One request to an issuer. cert-manager makes them from certificates; users may too. */
export const CertificateRequest = new CustomResource({
  group,
  kind: 'CertificateRequest',
  plural: 'certificaterequests',
  shortNames: ['cr', 'crs'],
  categories: ['cert-manager'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      subresources: { status: {} },
      columns: [
        conditionColumn('Approved'),
        conditionColumn('Denied'),
        conditionColumn('Ready'),
        columns.issuer,
        { name: 'Requester', type: 'string', jsonPath: '.spec.username' },
        columns.message,
        columns.age,
      ],
      selectableFields: selectableIssuer,
      schema: object({
        spec: object({
          issuerRef: issuerRef(),
          request: bytes(),
          duration: optional(text()),
          extra: optional(map(list(text()))),
          groups: optional(texts()),
          isCA: optional(bool()),
          uid: optional(text()),
          usages: optional(usages()),
          username: optional(text()),
        }),
        status: optional(
          allOptional({
            ca: bytes(),
            certificate: bytes(),
            conditions: requestConditions(),
            failureTime: time(),
          }),
        ),
      }),
    },
  ],
});
