import type { Construct } from 'constructs';
import type { Handle, Volume } from '../../constructs';

/** A serving certificate that is issued and renewed without hand work. */
export interface ServingCertificate {
  /** Name of the Secret with `tls.crt`, `tls.key` and `ca.crt`. */
  readonly secretName: string;

  /** Annotations for webhooks and CRDs whose certificate authority is to be filled in. */
  readonly caInjection: Readonly<Record<string, string>>;

  /** The files, as a volume of the given name. */
  volume(name: string): Volume;
}

/** Issues certificates for servers inside the cluster. */
export interface Certificates extends Handle {
  /**
   * A certificate for a server, rendered below `scope`.
   *
   * @param props.name       name of the certificate
   * @param props.secretName Secret it is written to
   * @param props.namespace  namespace of both
   * @param props.dnsNames   host names, the Service's forms among them
   */
  issue(
    scope: Construct,
    id: string,
    props: {
      readonly name: string;
      readonly secretName: string;
      readonly namespace: string;
      readonly dnsNames: string[];
    },
  ): ServingCertificate;
}
