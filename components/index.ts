export {
  ArgoWorkflows,
  type ArgoWorkflowsProps,
  ClusterWorkflowTemplate,
  type ControllerSettings,
  CronWorkflow,
  type CronWorkflowSpec,
  type ExistingArgoWorkflowsProps,
  type Retention as WorkflowRetention,
  type Template as ArgoTemplate,
  type TemplateReferencing,
  Workflow,
  type WorkflowSpec,
  WorkflowTemplate,
} from './argo-workflows';
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
export { Gcs, type GcsAccess, type GcsIdentities, type GcsProps } from './gcs';
export {
  ClusterPolicy,
  type ClusterPolicySpec,
  GpuCluster,
  GpuOperator,
  type GpuOperatorProps,
  gpuOperatorKinds,
  type Installer,
  NodeFeature,
  NodeFeatureGroup,
  NodeFeatureRule,
  NvidiaDriver,
  type NvidiaDriverSpec,
  type PoolDriver,
} from './gpu-operator';
export { type ExistingIstioProps, Istio, type IstioProps } from './istio';
export { JobSet, JobSetKind, type JobSetProps } from './jobset';
export * from './katib';
export { Kubeflow, type KubeflowProps } from './kubeflow';
export {
  AdmissionCheck,
  ClusterQueue,
  Cohort,
  type JobFramework,
  jobFrameworks,
  Kueue,
  type KueueProps,
  LocalQueue,
  ResourceFlavor,
  Topology,
  Workload,
  WorkloadPriorityClass,
} from './kueue';
export { Minio, type MinioProps } from './minio';
export { Mysql, type MysqlProps } from './mysql';
export { NvidiaDevicePlugin, type NvidiaDevicePluginProps } from './nvidia-device-plugin';
export * from './profiles';
export * from './roles';
export { type ExistingS3Props, S3, type S3Access, type S3Identities, type S3Props } from './s3';
export { SeaweedFs, type SeaweedFsProps } from './seaweedfs';
export {
  type ClusterRuntimeProps,
  ClusterTrainingRuntimeKind,
  type Initializer,
  type Runtime,
  type RuntimeName,
  Trainer,
  type TrainerProps,
  TrainingRuntimeKind,
  type TrainingRuntimeSpec,
  TrainJob,
  type TrainJobEquivalent,
  TrainJobKind,
  type TrainJobProps,
  trainJobFrom,
} from './trainer';
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
