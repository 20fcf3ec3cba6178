import type { Release } from '../../constructs';

const version = 'v2.2.0';
const ours = (name: string) => ({ repository: `ghcr.io/kubeflow/trainer/${name}`, tag: version });

/** What one upgrade of Trainer moves: the controller, and the images of the runtimes. */
export const release = {
  version,
  images: {
    controller: ours('trainer-controller-manager'),
    datasetInitializer: ours('dataset-initializer'),
    modelInitializer: ours('model-initializer'),
    deepspeed: ours('deepspeed-runtime'),
    mlx: ours('mlx-runtime'),
    torchtune: ours('torchtune-trainer'),
    xgboost: ours('xgboost-runtime'),
    jax: { repository: 'nvcr.io/nvidia/jax', tag: '25.10-py3' },
    torch: { repository: 'docker.io/pytorch/pytorch', tag: '2.10.0-cuda12.8-cudnn9-runtime' },
  },
} satisfies Release;
