import type { Manifest } from '../constructs';
import type { Rendering } from './render';

/** What had to be changed for a cluster whose pods are simulated. */
export interface Simulation {
  readonly rendering: Rendering;

  /** Webhooks that are validated but not called. */
  readonly silencedWebhooks: number;

  /** CRDs whose objects are not converted between versions. */
  readonly unconvertedCrds: number;

  /** APIServices that are left out. */
  readonly leftOut: readonly string[];
}

const neverCalled = { name: 'simulated-pods-cannot-answer.flowyard.dev', expression: 'false' };

/**
 * A rendering for a control plane whose pods do not really run, so that nothing answers the API server. Webhooks stay,
 * with a condition that is never true; CRDs convert by `None`; APIServices would block the deletion of every namespace.
 */
export function simulate(rendering: Rendering): Simulation {
  let silencedWebhooks = 0;
  let unconvertedCrds = 0;
  const leftOut = rendering.objects.filter(({ manifest }) => manifest.kind === 'APIService').map(({ id }) => id);
  const adapt = (manifest: Manifest): Manifest => {
    if (['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].includes(manifest.kind)) {
      silencedWebhooks += manifest.webhooks.length;
      const webhooks = manifest.webhooks.map((webhook: { matchConditions?: object[] }) => ({
        ...webhook,
        matchConditions: [...(webhook.matchConditions ?? []), neverCalled],
      }));
      return { ...manifest, webhooks };
    }
    if (manifest.kind === 'CustomResourceDefinition' && manifest.spec.conversion?.strategy === 'Webhook') {
      unconvertedCrds += 1;
      return { ...manifest, spec: { ...manifest.spec, conversion: { strategy: 'None' } } };
    }
    return manifest;
  };
  const objects = rendering.objects
    .filter(({ id }) => !leftOut.includes(id))
    .map(object => ({
      ...object,
      manifest: adapt(object.manifest),
      dependsOn: object.dependsOn.filter(id => !leftOut.includes(id)),
    }));
  return { rendering: { ...rendering, objects }, silencedWebhooks, unconvertedCrds, leftOut };
}
