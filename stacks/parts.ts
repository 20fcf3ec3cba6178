import type { Construct } from 'constructs';
import { ArgoWorkflows } from '../components/argo-workflows';
import { CertManager } from '../components/cert-manager';
import { Gcs } from '../components/gcs';
import { GpuOperator } from '../components/gpu-operator';
import { Istio } from '../components/istio';
import { JobSet } from '../components/jobset';
import { Katib } from '../components/katib';
import { Kubeflow } from '../components/kubeflow';
import { Kueue } from '../components/kueue';
import { Minio } from '../components/minio';
import { Mysql } from '../components/mysql';
import { NvidiaDevicePlugin } from '../components/nvidia-device-plugin';
import { Profiles } from '../components/profiles';
import { S3 } from '../components/s3';
import { SeaweedFs } from '../components/seaweedfs';
import { Trainer } from '../components/trainer';
import { TrainingOperator } from '../components/training-operator';

/** The platform's own components by id: what a fork can name. */
export const parts = {
  istio: Istio,
  kubeflow: Kubeflow,
  profiles: Profiles,
  'cert-manager': CertManager,
  minio: Minio,
  seaweedfs: SeaweedFs,
  s3: S3,
  gcs: Gcs,
  mysql: Mysql,
  'nvidia-device-plugin': NvidiaDevicePlugin,
  'gpu-operator': GpuOperator,
  'training-operator': TrainingOperator,
  jobset: JobSet,
  trainer: Trainer,
  'argo-workflows': ArgoWorkflows,
  katib: Katib,
  kueue: Kueue,
};

type Classes = typeof parts;

/** Id of a component of the platform. */
export type PartId = keyof Classes;

/** The platform's components, by id. */
export type Parts = { [Id in PartId]: InstanceType<Classes[Id]> };

/** What the constructor of a part takes. */
export type PropsOf<Id extends PartId> = NonNullable<ConstructorParameters<Classes[Id]>[2]>;

/** A part as something to be made: what its props are depends on its id. */
export type PartClasses = {
  readonly [Id in PartId]: new (
    scope: Construct,
    id: string,
    props: PropsOf<Id>,
  ) => Parts[Id];
};

/** Any props of the parts, by id. */
export type PartProps = { readonly [Id in PartId]?: Partial<PropsOf<Id>> };
