import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { KubeObject } from './kube-object';
import type { Service } from './service';

/** One call that the API server makes before it admits an object. */
export interface WebhookCall {
  /** Full name, such as `validator.tfjob.training-operator.kubeflow.org`. */
  readonly name: string;
  readonly path: string;
  readonly rules: k8s.RuleWithOperations[];

  /** `Fail` refuses objects while the server is down. @default 'Fail' */
  readonly failurePolicy?: 'Fail' | 'Ignore';

  /** Seconds, 1 to 30. @default 10 */
  readonly timeoutSeconds?: number;

  /** @default 'Equivalent' */
  readonly matchPolicy?: 'Equivalent' | 'Exact';
  readonly namespaceSelector?: k8s.LabelSelector;
  readonly objectSelector?: k8s.LabelSelector;

  /** CEL over the request; it is called when all are true. @default - called for all that `rules` and selectors match */
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

/** Properties of `Webhooks`. */
export interface WebhooksProps {
  /** Name of the configuration. */
  readonly name: string;
  readonly kind: 'validating' | 'mutating';

  /** The server, and the name of its port. */
  readonly service: Service;
  readonly port: string;

  /**
   * Annotations that make another controller fill in the certificate authority.
   *
   * @default - the server fills it in itself
   */
  readonly caInjection?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly calls: WebhookCall[];
}

/** Admission webhooks of one server. The certificate authority is never rendered: a controller owns that field. */
export class Webhooks extends Construct {
  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const { port } = props.service.endpoint(props.port);
    const webhooks = props.calls.map(({ path, matchConditions, ...call }) => ({
      ...call,
      matchConditions: matchConditions && [...matchConditions],
      admissionReviewVersions: ['v1'],
      clientConfig: { service: { namespace: props.service.namespace, name: props.service.name, port, path } },
      failurePolicy: call.failurePolicy ?? 'Fail',
      matchPolicy: call.matchPolicy ?? 'Equivalent',
      sideEffects: 'None',
      timeoutSeconds: call.timeoutSeconds ?? 10,
    }));
    const metadata = { name: props.name, labels: props.labels, annotations: props.caInjection };
    if (props.kind === 'validating') {
      new KubeObject(this, 'Configuration', k8s.KubeValidatingWebhookConfiguration, { metadata, webhooks });
    } else {
      new KubeObject(this, 'Configuration', k8s.KubeMutatingWebhookConfiguration, { metadata, webhooks });
    }
  }
}
