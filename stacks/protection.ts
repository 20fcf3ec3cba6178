import { groupOf, type Manifest, type OrderedNode } from '../constructs';

/** Why an object must not be deleted without an acknowledgement that names it; undefined when it may be. */
export function protectionOf(manifest: Manifest): string | undefined {
  switch (`${groupOf(manifest.apiVersion)}/${manifest.kind}`) {
    case '/PersistentVolumeClaim':
      return 'it holds data';
    case '/Namespace':
      return manifest.metadata.labels?.['flowyard.dev/tenant'] ? 'it holds all that a tenant has' : undefined;
    case 'kubeflow.org/Profile':
      return 'the profile controller deletes its namespace with it';
    case 'apiextensions.k8s.io/CustomResourceDefinition':
      return manifest.metadata.name === 'profiles.kubeflow.org' ? 'all tenants go with it' : undefined;
    default:
      return undefined;
  }
}

/** Ids of the objects that must stay: those that are protected, and the namespaces that they are in. */
export function keptObjects(objects: readonly OrderedNode[]): Set<string> {
  const kept = objects.filter(({ manifest }) => protectionOf(manifest) !== undefined);
  const namespaces = new Set(kept.map(({ manifest }) => manifest.metadata.namespace));
  const holding = objects.filter(
    ({ manifest }) => manifest.kind === 'Namespace' && namespaces.has(manifest.metadata.name),
  );
  return new Set([...kept, ...holding].map(({ id }) => id));
}

/** Fields that controllers write, as Pulumi's property paths: never fought over. */
export function ownedByControllers(manifest: Manifest): string[] {
  switch (manifest.kind) {
    case 'MutatingWebhookConfiguration':
    case 'ValidatingWebhookConfiguration':
      return (manifest.webhooks ?? []).map((_: unknown, at: number) => `webhooks[${at}].clientConfig.caBundle`);
    case 'CustomResourceDefinition':
      return manifest.spec.conversion?.webhook ? ['spec.conversion.webhook.clientConfig.caBundle'] : [];
    case 'APIService':
      return ['spec.caBundle'];
    case 'ClusterRole':
      return manifest.aggregationRule ? ['rules'] : [];
    default:
      return [];
  }
}
