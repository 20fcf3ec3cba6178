import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { KubeObject } from './kube-object';
import { DefaultDeny } from './network-policy';

/** Level of the Pod Security Standards. */
export type PodSecurity = 'restricted' | 'baseline' | 'privileged';

/** Version of the Pod Security Standards that namespaces are held to: the oldest Kubernetes minor we support. */
export const podSecurityVersion = 'v1.33';

/** Properties of `Namespace`. */
export interface NamespaceProps {
  readonly name: string;

  /** Level that pods are held to. @default 'restricted' */
  readonly podSecurity?: PodSecurity;

  /** @default - none but the Pod Security ones */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A namespace that holds its pods to a Pod Security level and denies their traffic by default. */
export class Namespace extends Construct {
  public readonly name: string;

  constructor(scope: Construct, id: string, props: NamespaceProps) {
    super(scope, id);
    this.name = props.name;
    const level = props.podSecurity ?? 'restricted';
    new KubeObject(this, 'Namespace', k8s.KubeNamespace, {
      metadata: {
        name: props.name,
        labels: {
          ...Object.fromEntries(
            ['enforce', 'audit', 'warn'].flatMap(mode => [
              [`pod-security.kubernetes.io/${mode}`, level],
              [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
            ]),
          ),
          ...props.labels,
        },
        annotations: props.annotations,
      },
    });
    new DefaultDeny(this, 'DefaultDeny', props.name);
  }
}
