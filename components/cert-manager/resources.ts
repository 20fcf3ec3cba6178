export { Challenge, Order } from './acme';
export { Certificate, CertificateRequest } from './certificates';
export { ClusterIssuer, Issuer } from './issuers';
