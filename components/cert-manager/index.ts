export { type AcmeIssuer, CertManager, type CertManagerProps } from './cert-manager';
export type { IssuerReference } from './fields';
export { release } from './release';
export { Certificate, CertificateRequest, Challenge, ClusterIssuer, Issuer, Order } from './resources';
