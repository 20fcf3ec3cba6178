import type { Manifest } from '../kube-object';
import { groupOf } from './reference';
import { podTemplate } from './references';

/** Labels by key. */
export type Labels = Record<string, string>;

/** A label selector, as in webhooks and Services. */
interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: { readonly key: string; readonly operator: string; readonly values?: string[] }[];
}

/** Whether a selector picks something with these labels. An absent selector picks everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const expressions = (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key in labels;
    if (operator === 'DoesNotExist') return !(key in labels);
    const inList = key in labels && values.includes(labels[key]!);
    return operator === 'In' ? inList : !inList;
  });
  return exact && expressions;
}

/**
 * Whether a webhook configuration is asked before an object is created. Webhooks on pods guard whatever makes pods.
 *
 * @param webhooks        a Validating- or MutatingWebhookConfiguration
 * @param object          the object in question
 * @param resource        its plural
 * @param namespaceLabels labels of its namespace; undefined for cluster-scoped objects
 */
export function guards(
  webhooks: Manifest,
  object: Manifest,
  resource: string,
  namespaceLabels: Labels | undefined,
): boolean {
  const targets = targetsOf(object, resource);
  return webhooksOf(webhooks).some(
    webhook =>
      (!namespaceLabels || selects(webhook.namespaceSelector, namespaceLabels)) &&
      targets.some(
        target =>
          webhook.rules?.some(rule => covers(rule, target)) && selects(webhook.objectSelector, target.labels ?? {}),
      ),
  );
}

/** Whether a webhook configuration is asked about objects of a kind at all, whatever their labels. */
export function mayGuard(webhooks: Manifest, sample: Manifest, resource: string): boolean {
  const targets = targetsOf(sample, resource);
  return webhooksOf(webhooks).some(({ rules }) => targets.some(target => rules?.some(rule => covers(rule, target))));
}

interface Target {
  readonly group: string;
  readonly resource: string;
  readonly labels?: Labels;
}

/** What the API server asks about: the object, and the pods that it makes. */
function targetsOf(object: Manifest, resource: string): Target[] {
  const self = { group: groupOf(object.apiVersion), resource, labels: object.metadata.labels };
  const template = podTemplate(object);
  return template ? [self, { group: '', resource: 'pods', labels: template.metadata?.labels }] : [self];
}

interface Webhook {
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly rules?: readonly Rule[];
}

function webhooksOf({ webhooks }: Manifest): readonly Webhook[] {
  return webhooks ?? [];
}

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly operations: string[];
}

function covers(rule: Rule, { group, resource }: Target): boolean {
  const has = (list: string[], ...words: string[]) => words.some(word => list.includes(word));
  return (
    has(rule.operations, 'CREATE', '*') &&
    has(rule.apiGroups, group, '*') &&
    has(rule.resources, resource, '*', '*/*', `${resource}/*`)
  );
}
