import type { Static, TSchema } from '@sinclair/typebox';
import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { PlainObject, plain } from './kube-object';
import { plainSchema, schemaCheck } from './schema-check';

/** One version of a custom resource. */
export interface ResourceVersion<S extends TSchema = TSchema> {
  /** Such as `v1beta1`. */
  readonly name: string;

  /** Everything but `apiVersion`, `kind` and `metadata`: usually `spec` and `status`. */
  readonly schema: S;

  /** What the CRD says where it is looser than what is checked here, as upstream's is. @default - `schema` */
  readonly storedSchema?: TSchema;

  /** @default true */
  readonly served?: boolean;

  /** The version that is kept in etcd, and that `create` writes. Exactly one has it. @default false */
  readonly storage?: boolean;

  /** `status` and `scale` as endpoints of their own. @default - none */
  readonly subresources?: {
    readonly status?: Record<string, never>;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };

  /** What `kubectl get` prints. @default - the age */
  readonly columns?: readonly PrinterColumn[];

  /** Fields that lists can be filtered by. @default - none */
  readonly selectableFields?: readonly string[];
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly jsonPath: string;
  /** Above 0: shown by `-o wide` only. */
  readonly priority?: number;
  readonly format?: string;
}

/** A kind of custom resource. */
export interface ResourceProps<S extends TSchema> {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;

  /** @default - the kind in lower case */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';

  /** The storage version is the one whose type `create` takes. */
  readonly versions: readonly [ResourceVersion<S>, ...ResourceVersion[]];

  /** What is wrong with an object beyond what a schema can say; asked of those that fit it. @default - nothing */
  rules?(fields: Static<S>): string[];

  /** How objects get from one version to another. @default - unchanged */
  readonly conversion?: {
    readonly service: {
      readonly namespace: string;
      readonly name: string;
      readonly port?: number;
      readonly path: string;
    };
  };
}

/** What a custom resource of schema `S` is made from. */
export type ResourceFields<S extends TSchema> = Omit<Static<S>, 'status'> & {
  readonly metadata: ApiObjectMetadata & { readonly name: string };
};

/** A kind of custom resource, defined once: its type, its CRD and its check. */
export class CustomResource<S extends TSchema = TSchema> {
  public readonly apiVersion: string;
  private validate?: (fields: unknown) => string[];

  constructor(public readonly props: ResourceProps<S>) {
    const stored = props.versions.filter(version => version.storage);
    if (stored.length !== 1 || stored[0] !== props.versions[0]) {
      throw new Error(`'versions' of ${props.kind} must begin with the one version that has 'storage'`);
    }
    this.apiVersion = `${props.group}/${props.versions[0].name}`;
  }

  /** `plural.group`, the CRD's name. */
  public get crdName(): string {
    return `${this.props.plural}.${this.props.group}`;
  }

  /** Renders the CRD. Small: without descriptions. */
  public define(
    scope: Construct,
    id: string,
    metadata: Pick<ApiObjectMetadata, 'labels' | 'annotations'> = {},
  ): ApiObject {
    const { group, kind, plural, singular, shortNames, categories, versions, conversion } = this.props;
    return new PlainObject(scope, id, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: this.crdName, ...metadata },
      spec: {
        group,
        scope: this.props.scope,
        names: {
          kind,
          listKind: `${kind}List`,
          plural,
          singular: singular ?? kind.toLowerCase(),
          shortNames,
          categories,
        },
        conversion: conversion && {
          strategy: 'Webhook',
          webhook: { conversionReviewVersions: ['v1'], clientConfig: { service: conversion.service } },
        },
        versions: versions.map(renderVersion),
      },
    } as ConstructorParameters<typeof PlainObject>[2]);
  }

  /**
   * Renders an object of this kind. Throws when a field is unknown, missing or out of its limits.
   *
   * @param fields metadata and everything but the status
   */
  public create(scope: Construct, id: string, fields: ResourceFields<S>): ApiObject {
    const manifest = { apiVersion: this.apiVersion, kind: this.props.kind, ...fields };
    const object = new PlainObject(scope, id, manifest, this.props.scope === 'Cluster');
    const problems = this.check(fields);
    if (problems.length > 0) throw new Error(`${object.node.path}: ${problems.join('; ')}`);
    return object;
  }

  /** What is wrong with an object's fields, by the schema: empty when nothing is. */
  public check(fields: object): string[] {
    const { apiVersion, kind, metadata, ...rest } = plain(fields) as Record<string, unknown>;
    this.validate ??= schemaCheck(this.props.versions[0].schema);
    const problems = this.validate(rest);
    return problems.length > 0 ? problems : (this.props.rules?.(rest as Static<S>) ?? []);
  }
}

function renderVersion(version: ResourceVersion) {
  const { name, schema, storedSchema, served, storage, subresources, columns, selectableFields } = version;
  const { properties, required, ...rest } = plainSchema(storedSchema ?? schema) as Record<string, unknown>;
  return {
    name,
    served: served ?? true,
    storage: storage ?? false,
    subresources,
    additionalPrinterColumns: columns,
    selectableFields: selectableFields?.map(jsonPath => ({ jsonPath })),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          ...(properties as object),
        },
        required,
        ...rest,
      },
    },
  };
}
