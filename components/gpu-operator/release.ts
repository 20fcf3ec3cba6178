import type { Image, Release } from '../../constructs';

const nvidia = 'nvcr.io/nvidia';
const cloudNative = `${nvidia}/cloud-native`;
const version = 'v26.7.0';

/** What one upgrade of NVIDIA's GPU operator moves, with all that it installs. */
export const release = {
  version,
  images: {
    operator: { repository: `${nvidia}/gpu-operator`, tag: version },
    nodeFeatureDiscovery: { repository: 'registry.k8s.io/nfd/node-feature-discovery', tag: 'v0.19.0' },
    driver: { repository: `${nvidia}/driver`, tag: '595.91.07' },
    driverManager: { repository: `${cloudNative}/k8s-driver-manager`, tag: 'v0.12.0' },
    toolkit: { repository: `${nvidia}/k8s/container-toolkit`, tag: 'v1.20.0' },
    devicePlugin: { repository: `${nvidia}/k8s-device-plugin`, tag: 'v0.20.0' },
    migManager: { repository: `${cloudNative}/k8s-mig-manager`, tag: 'v0.15.0' },
    dcgm: { repository: `${cloudNative}/dcgm`, tag: '4.6.0-1-ubuntu24.04' },
    dcgmExporter: { repository: `${nvidia}/k8s/dcgm-exporter`, tag: '4.6.0-4.8.3-distroless' },
    gds: { repository: `${cloudNative}/nvidia-fs`, tag: '2.29.4' },
    gdrcopy: { repository: `${cloudNative}/gdrdrv`, tag: 'v2.6' },
  } satisfies Record<string, Image>,
} satisfies Release;
