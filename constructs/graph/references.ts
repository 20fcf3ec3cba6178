import { generateAnnotation, type SecretSource } from '../generated-secret';
import type { Manifest } from '../kube-object';
import { isMap } from '../kube-object';
import { groupOf, type ObjectRef } from './reference';

/** A mention of one object in another. */
export interface Reference {
  readonly to: ObjectRef;

  /** Key of a ConfigMap or Secret that is asked for. */
  readonly key?: string;

  /** Whether the mentioned object must be there first; the others need only be there in the end. */
  readonly first: boolean;
}

/** A pod template, or a pod. */
export interface PodTemplate {
  readonly metadata?: { readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: pod specs are read by path
  readonly spec: any;
}

/** The pod template of an object that makes pods, or the pod itself; undefined for other kinds. */
export function podTemplate(manifest: Manifest): PodTemplate | undefined {
  const group = groupOf(manifest.apiVersion);
  if (group === 'apps' && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(manifest.kind))
    return manifest.spec.template;
  if (group === 'batch' && manifest.kind === 'Job') return manifest.spec.template;
  if (group === 'batch' && manifest.kind === 'CronJob') return manifest.spec.jobTemplate.spec.template;
  if (group === '' && manifest.kind === 'Pod') return { metadata: manifest.metadata, spec: manifest.spec };
  return undefined;
}

/** Everything that an object mentions, but its namespace and its CRD. */
export function referencesOf(manifest: Manifest): Reference[] {
  return [
    ...podReferences(manifest),
    ...bindingReferences(manifest),
    ...annotationReferences(manifest),
    ...fieldReferences(manifest),
    ...hostReferences(manifest),
  ];
}

const namespaced = (kind: string, namespace: string | undefined, name: string, group = ''): ObjectRef => ({
  group,
  kind,
  namespace,
  name,
});

/** Pod specs anywhere below: custom resources such as training jobs hold templates of their own. */
// biome-ignore lint/suspicious/noExplicitAny: pod specs are read by path
function podSpecs(value: unknown): any[] {
  if (Array.isArray(value)) return value.flatMap(podSpecs);
  if (!isMap(value)) return [];
  if (Array.isArray(value.containers)) return [value];
  return Object.values(value).flatMap(podSpecs);
}

function podReferences(manifest: Manifest): Reference[] {
  if (manifest.kind === 'CustomResourceDefinition') return [];
  return podSpecs(manifest.spec).flatMap(spec => podSpecReferences(spec, manifest.metadata.namespace));
}

// biome-ignore lint/suspicious/noExplicitAny: pod specs are read by path
function podSpecReferences(spec: any, namespace: string | undefined): Reference[] {
  const found: Reference[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: sources of volumes and variables share these three fields
  const add = (kind: string, source: any, name?: string, key?: string) => {
    if (name && !source.optional) found.push({ to: namespaced(kind, namespace, name), key, first: true });
  };
  add('ServiceAccount', {}, spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add('Secret', {}, secret.name);
  for (const volume of spec.volumes ?? []) {
    for (const source of [volume, ...(volume.projected?.sources ?? [])]) {
      const { configMap, secret, persistentVolumeClaim } = source;
      if (configMap) add('ConfigMap', configMap, configMap.name);
      if (secret) add('Secret', secret, secret.secretName ?? secret.name);
      if (persistentVolumeClaim) add('PersistentVolumeClaim', {}, persistentVolumeClaim.claimName);
    }
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.secretKeyRef)
        add('Secret', valueFrom.secretKeyRef, valueFrom.secretKeyRef.name, valueFrom.secretKeyRef.key);
      if (valueFrom?.configMapKeyRef)
        add('ConfigMap', valueFrom.configMapKeyRef, valueFrom.configMapKeyRef.name, valueFrom.configMapKeyRef.key);
    }
    for (const { secretRef, configMapRef } of container.envFrom ?? []) {
      if (secretRef) add('Secret', secretRef, secretRef.name);
      if (configMapRef) add('ConfigMap', configMapRef, configMapRef.name);
    }
  }
  if (spec.priorityClassName) {
    found.push({
      to: { group: 'scheduling.k8s.io', kind: 'PriorityClass', name: spec.priorityClassName },
      first: true,
    });
  }
  return found;
}

function bindingReferences(manifest: Manifest): Reference[] {
  if (!['RoleBinding', 'ClusterRoleBinding'].includes(manifest.kind)) return [];
  const { roleRef, subjects = [] } = manifest;
  const role: ObjectRef = {
    group: roleRef.apiGroup,
    kind: roleRef.kind,
    namespace: roleRef.kind === 'Role' ? manifest.metadata.namespace : undefined,
    name: roleRef.name,
  };
  return [
    { to: role, first: true },
    ...subjects
      .filter((subject: ObjectRef) => subject.kind === 'ServiceAccount')
      .map((subject: ObjectRef) => ({
        to: namespaced('ServiceAccount', subject.namespace, subject.name),
        first: true,
      })),
  ];
}

function annotationReferences({ metadata }: Manifest): Reference[] {
  const found: Reference[] = [];
  const certificate = metadata.annotations?.['cert-manager.io/inject-ca-from']?.split('/');
  if (certificate)
    found.push({ to: namespaced('Certificate', certificate[0], certificate[1]!, 'cert-manager.io'), first: false });
  const secret = metadata.annotations?.['cert-manager.io/inject-ca-from-secret']?.split('/');
  if (secret) found.push({ to: namespaced('Secret', secret[0], secret[1]!), first: false });
  for (const source of Object.values(generatedKeys(metadata.annotations))) {
    if ('copyOf' in source) {
      const { namespace, name, key } = source.copyOf;
      found.push({ to: namespaced('Secret', namespace, name), key, first: true });
    }
  }
  return found;
}

/** How the keys of a generated Secret are made; empty for any other object. */
export function generatedKeys(annotations: Record<string, string> | undefined): Record<string, SecretSource> {
  const text = annotations?.[generateAnnotation];
  return text ? JSON.parse(text) : {};
}

function fieldReferences(manifest: Manifest): Reference[] {
  const { namespace } = manifest.metadata;
  const service = (at: { namespace?: string; name: string } | undefined, first: boolean): Reference[] =>
    at ? [{ to: namespaced('Service', at.namespace ?? namespace, at.name), first }] : [];
  switch (`${groupOf(manifest.apiVersion)}/${manifest.kind}`) {
    case 'admissionregistration.k8s.io/ValidatingWebhookConfiguration':
    case 'admissionregistration.k8s.io/MutatingWebhookConfiguration':
      // biome-ignore lint/suspicious/noExplicitAny: webhooks are read by path
      return (manifest.webhooks ?? []).flatMap((webhook: any) => service(webhook.clientConfig.service, true));
    case 'apiextensions.k8s.io/CustomResourceDefinition':
      return service(manifest.spec.conversion?.webhook?.clientConfig.service, false);
    case 'apiregistration.k8s.io/APIService':
      return service(manifest.spec.service, true);
    case 'apps/StatefulSet':
      return manifest.spec.serviceName ? service({ name: manifest.spec.serviceName }, false) : [];
    case 'networking.k8s.io/Ingress': {
      const paths = (manifest.spec.rules ?? []).flatMap(
        (rule: { http?: { paths: unknown[] } }) => rule.http?.paths ?? [],
      );
      return [manifest.spec.defaultBackend, ...paths.map((path: { backend: unknown }) => path.backend)].flatMap(
        backend => service(backend?.service, false),
      );
    }
    case 'autoscaling/HorizontalPodAutoscaler': {
      const { apiVersion, kind, name } = manifest.spec.scaleTargetRef;
      return [{ to: namespaced(kind, namespace, name, groupOf(apiVersion)), first: true }];
    }
    case 'cert-manager.io/Certificate': {
      const { group = 'cert-manager.io', kind = 'Issuer', name } = manifest.spec.issuerRef;
      return [{ to: namespaced(kind, kind === 'ClusterIssuer' ? undefined : namespace, name, group), first: true }];
    }
    case 'trainer.kubeflow.org/TrainJob':
      return trainJobReferences(manifest);
    default:
      return [];
  }
}

/** Its runtime, and what the containers that it adds to are given. */
function trainJobReferences({ metadata, spec }: Manifest): Reference[] {
  const { apiGroup = 'trainer.kubeflow.org', kind = 'ClusterTrainingRuntime', name } = spec.runtimeRef;
  const runtime = namespaced(kind, kind === 'TrainingRuntime' ? metadata.namespace : undefined, name, apiGroup);
  const containers = [spec.trainer, spec.initializer?.dataset, spec.initializer?.model]
    .filter(part => part !== undefined)
    .map(({ env, secretRef }) => ({ env, envFrom: secretRef && [{ secretRef }] }));
  return [{ to: runtime, first: true }, ...podSpecReferences({ containers }, metadata.namespace)];
}

const serviceHost =
  /(?<![\w.*-])(?:[a-z0-9-]+\.)*?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.svc\b/g;

/** Services whose host name stands anywhere in the object: in arguments, variables, settings, certificates, routes. */
function hostReferences(manifest: Manifest): Reference[] {
  const hosts = new Map<string, Reference>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (!value.includes('.svc')) return;
      for (const [, name, namespace] of value.matchAll(serviceHost)) {
        hosts.set(`${namespace}/${name}`, { to: namespaced('Service', namespace, name!), first: false });
      }
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (isMap(value)) Object.values(value).forEach(visit);
  };
  // A CRD's text is schema: its patterns are not mentions.
  if (manifest.kind !== 'CustomResourceDefinition') visit({ ...manifest, metadata: manifest.metadata.annotations });
  return [...hosts.values()];
}
