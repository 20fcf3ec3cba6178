import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvironment } from '../../environments';
import staging from '../../examples/fork/environments/staging';
import distribution from '../../examples/fork/flowyard.config';
import { renderEnvironment } from '../../stacks/platform';
import { findObject } from '../../testing';

const folder = join(__dirname, '../../examples/fork');

test('is at most 60 lines of TypeScript beside its tests', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  const own = files.filter(file => !/(^|\/)node_modules\/|\.test\.ts$/.test(file));

  const lines = own.flatMap(file => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'));
  expect(own.sort()).toEqual([
    'components/priority-classes.ts',
    'environments/staging.ts',
    'flowyard.config.ts',
    'index.ts',
  ]);
  expect(lines.length).toBeLessThanOrEqual(60);
});

test('changes a prop, overrides two children, adds a component and an environment', () => {
  const plain = renderEnvironment(loadEnvironment('local'));
  const { objects, components } = renderEnvironment(staging, distribution);

  const pod = (name: string) => findObject(objects, { kind: 'Deployment', name }).spec.template.spec;
  expect(pod('minio').containers[0].env).toContainEqual({ name: 'MINIO_SITE_REGION', value: 'eu-central-1' });
  expect(pod('minio').priorityClassName).toBe('platform');
  expect(pod('training-operator').priorityClassName).toBe('platform');
  expect(components).toEqual([
    ...plain.components.filter(id => !id.startsWith('tenant-')),
    'tenant-team-fraud',
    'priority-classes',
  ]);
});

test('what the overrides refer to comes first', () => {
  const { objects } = renderEnvironment(staging, distribution);

  const at = (id: string) => objects.findIndex(node => node.id === id);
  expect(at('priority-classes/platform')).toBeLessThan(at('minio/Server/Deployment'));
});
