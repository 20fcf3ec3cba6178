import { CustomResource, schema as s } from '../../constructs';
import { jobSetSpec } from '../roles';

const byKey = (key: string) => ({ listType: 'map', keys: [key] }) as const;

/** What the controller reports. */
const status = () =>
  s.allOptional({
    conditions: s.list(s.condition(), byKey('type')),
    currentInPlaceRestartAttempt: s.int32({ minimum: 0 }),
    previousInPlaceRestartAttempt: s.int32({ minimum: 0 }),
    replicatedJobsStatus: s.list(
      s.object({
        active: s.int32(),
        failed: s.int32(),
        name: s.text(),
        ready: s.int32(),
        succeeded: s.int32(),
        suspended: s.int32(),
      }),
      byKey('name'),
    ),
    restarts: s.int32(),
    restartsCountTowardsMax: s.int32(),
    terminalState: s.text(),
  });

/** A group of Jobs that starts, succeeds and fails as one. */
export const JobSetKind = new CustomResource({
  group: 'jobset.x-k8s.io',
  kind: 'JobSet',
  plural: 'jobsets',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha2',
      storage: true,
      schema: s.allOptional({ spec: jobSetSpec(), status: status() }),
      subresources: { status: {} },
      columns: [
        { name: 'TerminalState', type: 'string', jsonPath: '.status.terminalState' },
        { name: 'Restarts', type: 'string', jsonPath: '.status.restarts' },
        { name: 'Completed', type: 'string', jsonPath: '.status.conditions[?(@.type=="Completed")].status' },
        { name: 'Suspended', type: 'string', jsonPath: '.spec.suspend' },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ],
});
