import type { k8s } from 'cdk8s-plus-27';
import { type Manifest, podTemplate } from '../constructs';

/** A rendered pod: two of its fields are spelled otherwise than in the types of `k8s`. */
export type RenderedPod = k8s.PodSpec & { readonly hostPID?: boolean; readonly hostIPC?: boolean };

/** The pod that an object makes; undefined when it makes none. */
export function podOf(manifest: Manifest): RenderedPod | undefined {
  return podTemplate(manifest)?.spec as RenderedPod | undefined;
}

/** All containers of a pod. */
export function containersOf(pod: k8s.PodSpec): k8s.Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

/** A Deployment to try rules on, with one container. */
export function fixtureDeployment(container: object, pod: object = {}): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'server', namespace: 'team' },
    spec: { template: { spec: { ...pod, containers: [{ name: 'server', ...container }] } } },
  };
}
