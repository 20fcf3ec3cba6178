import { ApiObject, Chart, type ChartProps } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import type { ObjectRef } from './graph/reference';
import type { Override } from './override';

/** Something that a component can be given: the part of the platform behind it must be up first. */
export interface Handle {
  /** The component that provides it; absent for what exists outside the platform. */
  readonly provider?: Component;
}

/** Adds to a component from outside, after it has rendered itself. */
export interface Extension<C extends Component = Component> {
  bind(component: C): void;
}

/** Properties that every component takes. */
export interface ComponentProps<C extends Component = Component> {
  /**
   * Namespace of the component's objects.
   *
   * @default - the component's own, as upstream names it
   */
  readonly namespace?: string;

  /**
   * Last word over what the component renders, by the child's name.
   *
   * @default - objects stay as rendered
   */
  // biome-ignore lint/suspicious/noExplicitAny: each component narrows it to its children
  readonly overrides?: { readonly [child: string]: Override<any> | undefined };

  /**
   * Objects that add children or settings once the component has rendered.
   *
   * @default - none
   */
  readonly extensions?: readonly Extension<C>[];
}

/** An object that the platform refers to but does not render, and why it will be there. */
export interface ExistingObject extends ObjectRef {
  readonly reason: string;
}

/** One part of the platform: a chart with typed props and outputs. Subclasses render in their constructor. */
export abstract class Component extends Chart implements Handle {
  /** Components whose workloads must be ready before this one's workloads and custom resources. */
  public readonly needed = new Set<Component>();

  /** Namespace of its objects unless they name another. */
  declare public readonly namespace: string;

  /** What this component refers to without rendering it. */
  public readonly existing: ExistingObject[] = [];

  private readonly _overrides: NonNullable<ComponentProps['overrides']>;
  private readonly _overridden = new Set<string>();

  protected constructor(scope: Construct, id: string, props: ComponentProps, namespace: string) {
    super(scope, id, {
      namespace: props.namespace ?? namespace,
      disableResourceNameHashes: true,
      labels: { 'app.kubernetes.io/part-of': 'kubeflow', 'flowyard.dev/component': id },
    } satisfies ChartProps);
    this._overrides = props.overrides ?? {};
    this.node.addValidation({ validate: () => this.unmatchedOverrides() });
  }

  /** Whether a construct is a component. `instanceof` does not tell: it takes every chart for one. */
  public static isComponent(construct: IConstruct): construct is Component {
    return Chart.isChart(construct) && 'needed' in construct;
  }

  /** The component of a construct; throws when it stands outside of any. */
  public static override of(construct: IConstruct): Component {
    const component = construct.node.scopes.find(Component.isComponent);
    if (!component) throw new Error(`${construct.node.path}: stands outside of any component`);
    return component;
  }

  public get provider(): Component {
    return this;
  }

  /** Orders this component after the providers of `handles`. Absent handles are skipped. */
  public needs(...handles: (Handle | undefined)[]): void {
    for (const handle of handles) {
      if (handle?.provider && handle.provider !== this) this.needed.add(handle.provider);
    }
  }

  /** Declares an object that others make: an existing cluster's, or one written at run time. */
  public expectExisting(object: ExistingObject): void {
    this.existing.push(object);
  }

  /** The caller's override of `child`, once per child. */
  // biome-ignore lint/suspicious/noExplicitAny: narrowed by each component's props
  protected overrideOf(child: string): Override<any> | undefined {
    this._overridden.add(child);
    return this._overrides[child];
  }

  /** Binds extensions: the last call of every constructor. */
  // biome-ignore lint/suspicious/noExplicitAny: an extension is written for the subclass that receives it
  protected extend(extensions?: readonly Extension<any>[]): void {
    extensions?.forEach(extension => {
      extension.bind(this);
    });
  }

  /** Throws with the component's path in front. */
  public fail(message: string): never {
    throw new Error(`${this.node.path}: ${message}`);
  }

  private unmatchedOverrides(): string[] {
    const known = [...this._overridden].sort();
    return Object.keys(this._overrides)
      .filter(child => !this._overridden.has(child))
      .map(
        child => `'overrides.${child}' matches nothing; the component renders ${known.map(k => `'${k}'`).join(', ')}`,
      );
  }
}

/** All API objects below a construct, in tree order. */
export function apiObjects(root: IConstruct): ApiObject[] {
  return root.node.findAll().filter(ApiObject.isApiObject);
}
