import type { k8s } from 'cdk8s-plus-27';
import { stringify } from 'yaml';
import { plain } from '../../constructs';
import type { repositorySettings } from './artifacts';
import type { podGCStrategies, WorkflowSpec } from './schema/workflow-spec';

/** How long what has finished is kept. */
export interface Retention {
  /** Seconds until a workflow that succeeded is deleted, with its pods and volumes. @default 604800, 7 days */
  readonly secondsAfterSuccess?: number;

  /** Seconds until a workflow that failed is deleted. @default 1209600, 14 days */
  readonly secondsAfterFailure?: number;

  /** Which pods are deleted before their workflow is, with their logs. @default 'OnWorkflowSuccess' */
  readonly podGC?: (typeof podGCStrategies)[number] | 'never';

  /** Seconds that such pods stay for those who read their logs. @default 3600 */
  readonly podDelaySeconds?: number;
}

/** The controller's settings, as its ConfigMap holds them. */
export interface ControllerSettings {
  /** The containers that Argo adds to each pod. */
  readonly executor: Pick<k8s.Container, 'imagePullPolicy' | 'resources' | 'securityContext'>;

  /** What a step's own container has unless it says otherwise. */
  readonly mainContainer: Pick<k8s.Container, 'imagePullPolicy' | 'resources' | 'securityContext'>;

  /** What a workflow has unless it says otherwise. */
  readonly workflowDefaults: { readonly spec: WorkflowSpec };

  readonly workflowRestrictions?: { readonly templateReferencing: TemplateReferencing };
  readonly parallelism?: number;
  readonly namespaceParallelism?: number;
  readonly artifactRepository?: ReturnType<typeof repositorySettings>;

  /** Metrics are served with TLS on port 9090 unless told otherwise. */
  readonly metricsConfig?: { readonly enabled?: boolean; readonly port?: number; readonly secure?: boolean };
}

/** Which workflows run. `Strict`: those that use a WorkflowTemplate. `Secure`: and whose template has not changed since. */
export type TemplateReferencing = 'Strict' | 'Secure';

/** The security context that Pod Security `restricted` asks of a container. */
const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** Settings by which workflows pass Pod Security `restricted`, and do not stay for ever. */
export function defaultSettings(options: {
  readonly account: string;
  readonly retention: Retention;
  readonly executorResources: k8s.ResourceRequirements;
}): ControllerSettings {
  const seccompProfile = { type: 'RuntimeDefault' };
  return {
    executor: {
      imagePullPolicy: 'IfNotPresent',
      resources: options.executorResources,
      securityContext: {
        ...restricted,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile,
      },
    },
    mainContainer: { securityContext: restricted },
    workflowDefaults: {
      spec: {
        serviceAccountName: options.account,
        securityContext: { runAsNonRoot: true, seccompProfile },
        ...retained(options.retention),
      },
    },
  };
}

function retained(retention: Retention): WorkflowSpec {
  const day = 24 * 3600;
  const { secondsAfterSuccess = 7 * day, secondsAfterFailure = 14 * day } = retention;
  const { podGC = 'OnWorkflowSuccess', podDelaySeconds = 3600 } = retention;
  return {
    ttlStrategy: { secondsAfterSuccess, secondsAfterFailure },
    podGC: podGC === 'never' ? undefined : { strategy: podGC, deleteDelayDuration: `${podDelaySeconds}s` },
  };
}

/** The settings as a ConfigMap holds them: YAML by key. */
export function settingsData(settings: ControllerSettings): Record<string, string> {
  const given = Object.entries(plain(settings) as object);
  return Object.fromEntries(given.map(([key, value]) => [key, stringify(value).trimEnd()]));
}
