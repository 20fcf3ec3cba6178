import type { Manifest } from '../kube-object';
import { groupOf, type ObjectRef } from './reference';

export function refOf({ apiVersion, kind, metadata }: Manifest): ObjectRef {
  return { group: groupOf(apiVersion), kind, namespace: metadata.namespace, name: metadata.name };
}

export function kindKey({ apiVersion, kind }: Manifest): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

export function isKind(manifest: Manifest, group: string, kind: string): boolean {
  return manifest.kind === kind && groupOf(manifest.apiVersion) === group;
}

export function isWebhook(manifest: Manifest): boolean {
  return ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].includes(manifest.kind);
}

export function sameKind(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.group === b.group;
}

export function qualified({ namespace, name }: ObjectRef): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
