import type { Release } from '../../constructs';

/** Training Operator v1, the last line before Trainer v2. */
export const release = {
  version: '1.9.2',
  images: {
    operator: { repository: 'ghcr.io/kubeflow/training-v1/training-operator', tag: 'v1-3f15cb8' },
    /** Puts `kubectl` into the launcher of an MPIJob. Upstream floats on `latest`. */
    kubectlDelivery: { repository: 'ghcr.io/kubeflow/training-v1/kubectl-delivery', tag: 'v1-3f15cb8' },
    /** Looks up the master of a PyTorchJob before a worker starts. */
    initPyTorch: { repository: 'docker.io/library/alpine', tag: '3.10' },
  },
} satisfies Release;
