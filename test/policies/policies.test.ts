import { loadEnvironment } from '../../environments';
import { eachObject, enforce, type Policy, PolicyViolations, policies } from '../../policies';
import type { Distribution } from '../../stacks/distribution';
import { renderEnvironment } from '../../stacks/platform';
import { assertPolicyFixtures } from '../../testing';

const local = loadEnvironment('local');
const { objects } = renderEnvironment(local);

/** A rule that nobody keeps. */
const noConfig: Policy = {
  id: 'no-config',
  severity: 'mandatory',
  reason: 'for this test',
  fix: 'remove it',
  check: eachObject(({ kind, metadata }) => (kind === 'ConfigMap' ? [`'${metadata.name}' is a ConfigMap`] : [])),
  fixtures: {
    good: [[]],
    bad: [[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }]],
  },
};

test.each(policies.map(policy => [policy.id, policy] as const))('%s tells good from bad', (_, policy) => {
  assertPolicyFixtures(policy);
});

test.each(['local', 'full'])('%s keeps all of them', name => {
  expect(renderEnvironment(loadEnvironment(name)).advice).toEqual([]);
});

test('every policy is tried on an object of the platform', () => {
  const spoilt = objects.map(node => ({ ...node, manifest: structuredClone(node.manifest) }));
  for (const { manifest } of spoilt) {
    const pod = manifest.spec?.template?.spec;
    if (pod) pod.hostNetwork = true;
    for (const container of pod?.containers ?? []) container.image = 'server';
    for (const rule of manifest.rules ?? []) rule.verbs = ['*'];
    if (manifest.kind === 'Secret') Object.assign(manifest, { data: { key: 'dmFsdWU=' } });
    if (manifest.metadata.name === 'default-deny') manifest.spec.policyTypes = ['Ingress'];
  }

  const found = (() => {
    try {
      return enforce(spoilt);
    } catch (error) {
      return (error as PolicyViolations).findings;
    }
  })();

  expect([...new Set(found.map(({ policy }) => policy))].sort()).toEqual(policies.map(({ id }) => id).sort());
});

test('throws when a mandatory policy is broken, naming object, fix and policy', () => {
  expect(() => renderEnvironment(local, { policies: [noConfig] })).toThrow(PolicyViolations);
  expect(() => renderEnvironment(local, { policies: [noConfig] })).toThrow(
    "minio/Provisioning/ConfigMap: 'minio' is a ConfigMap; remove it (policy 'no-config')",
  );
});

test('an advisory policy is told and does not stop', () => {
  const { advice } = renderEnvironment(local, { policies: [{ ...noConfig, severity: 'advisory' }] });

  expect(advice).toContainEqual({
    policy: 'no-config',
    object: 'minio/Provisioning/ConfigMap',
    message: "'minio' is a ConfigMap",
    fix: 'remove it',
  });
});

test('an exception holds for its object and policy only', () => {
  const exceptions = [{ policy: 'no-config', object: 'minio/Provisioning/ConfigMap', reason: 'it is a script' }];

  const advisory: Distribution = { policies: [{ ...noConfig, severity: 'advisory' }] };
  const told = (distribution: Distribution) => renderEnvironment(local, distribution).advice.map(each => each.object);

  const without = told(advisory);

  expect(without).toContain('minio/Provisioning/ConfigMap');
  expect(told({ ...advisory, exceptions })).toEqual(without.filter(path => path !== 'minio/Provisioning/ConfigMap'));
});

test('throws when an exception names no policy', () => {
  const exceptions = [{ policy: 'pinned-image', object: 'minio/Server/Deployment', reason: 'none' }];

  expect(() => renderEnvironment(local, { exceptions })).toThrow(
    "'exceptions' for 'minio/Server/Deployment' must name one of the policies 'pinned-images'",
  );
});

test('throws when two policies have one id', () => {
  expect(() => renderEnvironment(local, { policies: [noConfig, noConfig] })).toThrow("got 'no-config' twice");
});
