import type { Stack, StepEventMetadata } from '@pulumi/pulumi/automation';
import { changesOf } from '../../../engine/pulumi';
import { failureOf } from '../../../engine/pulumi/failure';
import { protectedResources } from '../../../engine/pulumi/protection';
import { withPendingCreates } from '../../../engine/pulumi/recovery';

// What the real engine says, as CLI 3.260 with the Kubernetes provider 4.32 said it, and what users are told.

const urn =
  'urn:pulumi:local::flowyard::flowyard:index:Component$kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::a/TFJobCrd';

test('a step tells its fields, from what to what', () => {
  const state = (inputs: object) => ({ inputs }) as StepEventMetadata['old'];
  const step = {
    detailedDiff: {
      'spec.replicas': { diffKind: 'update', inputDiff: false },
      'metadata.labels["app.kubernetes.io/part-of"]': { diffKind: 'add', inputDiff: false },
    },
    old: state({ spec: { replicas: 3 }, metadata: {} }),
    new: state({ spec: { replicas: 1 }, metadata: { labels: { 'app.kubernetes.io/part-of': 'kubeflow' } } }),
  } as unknown as StepEventMetadata;

  expect(changesOf(step)).toEqual([
    { path: 'spec.replicas', before: 3, after: 1 },
    { path: 'metadata.labels["app.kubernetes.io/part-of"]', before: undefined, after: 'kubeflow' },
  ]);
  expect(changesOf({ ...step, detailedDiff: undefined })).toEqual([]);
});

test.each([
  [
    'the lock of another run, who holds it and how to lift it',
    'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///s/.pulumi/locks/x.json: created by root@host (pid 7) at 2026-11-25T03:12:00Z',
    "stack 'local' is being changed by root@host (pid 7) at 2026-11-25T03:12:00Z",
    '`pulumi cancel --stack local`',
  ],
  [
    'an object that exists, once, and how to take it over',
    `  kubernetes:v1:ConfigMap a  error: resource "${urn}" was not successfully created by the Kubernetes API server: tfjobs.kubeflow.org already exists\n  Diagnostics:\n    error: resource "${urn}" was not successfully created by the Kubernetes API server: tfjobs.kubeflow.org already exists`,
    `stack 'local': resource "${urn}" was not successfully created by the Kubernetes API server: tfjobs.kubeflow.org already exists`,
    '--adopt',
  ],
  [
    'a missing passphrase',
    'error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables',
    "stack 'local': getting secrets manager: passphrase must be set",
    'PULUMI_CONFIG_PASSPHRASE',
  ],
])('a failure tells %s', (_, text, message, remedy) => {
  const failure = failureOf(new Error(text), 'local');

  expect(failure.message.slice(0, message.length)).toBe(message);
  expect(failure.message.match(/already exists/g) ?? []).toHaveLength(text.includes('already exists') ? 1 : 0);
  expect(failure.next).toContain(remedy);
});

test('what a stack protects is named as it is acknowledged', async () => {
  const resources = [
    { urn: 'urn:a', protect: true, inputs: { kind: 'Profile', metadata: { name: 'team-vision' } } },
    {
      urn: 'urn:b',
      protect: true,
      inputs: { kind: 'PersistentVolumeClaim', metadata: { name: 'minio', namespace: 'minio' } },
    },
    { urn: 'urn:c', protect: false, inputs: { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } } },
    { urn: 'urn:d', protect: true },
  ];
  const stack = { exportStack: async () => ({ deployment: { resources } }) } as unknown as Stack;

  expect(await protectedResources(stack)).toEqual([
    { urn: 'urn:a', name: 'Profile/team-vision' },
    { urn: 'urn:b', name: 'PersistentVolumeClaim/minio/minio' },
  ]);
});

test('what a killed run was creating is noted as made, by name, and nothing else of its state moves', () => {
  const claim = { urn: 'urn:claim', type: 'kubernetes:core/v1:PersistentVolumeClaim', id: '' };
  const state = {
    manifest: { version: 'v3.260.0' },
    resources: [{ urn: 'urn:stack', type: 'pulumi:pulumi:Stack' }],
    pending_operations: [
      { type: 'creating', resource: { ...claim, inputs: { metadata: { name: 'minio', namespace: 'minio' } } } },
      { type: 'creating', resource: { urn: 'urn:password', type: 'random:index/randomPassword:RandomPassword' } },
      { type: 'deleting', resource: { urn: 'urn:old', type: 'kubernetes:core/v1:ConfigMap' } },
    ],
  };

  const recovered = withPendingCreates(state)!;

  const inputs = { metadata: { name: 'minio', namespace: 'minio' } };
  expect(recovered.count).toBe(1);
  expect(recovered.state).toEqual({
    manifest: state.manifest,
    pending_operations: [],
    resources: [...state.resources, { ...claim, id: 'minio/minio', inputs, outputs: inputs }],
  });
  expect(withPendingCreates({ ...state, pending_operations: [] })).toBeUndefined();
  expect(withPendingCreates(undefined)).toBeUndefined();
});
