import { Construct } from 'constructs';
import { ClusterRole, Component, type ComponentProps, Namespace } from '../../constructs';
import { aggregateTo, type ServiceMesh } from '../roles';
import { adminRules, editRules, viewRules } from './roles';

/** Properties of `Kubeflow`. */
export interface KubeflowProps extends ComponentProps<Kubeflow> {
  /** Takes the platform's namespace in. @default - no mesh */
  readonly mesh?: ServiceMesh;
}

/**
 * What the other parts stand on: the platform's two namespaces and the three roles that profiles bind.
 *
 * @example
 * new Kubeflow(app, 'kubeflow');
 */
export class Kubeflow extends Component {
  constructor(scope: Construct, id: string, props: KubeflowProps = {}) {
    super(scope, id, props, 'kubeflow');
    const labels = { 'control-plane': 'kubeflow', ...props.mesh?.memberLabels };
    new Namespace(this, 'Namespace', { name: this.namespace, labels });
    const system = new Construct(this, 'System');
    new Namespace(system, 'Namespace', { name: 'kubeflow-system', labels });
    this.needs(props.mesh);
    props.mesh?.addMember(this, this.namespace, { shared: true });
    props.mesh?.addMember(system, 'kubeflow-system', { shared: true });

    // Each role is the sum of what components contribute by label, and is part of the next stronger one.
    new ClusterRole(this, 'Admin', { name: 'kubeflow-admin', aggregates: [aggregateTo('admin')] });
    new ClusterRole(this, 'Edit', {
      name: 'kubeflow-edit',
      labels: aggregateTo('admin'),
      aggregates: [aggregateTo('edit')],
    });
    new ClusterRole(this, 'View', {
      name: 'kubeflow-view',
      labels: aggregateTo('edit'),
      aggregates: [aggregateTo('view')],
    });
    new ClusterRole(this, 'KubernetesAdmin', {
      name: 'kubeflow-kubernetes-admin',
      labels: aggregateTo('admin'),
      rules: adminRules,
    });
    new ClusterRole(this, 'KubernetesEdit', {
      name: 'kubeflow-kubernetes-edit',
      labels: aggregateTo('edit'),
      rules: editRules,
    });
    new ClusterRole(this, 'KubernetesView', {
      name: 'kubeflow-kubernetes-view',
      labels: aggregateTo('view'),
      rules: viewRules,
    });
    this.extend(props.extensions);
  }
}
