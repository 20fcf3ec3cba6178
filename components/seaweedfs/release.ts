import type { Release } from '../../constructs';

/**
 * SeaweedFS, as Kubeflow 26.03.1 pins it: master, volume server, filer and S3 in one process.
 *
 * The server of the reconcile tests is built from a later commit of its source (4.53): module proxies serve no release.
 */
export const release = {
  version: '4.00',
  images: { server: { repository: 'chrislusf/seaweedfs', tag: '4.00' } },
} satisfies Release;
