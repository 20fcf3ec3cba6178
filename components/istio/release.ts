import type { Release } from '../../constructs';

/**
 * Istio. Security floor: 1.28.6 or 1.29.2, in which a RequestAuthentication cannot make the control plane call any
 * address (CVE-2026-41413), and dots in the accounts of an AuthorizationPolicy mean themselves (CVE-2026-39350).
 */
export const release = {
  version: '1.30.1',
  images: {
    pilot: { repository: 'registry.istio.io/release/pilot', tag: '1.30.1' },
    proxy: { repository: 'registry.istio.io/release/proxyv2', tag: '1.30.1' },
    cni: { repository: 'registry.istio.io/release/install-cni', tag: '1.30.1' },
  },
} satisfies Release;
