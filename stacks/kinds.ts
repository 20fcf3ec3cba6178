/** Kinds that say most about a part of the platform, in words; most telling first. */
const told: readonly (readonly [kind: string, one: string, many: string])[] = [
  ['CustomResourceDefinition', 'CRD', 'CRDs'],
  ['Deployment', 'deployment', 'deployments'],
  ['StatefulSet', 'stateful set', 'stateful sets'],
  ['DaemonSet', 'daemon set', 'daemon sets'],
  ['Job', 'job', 'jobs'],
  ['PersistentVolumeClaim', 'volume', 'volumes'],
  ['ValidatingWebhookConfiguration', 'validating webhook', 'validating webhooks'],
  ['MutatingWebhookConfiguration', 'mutating webhook', 'mutating webhooks'],
  ['ResourceQuota', 'quota', 'quotas'],
  ['NetworkPolicy', 'network policy', 'network policies'],
];

/** How many there are of the kinds that say most: `6 CRDs`, `3 deployments`. */
export function kindsInWords(kinds: readonly string[]): string[] {
  return told.flatMap(([kind, one, many]) => {
    const number = kinds.filter(each => each === kind).length;
    return number > 0 ? [`${number} ${number === 1 ? one : many}`] : [];
  });
}
