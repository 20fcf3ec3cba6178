import type { k8s } from 'cdk8s-plus-27';
import { schema as s } from '../../../constructs';

/** Fields of a Kubernetes container. What lies deeper is checked by the API server when the pod is made. */
export const containerFields = () => ({
  args: s.list(s.text()),
  command: s.list(s.text()),
  env: s.opaqueList<k8s.EnvVar>(),
  envFrom: s.opaqueList<k8s.EnvFromSource>(),
  image: s.text(),
  imagePullPolicy: s.oneOf(['Always', 'IfNotPresent', 'Never']),
  lifecycle: s.opaque<k8s.Lifecycle>(),
  livenessProbe: s.opaque<k8s.Probe>(),
  name: s.text(),
  ports: s.opaqueList<k8s.ContainerPort>(),
  readinessProbe: s.opaque<k8s.Probe>(),
  resources: s.opaque<k8s.ResourceRequirements>(),
  securityContext: s.opaque<k8s.SecurityContext>(),
  startupProbe: s.opaque<k8s.Probe>(),
  stdin: s.bool(),
  terminationMessagePath: s.text(),
  terminationMessagePolicy: s.oneOf(['File', 'FallbackToLogsOnError']),
  tty: s.bool(),
  volumeDevices: s.opaqueList<k8s.VolumeDevice>(),
  volumeMounts: s.opaqueList<k8s.VolumeMount>(),
  workingDir: s.text(),
});

/** A container beside the main one. */
export const userContainer = () => s.allOptional({ ...containerFields(), mirrorVolumeMounts: s.bool() });
