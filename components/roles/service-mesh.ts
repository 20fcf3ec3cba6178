import type { Construct } from 'constructs';
import type { Endpoint, Handle, NetworkPeer } from '../../constructs';

/** Pods of a namespace, by label: a Deployment is one. */
export interface MeshWorkload {
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
}

/** Who calls: the pods of a service account, or all of a namespace. A `ServiceAccount` is one. */
export interface MeshCaller {
  readonly namespace: string;

  /** Name of the service account. @default - every account of the namespace */
  readonly name?: string;
}

/** A server that users reach by a path. */
export interface MeshRoute {
  /** Name of the objects. */
  readonly name: string;

  /**
   * Path whose requests the server gets. With a slash at its end, such as `/katib/`, what is below it; without, such as
   * `/pipeline`, the path itself too. `/` takes what no other route does. None may lie below another.
   */
  readonly path: string;

  /** The server's Service. */
  readonly to: Endpoint;

  /** The pods behind the Service, and the port on which they listen. */
  readonly workload: MeshWorkload;
  readonly port: number;

  /** What the server sees in place of the path. @default - the path */
  readonly rewrite?: string;

  /** Seconds after which a request is given up. @default - none */
  readonly timeoutSeconds?: number;

  /** Headers that the server gets beside the client's. @default - none */
  readonly addRequestHeaders?: Readonly<Record<string, string>>;
}

/** Calls that are let through. */
export interface MeshAccess {
  readonly name: string;

  /** Who is called; without a selector, all pods of the namespace. */
  readonly to: { readonly namespace: string; readonly selector?: Readonly<Record<string, string>> };

  /** Who may call; at least one. */
  readonly from: readonly MeshCaller[];

  /** Ports of the pods. @default - all */
  readonly ports?: readonly number[];

  /** Paths, `*` at the beginning or end for any text. @default - all */
  readonly paths?: readonly string[];

  /** HTTP methods. @default - all */
  readonly methods?: readonly string[];
}

/** Ports that take calls without mutual TLS too: from callers that are not in the mesh. */
export interface PlaintextPorts {
  readonly name: string;
  readonly workload: MeshWorkload;

  /** Ports of the pods. Network rules must name who reaches them. */
  readonly ports: readonly number[];

  /** Who calls, and why it is not in the mesh. */
  readonly reason: string;

  /** How the server itself tells who calls. */
  readonly authentication: string;
}

/** A host outside of the cluster that pods call. */
export interface MeshEgress {
  readonly name: string;
  readonly workload: MeshWorkload;
  readonly hosts: readonly string[];
  readonly port: number;

  /** @default 'TLS' */
  readonly protocol?: 'TLS' | 'HTTP' | 'TCP';

  /** Where the hosts are: network policies know no names. */
  readonly peers: NetworkPeer[];
}

/**
 * Encrypts what parts of the platform say to each other, and lets through only what is declared: a caller that nobody
 * has allowed is refused.
 */
export interface ServiceMesh extends Handle {
  /** Labels by which a namespace takes part. */
  readonly memberLabels: Readonly<Record<string, string>>;

  /** Labels of a pod that stays out though its namespace takes part. */
  readonly optOutLabels: Readonly<Record<string, string>>;

  /** The users' door: what routes name, where it answers, and who it is to those behind it. */
  readonly gateway: {
    readonly name: string;
    readonly endpoint: Endpoint;
    readonly caller: MeshCaller;
    readonly peers: NetworkPeer[];
  };

  /** Every port that takes plain text, and why. */
  readonly plaintextPorts: readonly PlaintextPorts[];

  /**
   * Lets the pods of a namespace reach the mesh, rendered below `scope`. The namespace must carry `memberLabels`.
   *
   * @param options.shared whether other namespaces call its services
   */
  addMember(scope: Construct, namespace: string, options?: { readonly shared?: boolean }): void;

  /** Opens a path of the users' door to a server, and the server to the door alone. */
  expose(scope: Construct, id: string, route: MeshRoute): void;

  /** Lets named callers in. Network rules must do so too. */
  allow(scope: Construct, id: string, access: MeshAccess): void;

  /** Takes plain text on some ports; once per workload. */
  allowPlaintext(scope: Construct, id: string, exception: PlaintextPorts): void;

  /** Lets pods out to hosts outside of the cluster. */
  allowEgress(scope: Construct, id: string, egress: MeshEgress): void;
}
