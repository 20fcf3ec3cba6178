import type { Static } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import { schema as s } from '../../constructs';
import { environment, immutable, keyed, localReference, longName } from './fields';

/** `core/v1` VolumeMount. */
const volumeMount = () =>
  s.object({
    mountPath: s.text(),
    mountPropagation: s.optional(s.text()),
    name: s.text(),
    readOnly: s.optional(s.bool()),
    recursiveReadOnly: s.optional(s.text()),
    subPath: s.optional(s.text()),
    subPathExpr: s.optional(s.text()),
  });

const containers = () =>
  keyed(
    s.object({
      env: s.optional(environment()),
      name: longName(),
      securityContext: s.optional(s.opaque<k8s.SecurityContext>()),
      volumeMounts: s.optional(keyed(volumeMount(), 'name', 128)),
    }),
    'name',
    64,
    immutable,
  );

/** The part of a pod that a TrainJob may change of its runtime's. */
const podSpecPatch = () =>
  s.allOptional({
    affinity: s.opaque<k8s.Affinity>(),
    containers: containers(),
    imagePullSecrets: keyed(localReference(), 'name', 64, immutable),
    initContainers: containers(),
    nodeSelector: s.map(s.text()),
    schedulingGates: keyed(s.object({ name: s.text() }), 'name', 16),
    securityContext: s.opaque<k8s.PodSecurityContext>({ rules: immutable }),
    serviceAccountName: s.text({ maxLength: 253, rules: immutable }),
    tolerations: s.list(s.toleration(), { listType: 'atomic', maxItems: 128 }),
    // A volume's sources are Kubernetes' own: its name is what the list is merged by.
    volumes: keyed(s.object({ name: s.text() }, { preserve: true }), 'name', 128, immutable),
  });

/** The part of a pod that a TrainJob may change of its runtime's. */
export type PodSpecPatch = Static<ReturnType<typeof podSpecPatch>>;

const jobTemplatePatch = () =>
  s.allOptional({
    metadata: s.templateMetadata(),
    spec: s.allOptional({
      template: s.allOptional({ metadata: s.templateMetadata(), spec: podSpecPatch() }),
    }),
  });

/** What others than the runtime's author add to it: users, Kueue, and who else names itself as manager. */
export const runtimePatches = () =>
  keyed(
    s.object({
      manager: longName(immutable),
      time: s.optional(s.time()),
      trainingRuntimeSpec: s.optional(
        s.allOptional({
          template: s.allOptional({
            metadata: s.templateMetadata(),
            spec: s.allOptional({
              replicatedJobs: keyed(
                s.object({ name: longName(), template: s.optional(jobTemplatePatch()) }),
                'name',
                100,
              ),
            }),
          }),
        }),
      ),
    }),
    'manager',
    16,
  );

/** What others than the runtime's author add to it. */
export type RuntimePatch = Static<ReturnType<typeof runtimePatches>>[number];
