import {
  contentHash,
  generateAnnotation,
  generatedKeys,
  type Manifest,
  type OrderedNode,
  rollingKeys,
  withSecretsHash,
} from '../../constructs';
import type { Rendering } from '../render';
import { InvalidGitops, type SecretStore } from './options';
import { generation, generationComponent, property, type StoredValue } from './secret-generation';

/** A rendering whose generated Secrets are filled from a store. */
export interface WithStore {
  readonly rendering: Rendering;

  /** What the store holds. */
  readonly values: readonly StoredValue[];
}

/** Names of the Secrets whose values are made when they are deployed. */
export function generatedSecrets({ objects }: Rendering): string[] {
  return objects.filter(isGenerated).map(({ manifest: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
}

function isGenerated({ manifest }: OrderedNode): boolean {
  return manifest.metadata.annotations?.[generateAnnotation] !== undefined;
}

/**
 * Turns generated Secrets into ExternalSecrets. A random value has one place in the store and its copies read that
 * place, so that they are always equal. What the store lacks is generated into it once, before anything is read.
 *
 * @throws InvalidGitops when two values would share a place
 */
export function withExternalSecrets(rendering: Rendering, store: SecretStore): WithStore {
  const values = storedValues(rendering, store);
  const made = store.generate ? generation([...values.values()], store) : { objects: [], pushes: new Map() };
  const namespaces = new Map<string, string>();
  for (const { id, manifest } of rendering.objects) {
    if (manifest.kind === 'Namespace') namespaces.set(manifest.metadata.name, id);
  }
  const generated = new Set(rendering.objects.filter(isGenerated).map(({ id }) => id));
  const objects = rendering.objects.map((object): OrderedNode => {
    if (!generated.has(object.id)) return { ...object, manifest: withPlaces(object.manifest, values) };
    const { manifest, spec } = externalSecret(object.manifest, store, values);
    // The Secrets whose keys this one copies need not be there first, the values in the store must.
    const before = [
      ...object.dependsOn.filter(id => !generated.has(id)),
      ...[namespaces.get(object.manifest.metadata.namespace!)],
      ...spec.data.map(({ remoteRef }) => made.pushes.get(remoteRef.key)),
    ];
    return { ...object, manifest, dependsOn: [...new Set(before.filter(id => id !== undefined))] };
  });
  return {
    rendering: {
      ...rendering,
      components: [...(made.objects.length > 0 ? [generationComponent] : []), ...rendering.components],
      objects: [...made.objects, ...objects],
    },
    values: [...values.values()],
  };
}

/** Pods that roll with generated values do so when these are read from another place: the operator alone sees them. */
function withPlaces(manifest: Manifest, values: ReadonlyMap<string, StoredValue>): Manifest {
  const rolling = rollingKeys(manifest);
  if (!rolling) return manifest;
  return withSecretsHash(manifest, contentHash(rolling.map(name => values.get(name)?.key ?? name)));
}

/** Random values by `namespace/name/key`. One of another generation has a place of its own. */
function storedValues({ environment, objects }: Rendering, { keyTemplate }: SecretStore): Map<string, StoredValue> {
  const values = new Map<string, StoredValue>();
  const places = new Map<string, string>();
  for (const { manifest } of objects) {
    const { namespace, name, annotations } = manifest.metadata;
    for (const [key, source] of Object.entries(generatedKeys(annotations))) {
      if (!('random' in source)) continue;
      const words: Record<string, string> = { environment: environment.name, namespace: namespace!, name, key };
      const first = keyTemplate.replaceAll(/\{(\w+)\}/g, (_, word: string) => words[word]!);
      const place = source.generation === undefined ? first : `${first}/${source.generation}`;
      const value = `${namespace}/${name}/${key}`;
      const other = places.get(place);
      if (other) {
        throw new InvalidGitops([
          `'--secret-key' must give each value a place of its own, but '${keyTemplate}' gives '${place}' to ${other} and ${value}; name '{namespace}', '{name}' and '{key}' in it`,
        ]);
      }
      places.set(place, value);
      values.set(value, { key: place, length: source.random });
    }
  }
  return values;
}

interface ExternalSecretSpec {
  readonly data: readonly { readonly secretKey: string; readonly remoteRef: { readonly key: string } }[];
}

function externalSecret(
  secret: Manifest,
  { kind, name: store }: SecretStore,
  values: ReadonlyMap<string, StoredValue>,
): { readonly manifest: Manifest; readonly spec: ExternalSecretSpec } {
  const { namespace, name, labels, annotations = {} } = secret.metadata;
  const { [generateAnnotation]: _, ...kept } = annotations;
  const data: { secretKey: string; remoteRef: { key: string; property: string } }[] = [];
  const plain: Record<string, string> = {};
  for (const [secretKey, source] of Object.entries(generatedKeys(annotations))) {
    if ('plain' in source) {
      plain[secretKey] = literal(source.plain);
      continue;
    }
    const from = 'copyOf' in source ? source.copyOf : { namespace, name, key: secretKey };
    const { key } = values.get(`${from.namespace}/${from.name}/${from.key}`)!;
    data.push({ secretKey, remoteRef: { key, property } });
  }
  const spec = {
    refreshInterval: '1h',
    secretStoreRef: { kind, name: store },
    target: {
      name,
      template: {
        type: secret.type,
        mergePolicy: 'Merge',
        metadata: { labels },
        ...(Object.keys(plain).length > 0 ? { data: plain } : {}),
      },
    },
    data,
  };
  const metadata = { name, namespace, labels, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) };
  return { manifest: { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata, spec }, spec };
}

/** Text as the operator's templates give it back. */
function literal(text: string): string {
  return text.includes('{{') ? `{{ ${JSON.stringify(text)} }}` : text;
}
