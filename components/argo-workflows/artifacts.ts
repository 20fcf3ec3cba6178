import type { SecretKey } from '../../constructs';
import type { ArtifactRepository } from '../roles';

/** A repository as Argo's settings write it. Keys are named, never contained. */
export function repositorySettings({ store, bucket, prefix, identity, account }: ArtifactRepository) {
  const keyFormat = `${prefix}artifacts/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}`;
  // Without a key, Google's client asks the metadata server who the pod is.
  if (account?.protocol === 'gcs') return { archiveLogs: true, gcs: { bucket, keyFormat } };
  return {
    archiveLogs: true,
    s3: {
      endpoint: store.endpoint.hostPort,
      insecure: !store.secure,
      region: store.region,
      bucket,
      keyFormat,
      ...(account
        ? { useSDKCreds: true }
        : { accessKeySecret: selector(identity.accessKey), secretKeySecret: selector(identity.secretKey) }),
    },
  };
}

function selector({ name, key }: SecretKey) {
  return { name, key };
}
