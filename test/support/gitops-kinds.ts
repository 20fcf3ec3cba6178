import { CustomResource, schema as s } from '../../constructs';

/** What we write of the kinds of Argo CD, Flux and the External Secrets Operator, as their CRDs have it. */

const duration = () => s.text({ pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' });
const objectName = () =>
  s.text({
    ...{ minLength: 1, maxLength: 253 },
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  });
const optional = s.optional;

const Application = new CustomResource({
  group: 'argoproj.io',
  kind: 'Application',
  plural: 'applications',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.object({
        spec: s.object({
          project: s.text(),
          source: s.object({
            repoURL: s.text(),
            targetRevision: optional(s.text()),
            path: optional(s.text()),
          }),
          destination: s.object({ server: optional(s.text()), namespace: optional(s.text()) }),
          syncPolicy: s.allOptional({
            automated: s.allOptional({ prune: s.bool(), selfHeal: s.bool(), allowEmpty: s.bool() }),
            retry: s.allOptional({
              limit: s.int64(),
              backoff: s.allOptional({ duration: s.text(), factor: s.int64(), maxDuration: s.text() }),
            }),
            syncOptions: s.list(s.text()),
          }),
          ignoreDifferences: optional(
            s.list(
              s.object({
                group: optional(s.text()),
                kind: s.text(),
                name: optional(s.text()),
                namespace: optional(s.text()),
                jsonPointers: optional(s.list(s.text())),
                jqPathExpressions: optional(s.list(s.text())),
                managedFieldsManagers: optional(s.list(s.text())),
              }),
            ),
          ),
        }),
      }),
    },
  ],
});

const Kustomization = new CustomResource({
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      schema: s.object({
        spec: s.object({
          interval: duration(),
          retryInterval: optional(duration()),
          timeout: optional(duration()),
          prune: s.bool(),
          wait: optional(s.bool()),
          path: optional(s.text()),
          sourceRef: s.object({
            kind: s.oneOf(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']),
            name: s.text(),
            namespace: optional(s.text()),
          }),
          dependsOn: optional(s.list(s.object({ name: s.text(), namespace: optional(s.text()) }))),
          healthCheckExprs: optional(
            s.list(
              s.object({
                apiVersion: s.text(),
                kind: s.text(),
                current: s.text(),
                failed: optional(s.text()),
                inProgress: optional(s.text()),
              }),
            ),
          ),
        }),
      }),
    },
  ],
});

const GitRepository = new CustomResource({
  group: 'source.toolkit.fluxcd.io',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      schema: s.object({
        spec: s.object({
          interval: duration(),
          url: s.text({ pattern: '^(http|https|ssh)://.*$' }),
          ref: optional(
            s.allOptional({ branch: s.text(), tag: s.text(), semver: s.text(), name: s.text(), commit: s.text() }),
          ),
          secretRef: optional(s.object({ name: s.text() })),
        }),
      }),
    },
  ],
});

const storeKind = () => s.oneOf(['SecretStore', 'ClusterSecretStore']);

const ExternalSecret = new CustomResource({
  group: 'external-secrets.io',
  kind: 'ExternalSecret',
  plural: 'externalsecrets',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      schema: s.object({
        spec: s.object({
          refreshInterval: optional(s.text()),
          secretStoreRef: s.object({ kind: storeKind(), name: objectName() }),
          target: s.object({
            name: objectName(),
            template: s.object({
              type: optional(s.text()),
              mergePolicy: s.oneOf(['Replace', 'Merge']),
              metadata: s.allOptional({ labels: s.map(s.text()) }),
              data: optional(s.map(s.text())),
            }),
          }),
          data: s.list(
            s.object({
              secretKey: s.text({ minLength: 1, maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' }),
              remoteRef: s.object({ key: s.text(), property: optional(s.text()) }),
            }),
          ),
        }),
      }),
    },
  ],
});

const PushSecret = new CustomResource({
  group: 'external-secrets.io',
  kind: 'PushSecret',
  plural: 'pushsecrets',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.object({
        spec: s.object({
          refreshInterval: optional(s.text()),
          updatePolicy: s.oneOf(['Replace', 'IfNotExists']),
          deletionPolicy: s.oneOf(['Delete', 'None']),
          secretStoreRefs: s.list(s.object({ kind: storeKind(), name: objectName() })),
          selector: s.object({ generatorRef: s.object({ kind: s.oneOf(['Password']), name: objectName() }) }),
          data: s.list(
            s.object({
              match: s.object({
                secretKey: s.text(),
                remoteRef: s.object({ remoteKey: s.text(), property: optional(s.text()) }),
              }),
            }),
          ),
        }),
      }),
    },
  ],
});

const Password = new CustomResource({
  group: 'generators.external-secrets.io',
  kind: 'Password',
  plural: 'passwords',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.object({
        spec: s.object({
          length: s.integer(),
          digits: optional(s.integer()),
          symbols: optional(s.integer()),
          symbolCharacters: optional(s.text()),
          noUpper: s.bool(),
          allowRepeat: s.bool(),
        }),
      }),
    },
  ],
});

export const gitopsKinds = [Application, Kustomization, GitRepository, ExternalSecret, PushSecret, Password];
