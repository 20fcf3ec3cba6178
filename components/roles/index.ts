export { aggregateTo } from './aggregation';
export type { Certificates, ServingCertificate } from './certificates';
export type { Cluster } from './cluster';
export { devicePluginSettings } from './device-plugin';
export { type JobSetSpec, type JobSets, jobSetSpec, type ReplicatedJob } from './job-sets';
export type {
  Bucket,
  Lifecycle,
  ObjectStore,
  Retention,
  StoreAccount,
  StoreAccountProps,
  StoreGrant,
  StoreIdentity,
  StoreIdentityProps,
} from './object-store';
export type { QueuedGpus, QueueShare, Queues } from './queues';
export type {
  MeshAccess,
  MeshCaller,
  MeshEgress,
  MeshRoute,
  MeshWorkload,
  PlaintextPorts,
  ServiceMesh,
} from './service-mesh';
export type { SqlAccount, SqlAccountProps, SqlDatabase } from './sql-database';
export { tenantLabels } from './tenants';
export type { Tuning } from './tuning';
export type { ArtifactRepository, WorkflowEngine } from './workflow-engine';
