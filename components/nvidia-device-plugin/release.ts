import type { Release } from '../../constructs';

/** NVIDIA's device plugin for Kubernetes. */
export const release = {
  version: '0.20.0',
  images: { plugin: { repository: 'nvcr.io/nvidia/k8s-device-plugin', tag: 'v0.20.0' } },
} satisfies Release;
