import { renderEnvironment } from 'flowyard/stacks';
import { assertPolicies, findObject, renderComponent, snapshotOf } from 'flowyard/testing';
import { PriorityClasses } from '../components/priority-classes';
import staging from '../environments/staging';
import distribution from '../flowyard.config';

const { objects } = renderEnvironment(staging, distribution);

test('the classes are rendered as they were', () => {
  const rendered = renderComponent(app => new PriorityClasses(app, 'priority-classes', { classes: { batch: 0 } }));

  expect(snapshotOf(rendered)).toMatchSnapshot();
});

test('the store answers for our region, and its pods go first', () => {
  const pod = findObject(objects, { kind: 'Deployment', name: 'minio' }).spec.template.spec;

  expect(pod.containers[0].env).toContainEqual({ name: 'MINIO_SITE_REGION', value: 'eu-central-1' });
  expect(pod.priorityClassName).toBe('platform');
});

test('all policies are kept, advisory ones too', () => {
  assertPolicies(objects, distribution);
});
