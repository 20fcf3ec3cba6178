import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { KubeObject } from './kube-object';
import { type NetworkPeer, podsIn } from './network-policy';

/** Where a server answers inside the cluster. */
export class Endpoint {
  constructor(
    public readonly service: string,
    public readonly namespace: string,
    public readonly port: number,
  ) {}

  /** `name.namespace.svc.cluster.local`. */
  public get host(): string {
    return `${this.service}.${this.namespace}.svc.cluster.local`;
  }

  /** Where network rules must let clients go, on `port`. */
  public get peers(): NetworkPeer[] {
    return [podsIn(this.namespace)];
  }

  /** `host:port`, for clients that take no scheme. */
  public get hostPort(): string {
    return `${this.host}:${this.port}`;
  }

  /** `scheme://host:port`, without a slash at the end. */
  public url(scheme: 'http' | 'https' = 'http'): string {
    return `${scheme}://${this.hostPort}`;
  }
}

/** Where a server answers that the platform does not run. `service` is its host, `namespace` is empty. */
export class ExternalEndpoint extends Endpoint {
  constructor(
    private readonly hostName: string,
    port: number,
    private readonly at: readonly NetworkPeer[],
  ) {
    super(hostName, '', port);
  }

  public override get host(): string {
    return this.hostName;
  }

  public override get peers(): NetworkPeer[] {
    return [...this.at];
  }
}

/** Properties of `Service`. */
export interface ServiceProps {
  readonly name: string;

  /** The workload whose pods answer. */
  readonly workload: { readonly namespace: string; readonly selector: Readonly<Record<string, string>> };

  /** Answers with the addresses of the pods, of those that are not ready too: for servers that must find each other. */
  readonly headless?: boolean;

  /** Ports by name: the Service's number, and the container's port by name or number. */
  readonly ports: Readonly<Record<string, { readonly port: number; readonly target: string | number }>>;

  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A stable address of a workload inside the cluster. */
export class Service extends Construct {
  public readonly name: string;
  public readonly namespace: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ServiceProps,
  ) {
    super(scope, id);
    this.name = props.name;
    this.namespace = props.workload.namespace;
    new KubeObject(this, 'Service', k8s.KubeService, {
      metadata: { name: props.name, namespace: this.namespace, labels: props.labels, annotations: props.annotations },
      spec: {
        type: 'ClusterIP',
        ...(props.headless && { clusterIP: 'None', publishNotReadyAddresses: true }),
        selector: { ...props.workload.selector },
        ports: Object.entries(props.ports).map(([name, { port, target }]) => ({
          name,
          port,
          targetPort:
            typeof target === 'string' ? k8s.IntOrString.fromString(target) : k8s.IntOrString.fromNumber(target),
          protocol: 'TCP',
        })),
      },
    });
  }

  /** The address of one port; throws when the Service has no such port. */
  public endpoint(port: string): Endpoint {
    const found = this.props.ports[port];
    if (!found)
      throw new Error(`${this.node.path}: has no port '${port}', only '${Object.keys(this.props.ports).join("', '")}'`);
    return new Endpoint(this.name, this.namespace, found.port);
  }
}
