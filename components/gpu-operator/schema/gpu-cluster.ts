import { schema as s } from '../../../constructs';
import { dcgm, dcgmExporter, env, image, resources } from './operand';
import { daemonSets } from './pods';

const kubeletPlugin = () =>
  s.allOptional({
    env: env(),
    healthcheck: s.allOptional({
      enabled: s.bool({ default: true }),
      port: s.int32({ minimum: 1, maximum: 65535 }),
    }),
    resources: resources(),
  });

const draDriver = () =>
  s.allOptional({
    ...image('^[a-zA-Z0-9\\-]+$'),
    computeDomains: s.allOptional({
      controller: s.allOptional({ env: env(), resources: resources() }),
      enabled: s.bool({ default: true }),
      kubeletPlugin: kubeletPlugin(),
    }),
    featureGates: s.map(s.bool()),
    gpus: s.allOptional({ kubeletPlugin: kubeletPlugin() }),
  });

/** What the operator runs where devices are claimed, and not counted. */
export const gpuClusterSpec = () =>
  s.object({
    daemonsets: s.optional(daemonSets()),
    dcgm: s.optional(dcgm()),
    dcgmExporter: s.optional(dcgmExporter()),
    draDriver: draDriver(),
    hostPaths: s.optional(
      s.allOptional({
        driverInstallDir: s.text(),
        kubeletRootDir: s.text({ default: '/var/lib/kubelet' }),
      }),
    ),
  });
