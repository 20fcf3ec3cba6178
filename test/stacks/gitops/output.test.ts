import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../../constructs';
import { loadEnvironment } from '../../../environments';
import { checkGitops, type GitopsOptions, gitopsOutput, writeOutput } from '../../../stacks/gitops';
import { renderEnvironment } from '../../../stacks/platform';
import { gitopsKinds } from '../../support/gitops-kinds';

const rendering = renderEnvironment(loadEnvironment('local'));

function fixture(options: Partial<GitopsOptions> = {}) {
  const gitops = checkGitops({
    gitops: 'argocd',
    repoUrl: 'https://git.example.com/ml/clusters.git',
    revision: 'main',
    path: 'clusters/local',
    secrets: 'external-secrets',
    secretStore: 'vault',
    ...options,
  });
  const made = gitopsOutput(rendering, gitops);
  const manifests = Object.values(made.output).flat();
  const find = (kind: string, name: string, namespace?: string) =>
    manifests.find(
      ({ kind: own, metadata }) =>
        own === kind && metadata.name === name && (!namespace || metadata.namespace === namespace),
    )!;
  return { ...made, manifests, find };
}

const optionsOf = ({ metadata }: Manifest) => metadata.annotations?.['argocd.argoproj.io/sync-options'];
const waveOf = ({ metadata }: Manifest) => Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);

describe.each(['argocd', 'flux'] as const)('for %s', gitops => {
  test('every object of the platform is written once', () => {
    const { output } = fixture({ gitops });
    const key = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace}/${metadata.name}`;
    const written = Object.entries(output)
      .filter(([file]) => file.startsWith('objects/') && !file.startsWith('objects/generated-secrets'))
      .flatMap(([, manifests]) => manifests.map(key));

    const rendered = rendering.objects.map(({ manifest }) =>
      key(
        manifest.metadata.annotations?.['flowyard.dev/generate'] ? { ...manifest, kind: 'ExternalSecret' } : manifest,
      ),
    );
    expect(written.sort()).toEqual(rendered.sort());
  });

  test('a unit depends on earlier ones only, so that no two wait for each other', () => {
    const seen = new Set<string>();
    for (const { name, dependsOn } of fixture({ gitops }).units) {
      expect(dependsOn.filter(each => !seen.has(each))).toEqual([]);
      seen.add(name);
    }
    expect(seen.size).toBeGreaterThan(7);
  });

  test('objects of the controller and of the secrets operator fit their schemas', () => {
    const checked = fixture({ gitops }).manifests.flatMap(manifest => {
      const type = gitopsKinds.find(
        ({ apiVersion, props }) => apiVersion === manifest.apiVersion && props.kind === manifest.kind,
      );
      return type ? [[manifest.metadata.name, type.check(manifest)]] : [];
    });

    expect(checked.length).toBeGreaterThan(15);
    expect(checked.filter(([, problems]) => problems!.length > 0)).toEqual([]);
  });

  test('the same settings make the same bytes, and an older output is replaced', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flowyard-gitops-'));
    const read = () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(file => file.endsWith('.yaml'))
        .sort()
        .map(file => [file, readFileSync(join(folder, file), 'utf8')]);
    writeOutput(fixture({ gitops }).output, folder);
    const before = read();
    writeFileSync(join(folder, `${gitops === 'argocd' ? 'applications' : 'kustomizations'}/gone.yaml`), '');
    writeFileSync(join(folder, 'mine.yaml'), '');

    writeOutput(fixture({ gitops }).output, folder);

    const after = read();
    rmSync(folder, { recursive: true });
    expect(after.filter(([file]) => file !== 'mine.yaml')).toEqual(before);
    expect(after).toHaveLength(before.length + 1);
    for (const [, text] of after)
      for (const each of parseAllDocuments(text!)) expect(each).toMatchObject({ errors: [] });
  });
});

describe('Argo CD', () => {
  test('within an application, objects come in the order of the graph', () => {
    const { find } = fixture();

    const order = [
      find('Namespace', 'cert-manager'),
      find('ServiceAccount', 'cert-manager-webhook'),
      find('RoleBinding', 'cert-manager-webhook:dynamic-serving'),
      find('Deployment', 'cert-manager-webhook'),
      find('ValidatingWebhookConfiguration', 'cert-manager-webhook'),
      find('ClusterIssuer', 'kubeflow-self-signing-issuer'),
    ].map(waveOf);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('applications come in the order of their components', () => {
    const { find } = fixture();
    const wave = (name: string) => waveOf(find('Application', `local-${name}`));

    expect(wave('kubeflow')).toBeLessThan(wave('training-operator'));
    expect(wave('generated-secrets')).toBeLessThan(wave('minio'));
    expect(wave('minio')).toBeLessThan(wave('tenant-team-vision'));
  });

  test('a claim is in the wave of its pods, since it may be bound only when they ask for it', () => {
    const { find } = fixture();

    expect(waveOf(find('PersistentVolumeClaim', 'minio'))).toBe(waveOf(find('Deployment', 'minio')));
  });

  test('what holds data is neither pruned nor deleted, nor is the application with it', () => {
    const { find } = fixture();

    for (const object of [
      find('PersistentVolumeClaim', 'minio'),
      find('Namespace', 'minio'),
      find('Namespace', 'team-vision'),
      find('Profile', 'team-vision'),
      find('CustomResourceDefinition', 'profiles.kubeflow.org'),
    ]) {
      expect(optionsOf(object)).toBe('Prune=false,Delete=false');
    }
    expect(optionsOf(find('Application', 'local-tenant-team-vision'))).toBe('Prune=false');
    expect(optionsOf(find('Application', 'local-training-operator'))).toBeUndefined();
    expect(optionsOf(find('Namespace', 'cert-manager'))).toBeUndefined();
  });

  test('a Job is made anew when it changes', () => {
    expect(optionsOf(fixture().find('Job', 'minio-post-job'))).toBe('Force=true,Replace=true');
  });

  test('what controllers write is no difference', () => {
    const { find } = fixture();

    expect(find('Application', 'local-kubeflow').spec.ignoreDifferences).toContainEqual({
      group: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'kubeflow-edit',
      jsonPointers: ['/rules'],
    });
    expect(find('Application', 'local-cert-manager').spec.ignoreDifferences).toContainEqual({
      group: 'admissionregistration.k8s.io',
      kind: 'ValidatingWebhookConfiguration',
      name: 'cert-manager-webhook',
      jsonPointers: ['/webhooks/0/clientConfig/caBundle'],
    });
  });

  test('its settings make the waves of applications wait', () => {
    const { data } = fixture().find('ConfigMap', 'argocd-cm');

    expect(Object.keys(data)).toEqual(['resource.customizations.health.argoproj.io_Application']);
  });
});

describe('Flux', () => {
  test('a Kustomization waits for those before it, and for what is in it', () => {
    const { find } = fixture({ gitops: 'flux' });

    expect(find('Kustomization', 'local-cert-manager.3').spec).toMatchObject({
      wait: true,
      dependsOn: [{ name: 'local-cert-manager.2' }],
      path: './clusters/local/objects/cert-manager.3',
    });
  });

  test('pods, webhooks and what these guard have a Kustomization each', () => {
    const { output } = fixture({ gitops: 'flux' });
    const kinds = (file: string) => [...new Set(output[`objects/${file}/objects.yaml`]!.map(({ kind }) => kind))];

    expect(kinds('cert-manager.1')).toContain('NetworkPolicy');
    expect(kinds('cert-manager.2')).toEqual(['Deployment']);
    expect(kinds('cert-manager.3')).toEqual(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);
    expect(kinds('cert-manager.4')).toEqual(['ClusterIssuer']);
  });

  test('a custom resource without a status is not ready yet', () => {
    expect(fixture({ gitops: 'flux' }).find('Kustomization', 'local-cert-manager.4').spec.healthCheckExprs).toEqual([
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'ClusterIssuer',
        current: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
      },
    ]);
  });

  test('what holds data is not pruned, and a Job is made anew', () => {
    const { find } = fixture({ gitops: 'flux' });
    const annotations = (kind: string, name: string) => find(kind, name).metadata.annotations;

    expect(annotations('PersistentVolumeClaim', 'minio')).toEqual({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    expect(annotations('Kustomization', 'local-tenant-team-vision.1')).toEqual({
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    });
    expect(annotations('Job', 'minio-post-job')).toEqual({ 'kustomize.toolkit.fluxcd.io/force': 'enabled' });
  });

  test.each([
    ['main', { branch: 'main' }],
    ['refs/tags/v1', { tag: 'v1' }],
    ['0123456789abcdef0123456789abcdef01234567', { commit: '0123456789abcdef0123456789abcdef01234567' }],
  ])('revision %s is followed', (revision, ref) => {
    const { find } = fixture({ gitops: 'flux', revision, repoSecret: 'git' });

    expect(find('GitRepository', 'flowyard-local').spec).toMatchObject({ ref, secretRef: { name: 'git' } });
  });
});
