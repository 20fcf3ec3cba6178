export {
  type AcmeIssuer,
  Certificate,
  CertificateRequest,
  CertManager,
  type CertManagerProps,
  Challenge,
  ClusterIssuer,
  Issuer,
  type IssuerReference,
  Order,
} from './cert-manager';
export { Kubeflow, type KubeflowProps } from './kubeflow';
export { Minio, type MinioProps } from './minio';
export * from './profiles';
export * from './roles';
export {
  type GangScheduler,
  JAXJobKind,
  MPIJobKind,
  PaddleJobKind,
  PyTorchJobKind,
  TFJobKind,
  TrainingOperator,
  type TrainingOperatorProps,
  XGBoostJobKind,
} from './training-operator';
export * from './training-operator/jobs';
