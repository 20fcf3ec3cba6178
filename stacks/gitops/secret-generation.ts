import { createHash } from 'node:crypto';
import { ApiObject, App } from 'cdk8s';
import { apiObjects, Component, type Manifest, Namespace, type OrderedNode } from '../../constructs';
import type { SecretStore } from './options';

/** A value that a store holds: letters and digits, as the property `value` of a key. */
export interface StoredValue {
  readonly key: string;
  readonly length: number;
}

/** Stores differ in how they add a property to a key that exists: each key has this one only. */
export const property = 'value';

export const generationComponent = 'generated-secrets';

/** Objects that generate values into a store, each once. */
export interface Generation {
  readonly objects: readonly OrderedNode[];

  /** By the key of a value, the id of the object that is ready once the store has it. */
  readonly pushes: ReadonlyMap<string, string>;
}

/** Renders a generator per length, and a PushSecret per value, in a namespace of their own. */
export function generation(values: readonly StoredValue[], store: SecretStore): Generation {
  const component = new SecretGeneration(new App(), values, store);
  const manifests = new Map(apiObjects(component).map(object => [object.node.path, object.toJson() as Manifest]));
  const idOf = (kind: string, name: string) =>
    [...manifests].find(([, manifest]) => manifest.kind === kind && manifest.metadata.name === name)![0];
  const inNamespace = idOf('Namespace', component.namespace);
  const objects = [...manifests].map(([id, manifest]): OrderedNode => {
    const generator: string | undefined = manifest.spec?.selector?.generatorRef?.name;
    const before = generator ? idOf('Password', generator) : inNamespace;
    return {
      ...{ id, component: generationComponent, manifest },
      ...(manifest.kind === 'Namespace'
        ? { dependsOn: [], wave: 0 }
        : { dependsOn: [before], wave: generator ? 2 : 1 }),
    };
  });
  return {
    objects: objects.sort((a, b) => a.wave - b.wave),
    pushes: new Map(
      objects.flatMap(({ id, manifest }) =>
        manifest.kind === 'PushSecret' ? [[manifest.spec.data[0].match.remoteRef.remoteKey as string, id]] : [],
      ),
    ),
  };
}

class SecretGeneration extends Component {
  constructor(app: App, values: readonly StoredValue[], store: SecretStore) {
    super(app, generationComponent, {}, 'flowyard-secrets');
    new Namespace(this, 'Namespace', { name: this.namespace });
    for (const length of new Set(values.map(value => value.length))) this.addGenerator(length);
    for (const value of values) this.addPush(value, store);
  }

  private addGenerator(length: number): void {
    new ApiObject(this, `Random-${length}`, {
      apiVersion: 'generators.external-secrets.io/v1alpha1',
      kind: 'Password',
      metadata: { name: generatorName(length) },
      spec: { length, symbols: 0, noUpper: false, allowRepeat: true },
    } as ConstructorParameters<typeof ApiObject>[2]);
  }

  private addPush({ key, length }: StoredValue, { kind, name }: SecretStore): void {
    new ApiObject(this, `Push-${objectName(key)}`, {
      apiVersion: 'external-secrets.io/v1alpha1',
      kind: 'PushSecret',
      metadata: { name: objectName(key) },
      spec: {
        // Once, and never over a value that is there.
        ...{ refreshInterval: '0s', updatePolicy: 'IfNotExists', deletionPolicy: 'None' },
        secretStoreRefs: [{ kind, name }],
        selector: { generatorRef: { kind: 'Password', name: generatorName(length) } },
        data: [{ match: { secretKey: 'password', remoteRef: { remoteKey: key, property } } }],
      },
    } as ConstructorParameters<typeof ApiObject>[2]);
  }
}

function generatorName(length: number): string {
  return `random-${length}`;
}

/** A key may hold what names cannot, and be longer. */
function objectName(key: string): string {
  const readable = key
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 100);
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}
