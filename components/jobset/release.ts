import type { Release } from '../../constructs';

/** What one upgrade of JobSet moves. */
export const release = {
  version: 'v0.11.0',
  images: {
    controller: { repository: 'registry.k8s.io/jobset/jobset', tag: 'v0.11.0' },
  },
} satisfies Release;
