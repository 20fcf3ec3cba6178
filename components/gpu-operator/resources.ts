import { CustomResource, schema as s } from '../../constructs';
import { clusterPolicySpec } from './schema/cluster-policy';
import { nvidiaDriverSpec } from './schema/driver';
import { gpuClusterSpec } from './schema/gpu-cluster';
import { nodeFeatureGroupSpec, nodeFeatureRuleSpec, nodeFeatureSpec } from './schema/node-feature';

const group = 'nvidia.com';
const features = 'nfd.k8s-sigs.io';
const age = (type: 'string' | 'date') => ({ name: 'Age', type, jsonPath: '.metadata.creationTimestamp' }) as const;
const state = { name: 'Status', type: 'string', jsonPath: '.status.state' } as const;

const status = (...states: string[]) =>
  s.object({
    conditions: s.optional(s.list(s.condition())),
    namespace: s.optional(s.text()),
    state: s.oneOf(states),
  });

/** What the operator runs on nodes with accelerators: one in a cluster. */
export const ClusterPolicy = new CustomResource({
  group,
  kind: 'ClusterPolicy',
  plural: 'clusterpolicies',
  scope: 'Cluster',
  versions: [
    {
      name: 'v1',
      storage: true,
      schema: s.allOptional({ spec: clusterPolicySpec(), status: status('ignored', 'ready', 'notReady') }),
      subresources: { status: {} },
      columns: [state, age('string')],
    },
  ],
});

/** A driver for some nodes, where not all get the same. */
export const NvidiaDriver = new CustomResource({
  group,
  kind: 'NVIDIADriver',
  plural: 'nvidiadrivers',
  shortNames: ['nvd', 'nvdriver', 'nvdrivers'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.allOptional({
        spec: nvidiaDriverSpec(),
        status: status('ignored', 'ready', 'notReady', 'disabled'),
      }),
      subresources: { status: {} },
      columns: [state, { name: 'Default', type: 'boolean', jsonPath: '.spec.default' }, age('string')],
    },
  ],
});

/** In place of a ClusterPolicy, where devices are claimed (DRA). Nothing is made of it here: the operator watches it. */
export const GpuCluster = new CustomResource({
  group,
  kind: 'GPUCluster',
  plural: 'gpuclusters',
  shortNames: ['gc'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.allOptional(
        { spec: gpuClusterSpec(), status: status('ready', 'notReady', 'disabled') },
        {
          rules: [
            {
              message: "GPUCluster is a singleton, metadata.name must be 'gpu-cluster'",
              rule: "self.metadata.name == 'gpu-cluster'",
            },
          ],
        },
      ),
      subresources: { status: {} },
      columns: [state, age('date')],
    },
  ],
});

/** What is found on a node. */
export const NodeFeature = new CustomResource({
  group: features,
  kind: 'NodeFeature',
  plural: 'nodefeatures',
  scope: 'Namespaced',
  versions: [{ name: 'v1alpha1', storage: true, schema: s.object({ spec: nodeFeatureSpec() }) }],
});

/** Nodes with features in common. */
export const NodeFeatureGroup = new CustomResource({
  group: features,
  kind: 'NodeFeatureGroup',
  plural: 'nodefeaturegroups',
  shortNames: ['nfg'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      schema: s.object({
        spec: nodeFeatureGroupSpec(),
        status: s.optional(
          s.allOptional({ nodes: s.list(s.object({ name: s.text() }), { listType: 'map', keys: ['name'] }) }),
        ),
      }),
      subresources: { status: {} },
    },
  ],
});

/** Labels, taints and more for nodes with certain features. */
export const NodeFeatureRule = new CustomResource({
  group: features,
  kind: 'NodeFeatureRule',
  plural: 'nodefeaturerules',
  shortNames: ['nfr'],
  scope: 'Cluster',
  versions: [{ name: 'v1alpha1', storage: true, schema: s.object({ spec: nodeFeatureRuleSpec() }) }],
});

/** Every kind that the operator and node feature discovery know. */
export const gpuOperatorKinds = [
  ClusterPolicy,
  NvidiaDriver,
  GpuCluster,
  NodeFeature,
  NodeFeatureGroup,
  NodeFeatureRule,
] as const;
