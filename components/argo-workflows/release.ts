import type { Release } from '../../constructs';

/** Argo Workflows. */
export const release = {
  // 3.7.15 is the first of its line without CVE-2026-31892 and CVE-2026-54526, which get round template restrictions.
  version: '3.7.15',
  images: {
    controller: { repository: 'quay.io/argoproj/workflow-controller', tag: 'v3.7.15' },
    /** Runs beside each step: brings artifacts in and out, and reports results. */
    executor: { repository: 'quay.io/argoproj/argoexec', tag: 'v3.7.15' },
  },
} satisfies Release;
