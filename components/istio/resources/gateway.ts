import { schema as s } from '../../../constructs';
import { istioKind, stableVersions, texts, uint32 } from './fields';

const tlsVersion = () => s.oneOf(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']);

const notBoth = (a: string, b: string) => `(has(self.${a}) ? 1 : 0) + (has(self.${b}) ? 1 : 0) <= 1`;

/** TLS of a server: of a gateway, or of a sidecar's way in. */
export const serverTls = () =>
  s.allOptional(
    {
      caCertCredentialName: s.text(),
      caCertificates: s.text(),
      caCrl: s.text(),
      cipherSuites: texts(),
      credentialName: s.text(),
      credentialNames: s.list(s.text(), { minItems: 1, maxItems: 2 }),
      httpsRedirect: s.bool(),
      maxProtocolVersion: tlsVersion(),
      minProtocolVersion: tlsVersion(),
      mode: s.oneOf(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL']),
      privateKey: s.text(),
      serverCertificate: s.text(),
      subjectAltNames: texts(),
      tlsCertificates: s.list(
        s.allOptional({ caCertificates: s.text(), privateKey: s.text(), serverCertificate: s.text() }),
        { minItems: 1, maxItems: 2 },
      ),
      verifyCertificateHash: texts(),
      verifyCertificateSpki: texts(),
    },
    {
      rules: [
        {
          rule: notBoth('tlsCertificates', 'credentialNames'),
          message: 'only one of credentialNames or tlsCertificates can be set',
        },
        {
          rule: notBoth('credentialName', 'credentialNames'),
          message: 'only one of credentialName or credentialNames can be set',
        },
        // As upstream has it: the message names other fields than the rule.
        {
          rule: notBoth('credentialNames', 'tlsCertificates'),
          message: 'only one of credentialName or tlsCertificates can be set',
        },
      ],
    },
  );

/** Ports and hosts on which gateway pods listen. */
export const Gateway = istioKind({
  group: 'networking',
  kind: 'Gateway',
  plural: 'gateways',
  shortName: 'gw',
  versions: stableVersions,
  spec: s.optional(
    s.allOptional({
      selector: s.map(s.text()),
      servers: s.list(
        s.object({
          bind: s.optional(s.text()),
          defaultEndpoint: s.optional(s.text()),
          hosts: texts(),
          name: s.optional(s.text()),
          port: s.object({
            name: s.text(),
            number: uint32(),
            protocol: s.text(),
            targetPort: s.optional(uint32()),
          }),
          tls: s.optional(serverTls()),
        }),
      ),
    }),
  ),
});
