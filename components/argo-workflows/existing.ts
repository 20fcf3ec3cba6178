import type { Construct } from 'constructs';
import { Component, type ComponentProps, type ServiceAccount } from '../../constructs';
import type { ArtifactRepository, Cluster, WorkflowEngine } from '../roles';
import { renderTenantRoles } from './rbac';
import { workflowKinds } from './resources';
import { WorkflowNamespace } from './workflow-namespace';

/** Properties of an Argo Workflows that the cluster has. */
export interface ExistingArgoWorkflowsProps extends ComponentProps<ExistingArgoWorkflows> {
  /** Tells where the API server is reached. */
  readonly cluster: Cluster;

  /** Where its controller runs. It must watch all namespaces. @default 'argo' */
  readonly namespace?: string;
}

/** Renders what an Argo Workflows of others lacks: the roles of tenants. */
export class ExistingArgoWorkflows extends Component implements WorkflowEngine {
  private readonly cluster: Cluster;

  constructor(scope: Construct, id: string, props: ExistingArgoWorkflowsProps) {
    super(scope, id, props, 'argo');
    this.cluster = props.cluster;
    for (const { crdName } of workflowKinds) {
      this.expectExisting({
        group: 'apiextensions.k8s.io',
        kind: 'CustomResourceDefinition',
        name: crdName,
        reason: 'Argo Workflows is installed by others',
      });
    }
    renderTenantRoles(this);
    this.extend(props.extensions);
  }

  public addNamespace(
    scope: Construct,
    id: string,
    props: { readonly account: ServiceAccount; readonly artifacts?: ArtifactRepository },
  ): void {
    new WorkflowNamespace(scope, id, { ...props, cluster: this.cluster });
  }
}
