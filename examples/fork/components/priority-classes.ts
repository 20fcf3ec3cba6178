import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { Component, type ComponentProps, KubeObject } from 'flowyard/constructs';

export interface PriorityClassesProps extends ComponentProps<PriorityClasses> {
  /** Value by name of the class: pods of a higher one are scheduled first. */
  readonly classes: Readonly<Record<string, number>>;
}

/** Who goes first when the cluster is full. None drives out pods that run. */
export class PriorityClasses extends Component {
  constructor(scope: Construct, id: string, props: PriorityClassesProps) {
    super(scope, id, props, 'kubeflow');
    for (const [name, value] of Object.entries(props.classes)) {
      new KubeObject(this, name, k8s.KubePriorityClass, { metadata: { name }, value, preemptionPolicy: 'Never' });
    }
    this.extend(props.extensions);
  }
}
