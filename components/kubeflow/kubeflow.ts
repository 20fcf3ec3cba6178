import type { Construct } from 'constructs';
import { ClusterRole, Component, type ComponentProps, Namespace } from '../../constructs';
import { aggregateTo } from '../roles';
import { adminRules, editRules, viewRules } from './roles';

/** Properties of `Kubeflow`. */
export interface KubeflowProps extends ComponentProps<Kubeflow> {}

/**
 * What the other parts stand on: the platform's two namespaces and the three roles that profiles bind.
 *
 * @example
 * new Kubeflow(app, 'kubeflow');
 */
export class Kubeflow extends Component {
  constructor(scope: Construct, id: string, props: KubeflowProps = {}) {
    super(scope, id, props, 'kubeflow');
    const labels = { 'control-plane': 'kubeflow', 'istio-injection': 'enabled' };
    new Namespace(this, 'Namespace', { name: this.namespace, labels });
    new Namespace(this, 'SystemNamespace', { name: 'kubeflow-system', labels });

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
