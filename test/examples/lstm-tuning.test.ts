import { loadEnvironment } from '../../environments';
import distribution from '../../examples/lstm-tuning/flowyard.config';
import { renderEnvironment } from '../../stacks/platform';
import { findObject, findObjects } from '../../testing';

const { objects } = renderEnvironment(loadEnvironment('local'), distribution);
const { spec, metadata } = findObject(objects, { kind: 'WorkflowTemplate', name: 'lstm-tuning' });
const template = (name: string) => spec.templates.find((each: { name: string }) => each.name === name);
const experiment = JSON.parse(template('launch').resource.manifest);
const [container] = experiment.spec.trialTemplate.trialSpec.spec.template.spec.containers;

test('the workflow makes an experiment of its own in each run, waits for it and hands on the best parameters', () => {
  expect(metadata.namespace).toBe('team-vision');
  expect(experiment.metadata).toEqual({ namespace: 'team-vision', generateName: 'lstm-' });
  expect(template('launch')).toMatchObject({
    resource: { action: 'create', successCondition: 'status.completionTime' },
    outputs: { parameters: [{ name: 'best' }] },
  });
  expect(template('tune').steps.flat()[1].arguments.parameters).toEqual([
    { name: 'best', value: '{{steps.launch.outputs.parameters.best}}' },
  ]);
});

test('the experiment itself is not deployed', () => {
  expect(findObjects(objects, { kind: 'Experiment' })).toEqual([]);
});

test('what is printed is never a part of a script', () => {
  const { command, env } = template('print').container;

  expect(command.join()).not.toContain('{{');
  expect(env).toEqual([{ name: 'BEST', value: '{{inputs.parameters.best}}' }]);
});

test('trials try what the search says', () => {
  expect(experiment.spec.parameters.map(({ name }: { name: string }) => name)).toEqual(['n', 'lr']);
  expect(container.command).toContain('--n=${trialParameters.windowSize}');
  expect(container.command).toContain('--learning-rate=${trialParameters.learningRate}');
});

test("trials read the tenant's own file with the tenant's own key", () => {
  expect(container.command).toContain('--data=s3://tenants/team-vision/prices.csv');
  expect(container.env).toContainEqual({
    name: 'AWS_SECRET_ACCESS_KEY',
    valueFrom: { secretKeyRef: { name: 'minioaccess', key: 'AWS_SECRET_ACCESS_KEY' } },
  });
  expect(container.env).toContainEqual({
    name: 'AWS_ENDPOINT_URL_S3',
    value: 'http://minio.minio.svc.cluster.local:9000',
  });
});
