import type { OrderedNode } from '../../../constructs';
import { loadEnvironment } from '../../../environments';
import { unitsOf } from '../../../stacks/gitops';

/** Objects given as `component/name: what it depends on`, dependencies first. */
function fixture(graph: Record<string, string[]>, kinds: Record<string, string> = {}) {
  const objects = Object.entries(graph).map(
    ([id, dependsOn]): OrderedNode => ({
      ...{ id, component: id.split('/')[0]!, dependsOn, wave: 0 },
      manifest: { apiVersion: 'v1', kind: kinds[id] ?? 'ConfigMap', metadata: { name: id } },
    }),
  );
  const components = [...new Set(objects.map(({ component }) => component))];
  return unitsOf({ environment: loadEnvironment('local'), components, objects, advice: [], warnings: [] }).map(
    ({ name, wave, dependsOn, objects: own }) => ({ name, wave, dependsOn, objects: own.map(({ id }) => id) }),
  );
}

test('a component is one unit, after those that it needs', () => {
  expect(fixture({ 'a/1': [], 'b/1': ['a/1'], 'b/2': [], 'c/1': ['b/1', 'a/1'] })).toEqual([
    { name: 'a', wave: 0, dependsOn: [], objects: ['a/1'] },
    { name: 'b', wave: 1, dependsOn: ['a'], objects: ['b/1', 'b/2'] },
    { name: 'c', wave: 2, dependsOn: ['b'], objects: ['c/1'] },
  ]);
});

test('components that need each other in both directions are cut into phases, others are not', () => {
  expect(
    fixture({ 'x/1': [], 'a/1': ['x/1'], 'b/1': ['a/1'], 'a/2': ['b/1'], 'b/2': ['b/1'], 'c/1': ['a/2'] }),
  ).toEqual([
    { name: 'x', wave: 0, dependsOn: [], objects: ['x/1'] },
    { name: 'a.1', wave: 1, dependsOn: ['x'], objects: ['a/1'] },
    { name: 'b', wave: 2, dependsOn: ['a.1'], objects: ['b/1', 'b/2'] },
    { name: 'a.2', wave: 3, dependsOn: ['b'], objects: ['a/2'] },
    { name: 'c', wave: 4, dependsOn: ['a.2'], objects: ['c/1'] },
  ]);
});

test('a longer circle of components is cut, too', () => {
  const units = fixture({ 'a/1': [], 'b/1': ['a/1'], 'c/1': ['b/1'], 'a/2': ['c/1'], 'b/2': ['a/2'] });

  expect(units.map(({ name }) => name)).toEqual(['a.1', 'b.1', 'c', 'a.2', 'b.2']);
});

test('a claim goes with the pods that use it', () => {
  const units = fixture(
    { 'a/claim': [], 'a/1': [], 'b/1': ['a/1'], 'a/pods': ['a/claim', 'b/1'] },
    { 'a/claim': 'PersistentVolumeClaim' },
  );

  expect(units.find(({ name }) => name === 'a.2')!.objects).toEqual(['a/claim', 'a/pods']);
});
