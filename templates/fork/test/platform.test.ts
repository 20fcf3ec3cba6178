import { renderEnvironment } from 'flowyard/stacks';
import { assertPolicies, findObject, snapshotOf } from 'flowyard/testing';
import environment from '../environments/my-environment';
import distribution from '../flowyard.config';

const { objects } = renderEnvironment(environment, distribution);

test('objects and their construct paths are as they were: each is a resource of somebody', () => {
  expect(objects.map(({ id }) => id).sort()).toMatchSnapshot();
});

test('the object store is rendered as it was', () => {
  expect(snapshotOf(objects, 'minio')).toMatchSnapshot();
});

test('all policies are kept, advisory ones too', () => {
  assertPolicies(objects, distribution);
});

test.each(environment.tenants)('$name has the quota that was agreed', ({ name, quota }) => {
  const { spec } = findObject(objects, { kind: 'ResourceQuota', namespace: name });

  expect(spec.hard['requests.cpu']).toBe(quota.cpu);
});
