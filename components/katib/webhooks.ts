import { Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { type Service, type ServiceAccount, Webhooks } from '../../constructs';
import type { ServingCertificate } from '../roles';
import type { ResolvedTrialResource } from './trial-resources';
import { observedNamespaces } from './tuning-namespace';

const name = 'katib.kubeflow.org';

const experiments = [
  {
    apiGroups: ['kubeflow.org'],
    apiVersions: ['v1beta1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['experiments'],
  },
];

/**
 * Webhooks of the controller: they complete and check experiments, and put the metrics collector beside trials.
 *
 * @param trials asked when all is built
 */
export function renderWebhooks(
  scope: Construct,
  options: {
    readonly service: Service;
    readonly certificate: ServingCertificate;
    readonly account: ServiceAccount;
    readonly trials: () => readonly ResolvedTrialResource[];
  },
): void {
  const { service, certificate, account, trials } = options;
  const common = { name, service, port: 'webhook', caInjection: certificate.caInjection };
  new Webhooks(scope, 'Validating', {
    ...common,
    kind: 'validating',
    calls: [{ name: 'validator.experiment.katib.kubeflow.org', path: '/validate-experiment', rules: experiments }],
  });
  new Webhooks(scope, 'Mutating', {
    ...common,
    kind: 'mutating',
    calls: [
      { name: 'defaulter.experiment.katib.kubeflow.org', path: '/mutate-experiment', rules: experiments },
      {
        name: 'mutator.pod.katib.kubeflow.org',
        path: '/mutate-pod',
        namespaceSelector: { matchLabels: observedNamespaces },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        matchConditions: [
          {
            name: 'exclude-katib-controller',
            expression: `request.userInfo.username != "system:serviceaccount:${account.namespace}:${account.name}"`,
          },
          // Notebooks and servers start while the controller does not run: only pods that can be a trial's wait for it.
          {
            name: 'owned-by-a-trial-resource',
            expression: Lazy.any({ produce: () => ownedBy(trials()) }) as unknown as string,
          },
        ],
      },
    ],
  });
}

/** CEL that is true for pods of these kinds. */
function ownedBy(resources: readonly ResolvedTrialResource[]): string {
  const kinds = [...new Set(resources.flatMap(({ podOwners }) => podOwners))].sort();
  const list = kinds.map(kind => `"${kind}"`).join(', ');
  return `has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(owner, owner.kind in [${list}])`;
}
