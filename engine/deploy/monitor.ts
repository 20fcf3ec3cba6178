import { CallResponse } from '@pulumi/pulumi/proto/provider_pb';
import * as resproto from '@pulumi/pulumi/proto/resource_pb';
import { ResourceMonitorFeature } from '@pulumi/pulumi/proto/resource_pb';
import { specialSecretSig, specialSigKey, unknownValue } from '@pulumi/pulumi/runtime/rpc';
import { type GeneratedValues, UNAVAILABLE } from './random';
import type { Manifest } from './types';

/** A registration as it came. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly custom: boolean;

  /** URN of the provider that was given, without its id. */
  readonly provider?: string;
  readonly inputs: Manifest;

  /** Paths of inputs that are secret, such as `data.password`. */
  readonly secretPaths: readonly string[];
  readonly dependencies: readonly string[];
  readonly aliases: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];

  /** Whether the program says that the object exists already and is to be taken over. */
  readonly imported: boolean;
  readonly timeout?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the SDK hands over protobuf messages and node callbacks
type Message = any;
type Callback = (error: unknown, response?: unknown) => void;

/** Options that change what happens to a resource, and that `pulumi up` alone follows. */
const UNSUPPORTED: Record<string, (request: Message) => boolean> = {
  replaceOnChanges: request => request.getReplaceonchangesList().length > 0,
  replacementTrigger: request => request.getReplacementTrigger() !== undefined,
};

/**
 * Answers a Pulumi program in place of the engine, at once and never with an error: an error would end the process.
 * What cannot be done is kept in `problems`.
 */
export class Monitor {
  public readonly registrations: Registration[] = [];
  public readonly problems: string[] = [];
  public outputs: Manifest = {};
  private readonly taken = new Set<string>();

  constructor(
    private readonly project: string,
    private readonly stack: string,
    private readonly generated: GeneratedValues,
  ) {}

  public registerResource(request: Message, callback: Callback): void {
    const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
    const urn = this.urn(parent, type, name);
    if (this.taken.has(urn)) this.problems.push(`two resources have the URN '${urn}'; give one another name`);
    this.taken.add(urn);
    const given = request.getObject().toJavaScript();
    const { value, secretPaths, unknown } = plain(given);
    for (const path of unknown) {
      this.problems.push(`'${path}' of ${text(type, name)} is not known while the program runs`);
    }
    for (const [option, isSet] of Object.entries(UNSUPPORTED)) {
      if (!isSet(request)) continue;
      this.problems.push(`the embedded engine knows no '${option}', which ${text(type, name)} has: use \`pulumi up\``);
    }
    this.registrations.push({
      urn,
      type,
      name,
      parent: parent || undefined,
      custom: request.getCustom(),
      provider: request.getProvider().split('::').slice(0, 4).join('::') || undefined,
      inputs: value as Manifest,
      secretPaths,
      dependencies: request.getDependenciesList(),
      aliases: this.aliases(request, type, name, parent),
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      imported: request.getImportid() !== '',
      timeout: request.getCustomtimeouts()?.getCreate() || undefined,
    });
    const { id, outputs } = request.getCustom()
      ? this.answer(request, urn, value as Manifest, given)
      : { id: '', outputs: given };
    // The SDK reads these and no more; to put the inputs back into protobuf would take longer than all else here.
    callback(null, {
      getUrn: () => urn,
      getId: () => id,
      getObject: () => ({ toJavaScript: () => outputs }),
      getPropertydependenciesMap: () => undefined,
      getResult: () => 0,
      getUnknown: () => false,
    });
  }

  /** The id of a custom resource, and its outputs, secrets wrapped. */
  private answer(request: Message, urn: string, inputs: Manifest, given: Manifest): { id: string; outputs: Manifest } {
    const [type, name] = [request.getType(), request.getName()];
    if (type.startsWith('kubernetes:')) {
      const { namespace, name: objectName = name } = inputs.metadata ?? {};
      return { id: namespace ? `${namespace}/${objectName}` : objectName, outputs: given };
    }
    if (type.startsWith('random:index/')) {
      const made = this.random(urn, request, inputs);
      const secret = request.getAdditionalsecretoutputsList();
      const wrapped = Object.entries(made ?? {}).map(([key, each]) => [
        key,
        secret.includes(key) ? { [specialSigKey]: specialSecretSig, value: each } : each,
      ]);
      return { id: made?.id ?? name, outputs: { ...given, ...Object.fromEntries(wrapped) } };
    }
    if (!type.startsWith('pulumi:providers:')) this.refuse(type, name);
    return { id: name, outputs: given };
  }

  private random(urn: string, request: Message, inputs: Manifest): Manifest | undefined {
    const [type, name] = [request.getType(), request.getName()];
    try {
      const outputs = this.generated.take(urn, this.registrations.at(-1)!.aliases, type, inputs);
      if (!outputs) this.refuse(type, name);
      return outputs;
    } catch (error) {
      this.problems.push(`${text(type, name)}: ${(error as Error).message}`);
      return undefined;
    }
  }

  public existsResource(request: Message, callback: Callback): void {
    this.problems.push(`the embedded engine reads no existing resources: '${request.getType()}' needs \`pulumi up\``);
    const response = new resproto.ExistsResourceResponse();
    response.setUnknown(true);
    callback(null, response);
  }

  public readResource(request: Message, callback: Callback): void {
    const [type, name] = [request.getType(), request.getName()];
    if (type === 'pulumi:pulumi:StackReference') {
      this.problems.push(`the embedded engine keeps no other stacks: StackReference '${name}' needs \`pulumi up\``);
    } else {
      this.problems.push(`the embedded engine reads no existing resources: ${text(type, name)} needs \`pulumi up\``);
    }
    const response = new resproto.ReadResourceResponse();
    response.setUrn(this.urn(request.getParent(), type, name));
    response.setProperties(request.getProperties());
    callback(null, response);
  }

  public registerResourceOutputs(request: Message, callback: Callback): void {
    if (request.getUrn().split('::')[2] === 'pulumi:pulumi:Stack') {
      this.outputs = plain(request.getOutputs()?.toJavaScript() ?? {}).value as Manifest;
    }
    callback(null, {});
  }

  public invoke(request: Message, callback: Callback): void {
    this.problems.push(`the embedded engine calls no providers: '${request.getTok()}' needs \`pulumi up\``);
    const response = new resproto.ResourceInvokeResponse();
    response.setReturn(request.getArgs());
    callback(null, response);
  }

  public call(request: Message, callback: Callback): void {
    this.problems.push(`the embedded engine calls no providers: '${request.getTok()}' needs \`pulumi up\``);
    const response = new CallResponse();
    response.setReturn(request.getArgs());
    callback(null, response);
  }

  public registerPackage(_: Message, callback: Callback): void {
    const response = new resproto.RegisterPackageResponse();
    response.setRef('flowyard');
    callback(null, response);
  }

  public getDeploymentInfo(_: Message, callback: Callback): void {
    const info = new resproto.DeploymentInfo();
    info.setSupportedfeaturesList([
      ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
      ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
      ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
      ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    ]);
    callback(null, info);
  }

  public signalAndWaitForShutdown(_: Message, callback: Callback): void {
    callback(null, {});
  }

  private refuse(type: string, name: string): void {
    this.problems.push(
      `the embedded engine deploys Kubernetes objects only: ${text(type, name)} needs its provider; use \`pulumi up\``,
    );
  }

  private urn(parent: string | undefined, type: string, name: string): string {
    const parentType = parent?.split('::')[2];
    const prefix = parentType && parentType !== 'pulumi:pulumi:Stack' ? `${parentType}$` : '';
    return `urn:pulumi:${this.stack}::${this.project}::${prefix}${type}::${name}`;
  }

  private aliases(request: Message, type: string, name: string, parent: string): string[] {
    return request.getAliasesList().map((alias: Message) => {
      const spec = alias.getSpec();
      if (!spec) return alias.getUrn();
      const above = spec.getNoparent() ? undefined : spec.getParenturn() || parent;
      const urn = this.urn(above, spec.getType() || type, spec.getName() || name).split('::');
      urn[0] = `urn:pulumi:${spec.getStack() || this.stack}`;
      urn[1] = spec.getProject() || this.project;
      return urn.join('::');
    });
  }
}

function text(type: string, name: string): string {
  return `'${name}' of type '${type}'`;
}

/** Takes the wrapping off secrets, notes where they were, and where values are missing or cannot be used. */
function plain(value: unknown): { value: unknown; secretPaths: string[]; unknown: string[] } {
  const secretPaths: string[] = [];
  const unknown: string[] = [];
  const visit = (each: unknown, path: string): unknown => {
    if (each === unknownValue) unknown.push(path);
    if (typeof each === 'string' && each.includes(UNAVAILABLE)) unknown.push(`${path} (bcryptHash)`);
    if (Array.isArray(each)) return each.map((item, index) => visit(item, `${path}[${index}]`));
    if (each === null || typeof each !== 'object') return each;
    if ((each as Manifest)[specialSigKey] === specialSecretSig) {
      secretPaths.push(path);
      return visit((each as Manifest).value, path);
    }
    // Kubernetes takes a null for an absent field.
    const entries = Object.entries(each).filter(([, item]) => item !== null && item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, visit(item, path ? `${path}.${key}` : key)]));
  };
  return { value: visit(value, ''), secretPaths, unknown };
}
