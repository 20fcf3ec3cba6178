import type { Construct } from 'constructs';
import { type Service, type WebhookCall, Webhooks } from '../../constructs';
import { group } from './fields';

/** Names of the two configurations, into which the controller writes its certificate authority. */
export const webhookNames = {
  mutating: `defaulter.${group}`,
  validating: `validator.${group}`,
} as const;

/** What the controller is asked before a TrainJob or a runtime is stored. */
export function renderWebhooks(scope: Construct, service: Service, port: string): void {
  const shared = { service, port };
  new Webhooks(scope, 'MutatingWebhooks', {
    ...shared,
    name: webhookNames.mutating,
    kind: 'mutating',
    calls: [call('defaulter', 'mutate', 'trainjob')],
  });
  new Webhooks(scope, 'ValidatingWebhooks', {
    ...shared,
    name: webhookNames.validating,
    kind: 'validating',
    calls: ['clustertrainingruntime', 'trainingruntime', 'trainjob'].map(kind => call('validator', 'validate', kind)),
  });
}

function call(role: string, verb: string, kind: string): WebhookCall {
  return {
    name: `${role}.${kind}.${group}`,
    path: `/${verb}-trainer-kubeflow-org-v1alpha1-${kind}`,
    rules: [
      { apiGroups: [group], apiVersions: ['v1alpha1'], operations: ['CREATE', 'UPDATE'], resources: [`${kind}s`] },
    ],
  };
}
