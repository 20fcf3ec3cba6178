import type { OrderedNode } from '../../../constructs';
import { loadEnvironment } from '../../../environments';
import { checkGitops, type GitopsOptions, gitopsOutput } from '../../../stacks/gitops';
import { renderEnvironment } from '../../../stacks/platform';

const rendering = renderEnvironment(loadEnvironment('local'));
const given = {
  gitops: 'argocd',
  repoUrl: 'https://git.example.com/ml/clusters.git',
  revision: 'main',
  path: 'clusters/local',
};

function fixture(options: Partial<GitopsOptions> = {}, objects: readonly OrderedNode[] = rendering.objects) {
  const gitops = checkGitops({ ...given, secrets: 'external-secrets', secretStore: 'vault', ...options });
  const { output, values, units } = gitopsOutput({ ...rendering, objects }, gitops);
  const manifests = Object.values(output).flat();
  const externalSecret = (name: string, namespace: string) =>
    manifests.find(
      ({ kind, metadata }) => kind === 'ExternalSecret' && metadata.name === name && metadata.namespace === namespace,
    )!;
  return { manifests, values, units, externalSecret };
}

test('a copy reads where its source is, so that both are always equal', () => {
  const { externalSecret } = fixture();
  const ref = (name: string, namespace: string, key: string) =>
    externalSecret(name, namespace).spec.data.find((each: { secretKey: string }) => each.secretKey === key).remoteRef;

  const source = ref('minioaccess', 'team-vision', 'AWS_SECRET_ACCESS_KEY');

  expect(source).toEqual({ key: 'flowyard/local/team-vision/minioaccess/AWS_SECRET_ACCESS_KEY', property: 'value' });
  expect(ref('minio-key-tenant-team-vision', 'minio', 'secretKey')).toEqual(source);
});

test('another generation of keys has places of its own, and the Jobs that hand them out run again', () => {
  const job = (objects: readonly OrderedNode[]) =>
    fixture({}, objects).manifests.find(
      ({ kind, metadata }) => kind === 'Job' && metadata.name === 'minio-key-tenant-team-vision',
    )!.spec.template.metadata;
  const { platform, ...local } = loadEnvironment('local');
  const objectStore = { ...platform.objectStore, keyGeneration: '2026-11' };
  const { objects } = renderEnvironment({ ...local, platform: { ...platform, objectStore } });

  const [{ remoteRef }] = fixture({}, objects).externalSecret('minioaccess', 'team-vision').spec.data;
  expect(remoteRef.key).toBe('flowyard/local/team-vision/minioaccess/AWS_SECRET_ACCESS_KEY/2026-11');
  expect(job(objects).annotations).not.toEqual(job(rendering.objects).annotations);
});

test('what is no secret is written beside what is', () => {
  const { template } = fixture().externalSecret('minioaccess', 'team-vision').spec.target;

  expect(template).toMatchObject({
    type: 'Opaque',
    mergePolicy: 'Merge',
    data: { AWS_ACCESS_KEY_ID: 'tenant-team-vision' },
  });
});

test('no generated Secret is left, and none says how it is made', () => {
  expect(JSON.stringify(fixture().manifests)).not.toContain('flowyard.dev/generate');
});

test('each value is generated once into a place of its own, and never over one that is there', () => {
  const { manifests, values } = fixture();
  const pushes = manifests.filter(({ kind }) => kind === 'PushSecret');

  expect(values).toHaveLength(6);
  expect(pushes.map(({ spec }) => spec.data[0].match.remoteRef.remoteKey)).toEqual(values.map(({ key }) => key));
  for (const { spec } of pushes) expect(spec).toMatchObject({ updatePolicy: 'IfNotExists', deletionPolicy: 'None' });
  const lengths = manifests.filter(({ kind }) => kind === 'Password').map(({ spec }) => spec.length);
  expect(lengths).toEqual([20, 40]);
});

test('values are there before anything reads them, in another application or not', () => {
  const { units } = fixture();
  const before = units.find(({ name }) => name === 'generated-secrets')!;

  for (const { name, wave, objects } of units) {
    if (objects.some(({ manifest }) => manifest.kind === 'ExternalSecret')) {
      expect([name, wave]).toEqual([name, expect.any(Number)]);
      expect(wave).toBeGreaterThan(before.wave);
    }
  }
});

test('a store that others fill gets nothing', () => {
  const { manifests, values, externalSecret } = fixture({ generateSecrets: false, secretStore: 'SecretStore/team' });

  expect(manifests.filter(({ kind }) => ['Password', 'PushSecret'].includes(kind))).toEqual([]);
  expect(values).toContainEqual({ key: 'flowyard/local/minio/minio/rootPassword', length: 40 });
  expect(externalSecret('minio', 'minio').spec.secretStoreRef).toEqual({ kind: 'SecretStore', name: 'team' });
});

test('places in the store can be named as the store wants them', () => {
  const { values } = fixture({ secretKey: '{environment}-{namespace}-{name}-{key}' });

  expect(values.map(({ key }) => key)).toContain('local-minio-minio-rootUser');
});

test('text that looks like a template stays as it is', () => {
  const objects = rendering.objects.map(object =>
    object.id === 'minio/RootKey/Secret'
      ? {
          ...object,
          manifest: {
            ...object.manifest,
            metadata: {
              ...object.manifest.metadata,
              annotations: { 'flowyard.dev/generate': '{"name":{"plain":"{{ .x }}"}}' },
            },
          },
        }
      : object,
  );

  expect(fixture({}, objects).externalSecret('minio', 'minio').spec.target.template.data).toEqual({
    name: '{{ "{{ .x }}" }}',
  });
});

test('throws when two values would share a place', () => {
  expect(() => fixture({ secretKey: '{environment}/{name}' })).toThrow(
    "'--secret-key' must give each value a place of its own, but '{environment}/{name}' gives 'local/minio' to minio/minio/rootUser and minio/minio/rootPassword",
  );
});

test('throws when the platform has generated Secrets and no store is named', () => {
  expect(() => gitopsOutput(rendering, checkGitops(given))).toThrow(
    /'--secrets' is missing: the values of 8 Secrets are never rendered \(.*minio\/minio.*team-vision\/minioaccess.*\); .* --secrets external-secrets --secret-store NAME/,
  );
});
