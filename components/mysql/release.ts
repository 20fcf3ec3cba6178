import type { Release } from '../../constructs';

/** MySQL, the long-term line that Pipelines are tested with upstream. */
export const release = {
  version: '8.4',
  images: { server: { repository: 'docker.io/library/mysql', tag: '8.4' } },
} satisfies Release;
