import type { TSchema } from '@sinclair/typebox';
import { CustomResource, type PrinterColumn, schema as s } from '../../constructs';
import { artifact, artifactLocation, podMetadata, valuesAndFiles } from './schema/artifact';
import { cronWorkflowSpec, workflowSpec } from './schema/workflow-spec';
import { cronProblems, templateProblems, workflowProblems } from './workflow-rules';

/** Upstream's CRDs say nothing of what is in these: what they hold is checked here and by the controller. */
const open = () => s.opaque({ mapType: 'atomic' });

function kind<S extends TSchema>(
  name: string,
  schema: S,
  options: {
    readonly scope?: 'Cluster';
    readonly shortNames?: string[];
    readonly storedSchema?: TSchema;
    readonly status?: boolean;
    readonly columns?: PrinterColumn[];
    readonly rules?: CustomResource<S>['props']['rules'];
  } = {},
): CustomResource<S> {
  const { scope = 'Namespaced', shortNames, storedSchema, status, columns, rules } = options;
  return new CustomResource({
    group: 'argoproj.io',
    kind: name,
    plural: `${name.toLowerCase()}s`,
    shortNames,
    scope,
    versions: [
      {
        name: 'v1alpha1',
        storage: true,
        schema,
        storedSchema,
        subresources: status ? { status: {} } : undefined,
        columns,
      },
    ],
    rules,
  });
}

/** Templates, and the one that it begins with: runs once. */
export const Workflow = kind('Workflow', s.object({ spec: workflowSpec() }), {
  shortNames: ['wf'],
  storedSchema: s.object({ spec: open(), status: s.optional(open()) }),
  columns: [
    { name: 'Status', type: 'string', jsonPath: '.status.phase' },
    { name: 'Age', type: 'date', format: 'date-time', jsonPath: '.status.startedAt' },
    { name: 'Message', type: 'string', jsonPath: '.status.message' },
  ],
  rules: ({ spec }) => workflowProblems(spec),
});

/** Templates for the workflows of a namespace. */
export const WorkflowTemplate = kind('WorkflowTemplate', s.object({ spec: workflowSpec() }), {
  shortNames: ['wftmpl'],
  storedSchema: s.object({ spec: open() }),
  rules: ({ spec }) => templateProblems(spec),
});

/** Templates for the workflows of all namespaces. */
export const ClusterWorkflowTemplate = kind('ClusterWorkflowTemplate', s.object({ spec: workflowSpec() }), {
  scope: 'Cluster',
  shortNames: ['clusterwftmpl', 'cwft'],
  storedSchema: s.object({ spec: open() }),
  rules: ({ spec }) => templateProblems(spec),
});

/** Starts workflows by the clock. */
export const CronWorkflow = kind('CronWorkflow', s.object({ spec: cronWorkflowSpec() }), {
  shortNames: ['cwf', 'cronwf'],
  storedSchema: s.object({ spec: open(), status: s.optional(open()) }),
  rules: ({ spec }) => cronProblems(spec),
});

/** Starts a workflow when the Argo server receives an event. */
export const WorkflowEventBinding = kind(
  'WorkflowEventBinding',
  s.object({
    spec: s.object({
      event: s.object({ selector: s.text() }),
      submit: s.optional(
        s.object({
          arguments: s.optional(s.allOptional(valuesAndFiles())),
          metadata: s.optional(
            s.allOptional({
              ...podMetadata().properties,
              finalizers: s.list(s.text()),
              generateName: s.text(),
              name: s.text(),
              namespace: s.text(),
            }),
          ),
          workflowTemplateRef: s.allOptional({ clusterScope: s.bool(), name: s.text() }),
        }),
      ),
    }),
  }),
  { shortNames: ['wfeb'] },
);

/** Steps without a pod of their own, from the controller to its agent. */
const WorkflowTaskSet = kind('WorkflowTaskSet', s.object({ spec: open(), status: s.optional(open()) }), {
  shortNames: ['wfts'],
  status: true,
});

/** What a step has brought forth, from its pod to the controller. */
const WorkflowTaskResult = kind(
  'WorkflowTaskResult',
  s.allOptional({
    message: s.text(),
    outputs: s.allOptional({ ...valuesAndFiles(), exitCode: s.text(), result: s.text() }),
    phase: s.text(),
    progress: s.text(),
  }),
);

/** Artifacts to be deleted, from the controller to the pod that does it. */
const WorkflowArtifactGCTask = kind(
  'WorkflowArtifactGCTask',
  s.object({
    spec: s.allOptional({
      artifactsByNode: s.map(s.allOptional({ archiveLocation: artifactLocation(), artifacts: s.map(artifact()) })),
    }),
    status: s.optional(
      s.allOptional({
        artifactResultsByNode: s.map(
          s.allOptional({
            artifactResults: s.map(
              s.object({ error: s.optional(s.text()), name: s.text(), success: s.optional(s.bool()) }),
            ),
          }),
        ),
      }),
    ),
  }),
  { shortNames: ['wfat'], status: true },
);

/** All kinds of Argo Workflows. */
export const workflowKinds: readonly CustomResource[] = [
  Workflow,
  WorkflowTemplate,
  ClusterWorkflowTemplate,
  CronWorkflow,
  WorkflowEventBinding,
  WorkflowTaskSet,
  WorkflowTaskResult,
  WorkflowArtifactGCTask,
];
