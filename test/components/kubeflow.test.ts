import { Kubeflow } from '../../components/kubeflow';
import type { Manifest } from '../../constructs';
import { renderComponent } from '../../testing';

function fixture(): Manifest[] {
  return renderComponent(app => new Kubeflow(app, 'kubeflow')).map(({ manifest }) => manifest);
}

/** What a role of ours gives by itself, as `group/resource` with its verbs. */
function rules(name: string): Record<string, string[]> {
  const role = fixture().find(({ metadata }) => metadata.name === name)!;
  const lines = role.rules.flatMap(
    ({ apiGroups, resources, verbs }: { apiGroups: string[]; resources: string[]; verbs: string[] }) =>
      resources.map(resource => [`${apiGroups[0]}/${resource}`, verbs] as const),
  );
  const merged: Record<string, string[]> = {};
  for (const [key, verbs] of lines) merged[key] = [...(merged[key] ?? []), ...verbs];
  return merged;
}

test('renders what it always did', () => {
  expect(fixture()).toMatchSnapshot();
});

test('each of the three roles is part of the next stronger one', () => {
  const roles = Object.fromEntries(
    fixture().map(({ metadata, aggregationRule }) => [metadata.name, { labels: metadata.labels, aggregationRule }]),
  );

  for (const [weaker, stronger] of [
    ['kubeflow-view', 'kubeflow-edit'],
    ['kubeflow-edit', 'kubeflow-admin'],
  ] as const) {
    expect(roles[weaker]!.labels).toMatchObject(roles[stronger]!.aggregationRule.clusterRoleSelectors[0].matchLabels);
  }
});

test.each([
  'networking.k8s.io/networkpolicies',
  'networking.k8s.io/ingresses',
  '/resourcequotas',
  '/endpoints',
  '/serviceaccounts/token',
])('an editor cannot change %s', resource => {
  expect(rules('kubeflow-kubernetes-edit')[resource]).toBeUndefined();
});

test('a viewer reads everything of the namespace but secrets, and changes nothing', () => {
  const view = rules('kubeflow-kubernetes-view');

  expect(view['/secrets']).toBeUndefined();
  for (const verbs of Object.values(view)) expect(verbs).toEqual(['get', 'list', 'watch']);
});

test('an owner reads bindings and cannot make them', () => {
  expect(rules('kubeflow-kubernetes-admin')['rbac.authorization.k8s.io/rolebindings']).toEqual([
    'get',
    'list',
    'watch',
  ]);
});
