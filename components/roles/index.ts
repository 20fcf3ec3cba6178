export type { Certificates, ServingCertificate } from './certificates';
export type { Cluster } from './cluster';
export type { Bucket, Lifecycle, ObjectStore, StoreGrant, StoreIdentity } from './object-store';
