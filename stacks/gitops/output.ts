import { keptObjects } from '../protection';
import type { Rendering } from '../render';
import { argocd } from './argocd';
import { generatedSecrets, withExternalSecrets } from './external-secrets';
import type { Output } from './files';
import { flux, splitsForFlux } from './flux';
import { type Gitops, InvalidGitops } from './options';
import type { StoredValue } from './secret-generation';
import { type Unit, unitsOf } from './units';

/** What goes into the repository, and what it takes. */
export interface GitopsOutput {
  readonly output: Output;

  /** In the order in which they are applied. */
  readonly units: readonly Unit[];

  /** Values that the store must have or get. */
  readonly values: readonly StoredValue[];
}

/**
 * Renders an environment for a GitOps controller. Pure: same rendering and settings, same bytes.
 *
 * @throws InvalidGitops when the platform has generated Secrets and no store is named
 */
export function gitopsOutput(rendering: Rendering, gitops: Gitops): GitopsOutput {
  const generated = generatedSecrets(rendering);
  if (generated.length > 0 && !gitops.secrets) {
    throw new InvalidGitops([
      `'--secrets' is missing: the values of ${generated.length} Secrets are never rendered (${generated.join(', ')}); ` +
        'read them from a store of the External Secrets Operator with --secrets external-secrets --secret-store NAME',
    ]);
  }
  const { rendering: complete, values } = gitops.secrets
    ? withExternalSecrets(rendering, gitops.secrets)
    : { rendering, values: [] };
  const { name } = rendering.environment;
  const kept = keptObjects(complete.objects);
  if (gitops.flavour === 'argocd') {
    const units = unitsOf(complete);
    return { output: argocd(name, units, kept, gitops), units, values };
  }
  const units = unitsOf(complete, splitsForFlux);
  return { output: flux(name, units, kept, gitops), units, values };
}
