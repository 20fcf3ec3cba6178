import type { Release } from '../../constructs';

/** What one upgrade of cert-manager moves. */
export const release = {
  version: 'v1.20.2',
  images: {
    controller: { repository: 'quay.io/jetstack/cert-manager-controller', tag: 'v1.20.2' },
    cainjector: { repository: 'quay.io/jetstack/cert-manager-cainjector', tag: 'v1.20.2' },
    webhook: { repository: 'quay.io/jetstack/cert-manager-webhook', tag: 'v1.20.2' },
    acmesolver: { repository: 'quay.io/jetstack/cert-manager-acmesolver', tag: 'v1.20.2' },
  },
} satisfies Release;
