import type { Static } from '@sinclair/typebox';
import { schema as s } from '../../../constructs';
import { driverManager, driverPart, env, image, named, probe, rdma, resources, upgradePolicy } from './operand';
import { nodeAffinity, podSecurityContext, tolerations } from './pods';

const frozen = (field: string) => [
  {
    message: `${field} is an immutable field. Please create a new NvidiaDriver resource instead when you want to change this setting.`,
    rule: 'self == oldSelf',
  },
];

const specSchema = () => {
  const { image: _, ...pull } = image();
  return s.object(
    {
      driverType: s.oneOf(['gpu', 'vgpu', 'vgpu-host-manager'], { default: 'gpu', rules: frozen('driverType') }),
      default: s.bool({ default: false }),
      image: s.text({ default: 'nvcr.io/nvidia/driver' }),
      ...s.allOptional({
        ...pull,
        annotations: s.map(s.text()),
        args: s.list(s.text()),
        certConfig: named(),
        env: env(),
        gdrcopy: driverPart(),
        gds: driverPart(),
        hostNetwork: s.bool(),
        kernelModuleConfig: named(),
        kernelModuleType: s.oneOf(['auto', 'open', 'proprietary'], { default: 'auto' }),
        labels: s.map(s.text()),
        licensingConfig: s.allOptional({ name: s.text(), nlsEnabled: s.bool(), secretName: s.text() }),
        livenessProbe: probe(),
        manager: driverManager(),
        nodeAffinity: nodeAffinity(),
        nodeSelector: s.map(s.text()),
        podSecurityContext: podSecurityContext(),
        priorityClassName: s.text(),
        rdma: rdma(),
        readinessProbe: probe(),
        repoConfig: named(),
        resources: resources(),
        secretEnv: s.text(),
        startupProbe: probe(),
        tolerations: tolerations(),
        upgradePolicy: upgradePolicy(true),
        useOpenKernelModules: s.bool(),
        usePrecompiled: s.bool({ rules: frozen('usePrecompiled') }),
        virtualTopologyConfig: named(),
      }).properties,
    },
    {
      rules: [
        {
          message: 'default NVIDIADriver must not use nodeSelector',
          rule: 'has(self.default) && self.default ? !has(self.nodeSelector) || size(self.nodeSelector) == 0 : true',
        },
      ],
    },
  );
};

/** A driver, and the nodes that get it. */
export interface NvidiaDriverSpec extends Static<ReturnType<typeof specSchema>> {}

/** A driver, and the nodes that get it. */
export const nvidiaDriverSpec = () => s.named<NvidiaDriverSpec>(specSchema());
