export { ArgoWorkflows, type ArgoWorkflowsProps } from './argo-workflows';
export type { ExistingArgoWorkflowsProps } from './existing';
export { release } from './release';
export { ClusterWorkflowTemplate, CronWorkflow, Workflow, WorkflowTemplate } from './resources';
export type { Template } from './schema/template';
export type { CronWorkflowSpec, WorkflowSpec } from './schema/workflow-spec';
export type { ControllerSettings, Retention, TemplateReferencing } from './settings';
