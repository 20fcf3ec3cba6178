import { schema as s } from '../../../constructs';

const profile = () => s.object({ localhostProfile: s.optional(s.text()), type: s.text() });

/** `v1.PodSecurityContext`. */
export const podSecurityContext = () =>
  s.allOptional({
    appArmorProfile: profile(),
    fsGroup: s.int64(),
    fsGroupChangePolicy: s.text(),
    runAsGroup: s.int64(),
    runAsNonRoot: s.bool(),
    runAsUser: s.int64(),
    seLinuxChangePolicy: s.text(),
    seLinuxOptions: s.allOptional({ level: s.text(), role: s.text(), type: s.text(), user: s.text() }),
    seccompProfile: profile(),
    supplementalGroups: s.list(s.int64(), { listType: 'atomic' }),
    supplementalGroupsPolicy: s.text(),
    sysctls: s.list(s.object({ name: s.text(), value: s.text() }), { listType: 'atomic' }),
    windowsOptions: s.allOptional({
      gmsaCredentialSpec: s.text(),
      gmsaCredentialSpecName: s.text(),
      hostProcess: s.bool(),
      runAsUserName: s.text(),
    }),
  });

/** `v1.Toleration`. */
export const tolerations = () => s.list(s.toleration());

const requirements = () =>
  s.list(
    s.object({
      key: s.text(),
      operator: s.text(),
      values: s.optional(s.list(s.text(), { listType: 'atomic' })),
    }),
    { listType: 'atomic' },
  );

const nodeTerm = () =>
  s.allOptional({ matchExpressions: requirements(), matchFields: requirements() }, { mapType: 'atomic' });

/** `v1.NodeAffinity`. */
export const nodeAffinity = () =>
  s.allOptional({
    preferredDuringSchedulingIgnoredDuringExecution: s.list(s.object({ preference: nodeTerm(), weight: s.int32() }), {
      listType: 'atomic',
    }),
    requiredDuringSchedulingIgnoredDuringExecution: s.object(
      { nodeSelectorTerms: s.list(nodeTerm(), { listType: 'atomic' }) },
      { mapType: 'atomic' },
    ),
  });

/** What all pods that the operator makes have in common. */
export const daemonSets = () =>
  s.allOptional({
    annotations: s.map(s.text()),
    labels: s.map(s.text()),
    podSecurityContext: podSecurityContext(),
    priorityClassName: s.text(),
    rollingUpdate: s.allOptional({ maxUnavailable: s.text() }),
    tolerations: tolerations(),
    updateStrategy: s.oneOf(['RollingUpdate', 'OnDelete'], { default: 'RollingUpdate' }),
  });
