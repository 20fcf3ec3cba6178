export { type Accelerator, type AcceleratorFacts, acceleratorFacts, accelerators } from './accelerators';
export {
  apiObjects,
  Component,
  type ComponentProps,
  type ExistingObject,
  type Extension,
  type Handle,
} from './component';
export { ConfigMap, type ConfigMapProps } from './config-map';
export {
  CustomResource,
  type PrinterColumn,
  type ResourceFields,
  type ResourceProps,
  type ResourceVersion,
} from './custom-resource';
export { type Defaults, defaultsOf, setDefaults } from './defaults';
export {
  GeneratedSecret,
  type GeneratedSecretProps,
  generateAnnotation,
  rollingKeys,
  type SecretKey,
  type SecretSource,
  withSecretsHash,
} from './generated-secret';
export * from './graph';
export { contentHash } from './hash';
export { type Image, imageReference, type Release } from './image';
export { KubeObject, type Manifest, plain } from './kube-object';
export { Namespace, type NamespaceProps, type PodSecurity, podSecurityVersion } from './namespace';
export {
  addresses,
  DefaultDeny,
  dnsPeers,
  dnsPorts,
  type NetworkPeer,
  type NetworkPort,
  NetworkRules,
  podsIn,
  podsOfNamespaces,
  podsWith,
} from './network-policy';
export * from './node-pool';
export { type Override, override, type Partially } from './override';
export { type ContainerProps, type EnvValue, httpProbe, type PodProps, podSpec, type Resources, tcpProbe } from './pod';
export { ClusterRole, core, Role, rbacGroup, read, rule, ServiceAccount, type Verb, write } from './rbac';
export * as schema from './schema';
export { schemaCheck } from './schema-check';
export { Endpoint, ExternalEndpoint, Service, type ServiceProps } from './service';
export { emptyDir, PersistentVolumeClaim, quantity, type Volume } from './volume';
export { type WebhookCall, Webhooks, type WebhooksProps } from './webhook';
export {
  CronJob,
  type CronJobProps,
  Deployment,
  type DeploymentProps,
  Job,
  type JobProps,
  StatefulSet,
  type StatefulSetProps,
  type WorkloadProps,
} from './workload';
