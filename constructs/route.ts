import { Construct } from 'constructs';
import { Component } from './component';
import { PlainObject } from './kube-object';
import type { Endpoint } from './service';

/** Properties of `Route`. */
export interface RouteProps {
  readonly name: string;

  /** @default - the component's namespace */
  readonly namespace?: string;

  /** Istio gateway that takes the requests, as `namespace/name`. */
  readonly gateway: string;

  /** Begins and ends in `/`, such as `/katib/`. The longest prefix wins. */
  readonly prefix: string;

  /** The server that answers. */
  readonly to: Endpoint;

  /** What the server sees in place of the prefix. @default - the prefix */
  readonly rewrite?: string;

  /** Seconds after which a request is given up. @default - none */
  readonly timeoutSeconds?: number;

  /** Headers that the server gets beside the client's. @default - none */
  readonly addRequestHeaders?: Readonly<Record<string, string>>;

  /** Host names, @default ['*'] */
  readonly hosts?: string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** Sends requests below a path to a server in the cluster: an Istio VirtualService. */
export class Route extends Construct {
  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const { prefix, to, rewrite, timeoutSeconds, addRequestHeaders } = props;
    if (!/^\/([\w.-]+\/)*$/.test(prefix)) {
      // Without the slash at its end, `/katib` would also take `/katib-other`.
      throw new Error(`${this.node.path}: 'prefix' must begin and end in '/', such as '/katib/', got '${prefix}'`);
    }
    new PlainObject(this, 'VirtualService', {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: {
        name: props.name,
        namespace: props.namespace ?? Component.of(this).namespace,
        labels: { ...props.labels },
      },
      spec: {
        gateways: [props.gateway],
        hosts: props.hosts ?? ['*'],
        http: [
          {
            match: [{ uri: { prefix } }],
            rewrite: rewrite === undefined ? undefined : { uri: rewrite },
            route: [{ destination: { host: to.host, port: { number: to.port } } }],
            timeout: timeoutSeconds === undefined ? undefined : `${timeoutSeconds}s`,
            headers: addRequestHeaders && { request: { add: { ...addRequestHeaders } } },
          },
        ],
      },
    } as ConstructorParameters<typeof PlainObject>[2]);
  }
}
