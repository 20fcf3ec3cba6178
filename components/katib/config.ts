import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { imageReference, plain, quantity } from '../../constructs';
import { algorithms, earlyStoppings, metricsCollectors } from './algorithms';
import { suggestionAccount } from './tuning-namespace';

/** Katib's settings, as the controller reads them. */
export interface KatibConfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly init: {
    readonly controller: {
      readonly webhookPort: number;
      readonly trialResources: readonly string[];
      readonly injectSecurityContext: boolean;
      readonly enableLeaderElection?: boolean;
      /** Address of the metrics. @default ':8080' */
      readonly metricsAddr?: string;
      /** Address of the probes. @default ':18080' */
      readonly healthzAddr?: string;
    };
  };
  readonly runtime: {
    readonly metricsCollectors: readonly object[];
    readonly suggestions: readonly object[];
    readonly earlyStoppings: readonly object[];
  };
}

/** Pod Security `restricted`. The images name no user: this is the one that upstream runs its other services as. */
const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The settings for experiments whose trials are of `trialResources`. `scope` finds the app's mirror of images. */
export function katibConfig(
  scope: Construct,
  options: { readonly webhookPort: number; readonly trialResources: readonly string[] },
): KatibConfig {
  return {
    apiVersion: 'config.kubeflow.org/v1beta1',
    kind: 'KatibConfig',
    init: {
      controller: {
        webhookPort: options.webhookPort,
        trialResources: options.trialResources,
        // The collector gets the security context of the trial's first container: without it, strict namespaces refuse it.
        injectSecurityContext: true,
      },
    },
    runtime: {
      metricsCollectors: Object.entries(metricsCollectors).map(([kind, service]) => ({
        kind,
        image: imageReference(scope, service.image),
        ...('memoryLimit' in service && { resources: memory(service.memoryLimit) }),
      })),
      suggestions: Object.entries(algorithms).map(([algorithmName, service]) => ({
        algorithmName,
        image: imageReference(scope, service.image),
        serviceAccountName: suggestionAccount,
        securityContext,
        ...('memoryLimit' in service && { resources: memory(service.memoryLimit) }),
        ...('sharedVolume' in service && { persistentVolumeClaimSpec: claim(service.sharedVolume) }),
      })),
      earlyStoppings: Object.entries(earlyStoppings).map(([algorithmName, service]) => ({
        algorithmName,
        image: imageReference(scope, service.image),
      })),
    },
  };
}

/** The settings as the ConfigMap holds them. */
export function configData(config: KatibConfig): Record<string, string> {
  return { 'katib-config.yaml': stringify(plain(config)) };
}

function memory(limit: string): object {
  return { limits: { memory: quantity(limit) } };
}

function claim(storage: string): object {
  return { accessModes: ['ReadWriteMany'], resources: { requests: { storage: quantity(storage) } } };
}
