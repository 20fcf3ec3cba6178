import type { Static } from '@sinclair/typebox';
import { schema as s } from '../../../constructs';

/** A key of a Secret or ConfigMap. */
export const objectKey = () =>
  s.object(
    { key: s.text(), name: s.optional(s.text({ default: '' })), optional: s.optional(s.bool()) },
    { mapType: 'atomic' },
  );

const artifactory = () =>
  s.object({
    passwordSecret: s.optional(objectKey()),
    url: s.text(),
    usernameSecret: s.optional(objectKey()),
  });

const azure = () =>
  s.object({
    accountKeySecret: s.optional(objectKey()),
    blob: s.text(),
    container: s.text(),
    endpoint: s.text(),
    useSDKCreds: s.optional(s.bool()),
  });

const gcs = () =>
  s.object({
    bucket: s.optional(s.text()),
    key: s.text(),
    serviceAccountKeySecret: s.optional(objectKey()),
  });

const git = () =>
  s.object({
    branch: s.optional(s.text()),
    depth: s.optional(s.int64()),
    disableSubmodules: s.optional(s.bool()),
    fetch: s.optional(s.list(s.text())),
    insecureIgnoreHostKey: s.optional(s.bool()),
    insecureSkipTLS: s.optional(s.bool()),
    passwordSecret: s.optional(objectKey()),
    repo: s.text(),
    revision: s.optional(s.text()),
    singleBranch: s.optional(s.bool()),
    sshPrivateKeySecret: s.optional(objectKey()),
    usernameSecret: s.optional(objectKey()),
  });

const hdfs = () =>
  s.object({
    addresses: s.optional(s.list(s.text())),
    dataTransferProtection: s.optional(s.text()),
    force: s.optional(s.bool()),
    hdfsUser: s.optional(s.text()),
    krbCCacheSecret: s.optional(objectKey()),
    krbConfigConfigMap: s.optional(objectKey()),
    krbKeytabSecret: s.optional(objectKey()),
    krbRealm: s.optional(s.text()),
    krbServicePrincipalName: s.optional(s.text()),
    krbUsername: s.optional(s.text()),
    path: s.text(),
  });

const httpAuth = () =>
  s.allOptional({
    basicAuth: s.allOptional({ passwordSecret: objectKey(), usernameSecret: objectKey() }),
    clientCert: s.allOptional({ clientCertSecret: objectKey(), clientKeySecret: objectKey() }),
    oauth2: s.allOptional({
      clientIDSecret: objectKey(),
      clientSecretSecret: objectKey(),
      endpointParams: s.list(s.object({ key: s.text(), value: s.optional(s.text()) })),
      scopes: s.list(s.text()),
      tokenURLSecret: objectKey(),
    }),
  });

const http = () =>
  s.object({
    auth: s.optional(httpAuth()),
    headers: s.optional(s.list(s.object({ name: s.text(), value: s.text() }))),
    url: s.text(),
  });

const oss = () =>
  s.object({
    accessKeySecret: s.optional(objectKey()),
    bucket: s.optional(s.text()),
    createBucketIfNotPresent: s.optional(s.bool()),
    endpoint: s.optional(s.text()),
    key: s.text(),
    lifecycleRule: s.optional(
      s.allOptional({ markDeletionAfterDays: s.int32(), markInfrequentAccessAfterDays: s.int32() }),
    ),
    secretKeySecret: s.optional(objectKey()),
    securityToken: s.optional(s.text()),
    useSDKCreds: s.optional(s.bool()),
  });

const s3 = () =>
  s.allOptional({
    accessKeySecret: objectKey(),
    bucket: s.text(),
    caSecret: objectKey(),
    createBucketIfNotPresent: s.allOptional({ objectLocking: s.bool() }),
    encryptionOptions: s.allOptional({
      enableEncryption: s.bool(),
      kmsEncryptionContext: s.text(),
      kmsKeyId: s.text(),
      serverSideCustomerKeySecret: objectKey(),
    }),
    endpoint: s.text(),
    insecure: s.bool(),
    key: s.text(),
    region: s.text(),
    roleARN: s.text(),
    secretKeySecret: objectKey(),
    sessionTokenSecret: objectKey(),
    useSDKCreds: s.bool(),
  });

const locations = () => ({
  archiveLogs: s.bool(),
  artifactory: artifactory(),
  azure: azure(),
  gcs: gcs(),
  git: git(),
  hdfs: hdfs(),
  http: http(),
  oss: oss(),
  raw: s.object({ data: s.text() }),
  s3: s3(),
});

const locationSchema = () => s.allOptional(locations());

/** Where an artifact is kept: one of the stores. */
export interface ArtifactLocation extends Static<ReturnType<typeof locationSchema>> {}

/** Where an artifact is kept: one of the stores. */
export const artifactLocation = () => s.named<ArtifactLocation>(locationSchema());

/** Labels and annotations of pods. */
export const podMetadata = () => s.allOptional({ annotations: s.map(s.text()), labels: s.map(s.text()) });

/** When the controller deletes artifacts. */
export const artifactGC = () => ({
  podMetadata: podMetadata(),
  serviceAccountName: s.text(),
  strategy: s.oneOf(['', 'OnWorkflowCompletion', 'OnWorkflowDeletion', 'Never']),
});

const { name, ...artifactFields } = {
  ...locations(),
  archive: s.allOptional({
    none: s.marker(),
    tar: s.allOptional({ compressionLevel: s.int32() }),
    zip: s.marker(),
  }),
  artifactGC: s.allOptional(artifactGC()),
  deleted: s.bool(),
  from: s.text(),
  fromExpression: s.text(),
  globalName: s.text(),
  mode: s.int32(),
  name: s.text(),
  optional: s.bool(),
  path: s.text(),
  recurseMode: s.bool(),
  subPath: s.text(),
};

const artifactSchema = () => s.object({ ...s.allOptional(artifactFields).properties, name });

/** A file or folder that goes into or comes out of a step. */
export interface Artifact extends Static<ReturnType<typeof artifactSchema>> {}

/** A file or folder that goes into or comes out of a step. */
export const artifact = () => s.named<Artifact>(artifactSchema());

const parameterSchema = () =>
  s.object({
    default: s.optional(s.text()),
    description: s.optional(s.text()),
    enum: s.optional(s.list(s.text())),
    globalName: s.optional(s.text()),
    name: s.text(),
    value: s.optional(s.text()),
    valueFrom: s.optional(
      s.allOptional({
        configMapKeyRef: objectKey(),
        default: s.text(),
        event: s.text(),
        expression: s.text(),
        jqFilter: s.text(),
        jsonPath: s.text(),
        parameter: s.text(),
        path: s.text(),
        supplied: s.marker(),
      }),
    ),
  });

/** A value that goes into or comes out of a step. */
export interface Parameter extends Static<ReturnType<typeof parameterSchema>> {}

/** A value that goes into or comes out of a step. */
export const parameter = () => s.named<Parameter>(parameterSchema());

/** Values and files by name. */
export const valuesAndFiles = () => ({ artifacts: s.list(artifact()), parameters: s.list(parameter()) });
