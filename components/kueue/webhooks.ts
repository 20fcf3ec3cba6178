import type { Construct } from 'constructs';
import { type Service, type WebhookCall, Webhooks } from '../../constructs';
import { type ServingCertificate, tenantLabels } from '../roles';
import { type FrameworkFacts, namesOf } from './frameworks';
import { group } from './resources/fields';

type Verb = 'mutate' | 'validate';

/** Webhooks of the controller: those of queues, and those that hold back the jobs of tenants. */
export function renderWebhooks(
  scope: Construct,
  options: {
    readonly service: Service;
    readonly certificate: ServingCertificate;
    readonly labels: Readonly<Record<string, string>>;
    readonly frameworks: readonly FrameworkFacts[];
  },
): void {
  const { service, certificate, labels, frameworks } = options;
  const common = { service, port: 'webhook', caInjection: certificate.caInjection, labels };
  const own = (verb: Verb, kinds: readonly string[]) => kinds.map(kind => ownCall(verb, kind));
  const jobs = (verb: Verb) => frameworks.map(framework => jobCall(verb, framework));
  new Webhooks(scope, 'Mutating', {
    ...common,
    name: 'kueue-mutating-webhook-configuration',
    kind: 'mutating',
    calls: [...own('mutate', ['clusterqueue', 'resourceflavor', 'workload']), ...jobs('mutate')],
  });
  new Webhooks(scope, 'Validating', {
    ...common,
    name: 'kueue-validating-webhook-configuration',
    kind: 'validating',
    calls: [...own('validate', ['clusterqueue', 'cohort', 'resourceflavor', 'workload']), ...jobs('validate')],
  });
}

const operations = (verb: Verb) => (verb === 'mutate' ? ['CREATE'] : ['CREATE', 'UPDATE']);

function ownCall(verb: Verb, kind: string): WebhookCall {
  const resources = kind === 'workload' && verb === 'validate' ? [`${kind}s`, `${kind}s/status`] : [`${kind}s`];
  return {
    name: `${verb[0]}${kind}.kb.io`,
    path: `/${verb}-kueue-x-k8s-io-v1beta2-${kind}`,
    rules: [{ apiGroups: [group], apiVersions: ['v1beta2'], operations: operations(verb), resources }],
  };
}

/** Of tenants' jobs only: those of the platform must not wait for this controller. */
function jobCall(verb: Verb, framework: FrameworkFacts): WebhookCall {
  const { group: apiGroup, version } = framework;
  const { singular, plural } = namesOf(framework);
  return {
    name: `${verb[0]}${singular}.kb.io`,
    path: `/${verb}-${apiGroup.replaceAll('.', '-')}-${version}-${singular}`,
    namespaceSelector: { matchLabels: tenantLabels },
    rules: [{ apiGroups: [apiGroup], apiVersions: [version], operations: operations(verb), resources: [plural] }],
  };
}
