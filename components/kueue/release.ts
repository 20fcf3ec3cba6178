import type { Release } from '../../constructs';

/** Kueue v0.19.2. */
export const release = {
  version: '0.19.2',
  images: { controller: { repository: 'registry.k8s.io/kueue/kueue', tag: 'v0.19.2' } },
} satisfies Release;
