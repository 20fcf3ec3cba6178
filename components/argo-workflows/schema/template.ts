import type { Static, TSchema } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import { schema as s } from '../../../constructs';
import { artifact, artifactLocation, objectKey, podMetadata, valuesAndFiles } from './artifact';
import { containerFields, userContainer } from './container';

/** A template of a WorkflowTemplate or ClusterWorkflowTemplate. */
const templateRef = () => s.allOptional({ clusterScope: s.bool(), name: s.text(), template: s.text() });

/** Templates that are started at events, such as `exit`, and while an expression is true. */
export const hooks = () =>
  s.map(
    s.allOptional({
      arguments: s.allOptional(valuesAndFiles()),
      expression: s.text(),
      template: s.text(),
      templateRef: templateRef(),
    }),
  );

/** How often and when a step is tried again. */
export const retryStrategy = () =>
  s.allOptional({
    affinity: s.allOptional({ nodeAntiAffinity: s.marker() }),
    backoff: s.allOptional({
      cap: s.text(),
      duration: s.text(),
      factor: s.intOrString(),
      maxDuration: s.text(),
    }),
    expression: s.text(),
    limit: s.intOrString(),
    retryPolicy: s.oneOf(['Always', 'OnFailure', 'OnError', 'OnTransientError']),
  });

const semaphore = () =>
  s.allOptional({ configMapKeyRef: objectKey(), database: s.object({ key: s.text() }), namespace: s.text() });
const mutex = () => s.allOptional({ database: s.bool(), name: s.text(), namespace: s.text() });

/** What must be free before a step or workflow starts. */
export const synchronization = () =>
  s.allOptional({ mutex: mutex(), mutexes: s.list(mutex()), semaphore: semaphore(), semaphores: s.list(semaphore()) });

/** Metrics that the controller emits. */
export const metrics = () =>
  s.object({
    prometheus: s.list(
      s.object({
        counter: s.optional(s.object({ value: s.text() })),
        gauge: s.optional(
          s.object({
            operation: s.optional(s.oneOf(['Set', 'Add', 'Sub'])),
            realtime: s.optional(s.bool()),
            value: s.text(),
          }),
        ),
        help: s.text(),
        histogram: s.optional(s.object({ buckets: s.list(s.decimal()), value: s.text() })),
        labels: s.optional(s.list(s.object({ key: s.text(), value: s.text() }))),
        name: s.text(),
        when: s.optional(s.text()),
      }),
    ),
  });

/** One use of a template: what steps and tasks of a graph have in common. */
const call = <I extends TSchema>(inline: I) => ({
  arguments: s.allOptional(valuesAndFiles()),
  continueOn: s.allOptional({ error: s.bool(), failed: s.bool() }),
  hooks: hooks(),
  inline,
  onExit: s.text(),
  template: s.text(),
  templateRef: templateRef(),
  when: s.text(),
  withItems: s.list(s.anything()),
  withParam: s.text(),
  withSequence: s.allOptional({
    count: s.intOrString(),
    end: s.intOrString(),
    format: s.text(),
    start: s.intOrString(),
  }),
});

const dag = <I extends TSchema>(inline: I) => {
  const task = s.allOptional({ ...call(inline), dependencies: s.list(s.text()), depends: s.text() });
  return s.object({
    failFast: s.optional(s.bool()),
    target: s.optional(s.text()),
    tasks: s.list(s.object({ ...task.properties, name: s.text() })),
  });
};

const steps = <I extends TSchema>(inline: I) => s.list(s.list(s.allOptional({ ...call(inline), name: s.text() })));

const resource = () =>
  s.object({
    action: s.oneOf(['get', 'create', 'apply', 'delete', 'replace', 'patch']),
    failureCondition: s.optional(s.text()),
    flags: s.optional(s.list(s.text())),
    manifest: s.optional(s.text()),
    manifestFrom: s.optional(s.object({ artifact: artifact() })),
    mergeStrategy: s.optional(s.oneOf(['strategic', 'merge', 'json'])),
    setOwnerReference: s.optional(s.bool()),
    successCondition: s.optional(s.text()),
  });

const http = () =>
  s.object({
    body: s.optional(s.text()),
    bodyFrom: s.optional(s.allOptional({ bytes: s.text({ format: 'byte' }) })),
    headers: s.optional(
      s.list(
        s.object({
          name: s.text(),
          value: s.optional(s.text()),
          valueFrom: s.optional(s.allOptional({ secretKeyRef: objectKey() })),
        }),
      ),
    ),
    insecureSkipVerify: s.optional(s.bool()),
    method: s.optional(s.text()),
    successCondition: s.optional(s.text()),
    timeoutSeconds: s.optional(s.int64()),
    url: s.text(),
  });

const containerSet = () =>
  s.object({
    containers: s.list(s.allOptional({ ...containerFields(), dependencies: s.list(s.text()) })),
    retryStrategy: s.optional(s.object({ duration: s.optional(s.text()), retries: s.intOrString() })),
    volumeMounts: s.optional(s.opaqueList<k8s.VolumeMount>()),
  });

const data = () =>
  s.object({
    source: s.allOptional({ artifactPaths: artifact() }),
    transformation: s.list(s.object({ expression: s.text() })),
  });

/** What a template does, exactly one of them: listed by name below. */
const works = <I extends TSchema>(inline: I) => ({
  container: s.allOptional(containerFields()),
  containerSet: containerSet(),
  dag: dag(inline),
  data: data(),
  http: http(),
  plugin: s.opaque(),
  resource: resource(),
  script: s.object({ ...s.allOptional(containerFields()).properties, source: s.text() }),
  steps: steps(inline),
  suspend: s.allOptional({ duration: s.text() }),
});

const fields = <I extends TSchema>(inline: I) => ({
  ...works(inline),
  activeDeadlineSeconds: s.intOrString(),
  affinity: s.opaque<k8s.Affinity>(),
  annotations: s.map(s.text()),
  archiveLocation: artifactLocation(),
  automountServiceAccountToken: s.bool(),
  daemon: s.bool(),
  executor: s.allOptional({ serviceAccountName: s.text() }),
  failFast: s.bool(),
  hostAliases: s.opaqueList<k8s.HostAlias>(),
  initContainers: s.list(userContainer()),
  inputs: s.allOptional(valuesAndFiles()),
  memoize: s.object({
    cache: s.optional(s.object({ configMap: objectKey() })),
    key: s.text(),
    maxAge: s.optional(s.text()),
  }),
  metadata: podMetadata(),
  metrics: metrics(),
  name: s.text(),
  nodeSelector: s.map(s.text()),
  outputs: s.allOptional({ ...valuesAndFiles(), exitCode: s.text(), result: s.text() }),
  parallelism: s.int64(),
  podSpecPatch: s.text(),
  priorityClassName: s.text(),
  retryStrategy: retryStrategy(),
  schedulerName: s.text(),
  securityContext: s.opaque<k8s.PodSecurityContext>(),
  serviceAccountName: s.text(),
  sidecars: s.list(userContainer()),
  synchronization: synchronization(),
  timeout: s.text(),
  tolerations: s.opaqueList<k8s.Toleration>(),
  volumes: s.opaqueList<k8s.Volume>(),
});

const innerSchema = () => s.allOptional(fields(s.opaque()));

/** A template within a step. Structural schemas cannot recur: templates within it are kept as they come. */
export interface InlineTemplate extends Static<ReturnType<typeof innerSchema>> {}

const inlineTemplate = () => s.named<InlineTemplate>(innerSchema());
const outerSchema = () => s.allOptional(fields(inlineTemplate()));

/** What one step runs, or how others are put together. */
export interface Template extends Static<ReturnType<typeof outerSchema>> {}

/** What one step runs, or how others are put together. */
export const template = () => s.named<Template>(outerSchema());

/** What a template can do: one of these fields says it. */
export const workNames = [
  'container',
  'containerSet',
  'dag',
  'data',
  'http',
  'plugin',
  'resource',
  'script',
  'steps',
  'suspend',
] as const satisfies readonly (keyof Template)[];
