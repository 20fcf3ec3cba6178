import { collect } from '../../engine/deploy/collect';
import { loadEnvironment } from '../../environments';
import { type Layer, layers, onlyLayer, stackName } from '../../stacks/layers';
import { deployPlatform, renderFor } from '../../stacks/program';

const rendering = renderFor(loadEnvironment('local'));

/** What the program of a layer registers. */
function fixture(layer?: Layer) {
  return collect({ stack: 'local', project: 'flowyard', program: () => deployPlatform(rendering, {}, layer) });
}

test('a stack is named after its environment, or its environment and a layer', () => {
  expect(stackName('prod')).toEqual({ environment: 'prod' });
  expect(stackName('prod.tenants')).toEqual({ environment: 'prod', layer: 'tenants' });
});

test.each(['prod.tenant', 'prod.', 'prod.platform.x'])("throws when a stack is named '%s'", stack => {
  expect(() => stackName(stack)).toThrow("'prod.platform', 'prod.tenants' for a layer");
});

test('every object is in one layer, and its order within it is kept', () => {
  const parts = layers.map(layer => onlyLayer(rendering, layer).objects);

  expect(
    parts
      .flat()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(rendering.objects.map(({ id }) => id).sort());
  for (const part of parts) {
    const seen = new Set<string>();
    for (const { id, dependsOn } of part) {
      expect(dependsOn.filter(each => !seen.has(each))).toEqual([]);
      seen.add(id);
    }
  }
});

test('the platform layer makes no keys of tenants, and hands its own on as secrets', async () => {
  const { resources, generated, outputs } = await fixture('platform');

  expect(resources.map(({ component }) => component)).not.toContain('tenant-team-vision');
  const keys = Object.keys(outputs.generated);
  expect(keys).toContain('minio/minio/rootPassword');
  expect(keys.filter(key => key.includes('tenant') || key.includes('team-'))).toEqual([]);
  const made = [...generated.used.values()].map(each => each.outputs.result);
  expect(made).toEqual(expect.arrayContaining(Object.values(outputs.generated)));
});
