import type { Construct } from 'constructs';
import { type Service, type WebhookCall, Webhooks } from '../../constructs';

/** Names of the two configurations, into which the controller writes its certificate authority. */
export const webhookNames = {
  mutating: 'jobset-mutating-webhook-configuration',
  validating: 'jobset-validating-webhook-configuration',
} as const;

type Operations = ('CREATE' | 'UPDATE')[];

const jobSets = (operations: Operations) => [
  { apiGroups: ['jobset.x-k8s.io'], apiVersions: ['v1alpha2'], operations, resources: ['jobsets'] },
];

/** Pods of JobSets only: a controller that is down must not hold up anybody else's. */
const podsOfJobSets = {
  rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
  objectSelector: { matchExpressions: [{ key: 'jobset.sigs.k8s.io/jobset-name', operator: 'Exists' }] },
};

/** What the controller is asked before a JobSet or a pod of one is stored. */
export function renderWebhooks(
  scope: Construct,
  service: Service,
  port: string,
  labels: Readonly<Record<string, string>>,
): void {
  const calls: Record<keyof typeof webhookNames, WebhookCall[]> = {
    mutating: [
      { name: 'mjobset.kb.io', path: '/mutate-jobset-x-k8s-io-v1alpha2-jobset', rules: jobSets(['CREATE']) },
      { name: 'mpod.kb.io', path: '/mutate--v1-pod', ...podsOfJobSets },
    ],
    validating: [
      {
        name: 'vjobset.kb.io',
        path: '/validate-jobset-x-k8s-io-v1alpha2-jobset',
        rules: jobSets(['CREATE', 'UPDATE']),
      },
      { name: 'vpod.kb.io', path: '/validate--v1-pod', ...podsOfJobSets },
    ],
  };
  for (const kind of ['mutating', 'validating'] as const) {
    new Webhooks(scope, kind === 'mutating' ? 'MutatingWebhooks' : 'ValidatingWebhooks', {
      name: webhookNames[kind],
      kind,
      labels,
      service,
      port,
      calls: calls[kind],
    });
  }
}
