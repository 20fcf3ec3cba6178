import { gpuLimits, gpuResource, type NodePool, placeOn, poolLabels, poolTaints } from '../../constructs';

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

test.each([
  [gpu, 5, "'count' must be a whole number from 1 to 4 on pool 'gpu-l4', got 5"],
  [gpu, 0, "'count' must be a whole number from 1 to 4 on pool 'gpu-l4', got 0"],
  [cpu, 1, "'gpu' of pool 'cpu' must be set for pods that ask for accelerators, got none"],
])('throws when a node of the pool cannot give that many', (pool, count, message) => {
  expect(() => gpuLimits(pool, count)).toThrow(message);
});
