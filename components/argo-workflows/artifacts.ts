import type { SecretKey } from '../../constructs';
import type { ArtifactRepository } from '../roles';

/** A repository as Argo's settings write it. Keys are named, never contained. */
export function repositorySettings({ store, bucket, prefix, identity, account }: ArtifactRepository) {
  return {
    archiveLogs: true,
    s3: {
      endpoint: store.endpoint.hostPort,
      insecure: !store.secure,
      region: store.region,
      bucket,
      keyFormat: `${prefix}artifacts/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}`,
      ...(account
        ? { useSDKCreds: true }
        : { accessKeySecret: selector(identity.accessKey), secretKeySecret: selector(identity.secretKey) }),
    },
  };
}

function selector({ name, key }: SecretKey) {
  return { name, key };
}
