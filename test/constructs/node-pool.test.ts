import {
  gpuLimits,
  gpuResource,
  gpusPerNode,
  gpuWords,
  type NodePool,
  placeOn,
  poolLabels,
  poolTaints,
} from '../../constructs';

const gpu: NodePool = { name: 'gpu-l4', nodes: 2, cpu: 16, memory: '64Gi', gpu: { type: 'nvidia-l4', count: 4 } };
const cpu: NodePool = { name: 'cpu', nodes: 2, cpu: 8, memory: '32Gi' };

test('what is placed on a pool selects its label and tolerates its taint', () => {
  const { nodeSelector, tolerations } = placeOn(gpu);

  expect(poolLabels(gpu)).toMatchObject(nodeSelector);
  expect(tolerations).toEqual(poolTaints(gpu).map(taint => ({ operator: 'Equal', ...taint })));
});

test('a pool without accelerators has no taint', () => {
  expect(poolTaints(cpu)).toEqual([]);
  expect(placeOn(cpu)).toEqual({ nodeSelector: { 'flowyard.dev/pool': 'cpu' } });
});

test('accelerators are asked for by the resource of the pool', () => {
  const amd: NodePool = { ...gpu, gpu: { type: 'mi300x', count: 8, resource: 'amd.com/gpu' } };

  expect(gpuLimits(gpu, 2)).toEqual({ 'nvidia.com/gpu': '2' });
  expect(gpuLimits(amd, 8)).toEqual({ [gpuResource(amd)!]: '8' });
});

const whole = { type: 'nvidia-a100-80gb', count: 8 };
const cut: NodePool = { ...gpu, name: 'cut', gpu: { ...whole, mig: '1g.10gb' } };
const shared: NodePool = { ...gpu, name: 'shared', gpu: { ...whole, sharing: { strategy: 'mps', clients: 4 } } };
const both: NodePool = { ...gpu, name: 'both', gpu: { ...cut.gpu!, sharing: { strategy: 'timeSlicing', clients: 2 } } };

test.each([
  [gpu, 4, '4 × nvidia-l4'],
  [cut, 56, '8 × nvidia-a100-80gb as 56 × 1g.10gb'],
  [shared, 32, '8 × nvidia-a100-80gb, each for 4 pods'],
  [both, 112, '8 × nvidia-a100-80gb as 56 × 1g.10gb, each for 2 pods'],
])('a node has devices, instances or shares, %#', (pool, count, words) => {
  expect(gpusPerNode(pool)).toBe(count);
  expect(gpuWords(pool.gpu!)).toBe(words);
});

test('pods of a cut pool ask for instances by the name of devices', () => {
  expect(gpuLimits(cut, 56)).toEqual({ 'nvidia.com/gpu': '56' });
  expect(poolLabels(cut)).toMatchObject({ 'nvidia.com/mig.config': 'all-1g.10gb' });
});

test('who can bear that nodes are taken back says so by the pool', () => {
  const spot: NodePool = { ...gpu, spot: true };

  expect(poolTaints(spot).map(({ key }) => key)).toEqual(['nvidia.com/gpu', 'flowyard.dev/spot']);
  expect(placeOn(spot).tolerations!.map(({ key }) => key)).toEqual(['nvidia.com/gpu', 'flowyard.dev/spot']);
  expect(poolTaints({ ...cpu, spot: true })).toHaveLength(1);
});

test.each([
  [shared, 2, "'count' must be 1 on pool 'shared', got 2"],
  [cut, 57, "'count' must be a whole number from 1 to 56 on pool 'cut', got 57"],
  [gpu, 5, "'count' must be a whole number from 1 to 4 on pool 'gpu-l4', got 5"],
  [gpu, 0, "'count' must be a whole number from 1 to 4 on pool 'gpu-l4', got 0"],
  [cpu, 1, "'gpu' of pool 'cpu' must be set for pods that ask for accelerators, got none"],
])('throws when a node of the pool cannot give that many', (pool, count, message) => {
  expect(() => gpuLimits(pool, count)).toThrow(message);
});
