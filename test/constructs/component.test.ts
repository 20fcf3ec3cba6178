import { ApiObject, App, JsonPatch } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-27';
import {
  apiObjects,
  ClusterRole,
  Component,
  type ComponentProps,
  Deployment,
  type Override,
  override,
  rule,
  ServiceAccount,
} from '../../constructs';

interface SampleProps extends ComponentProps<Sample> {
  readonly replicas?: number;
  readonly overrides?: { readonly server?: Override<k8s.DeploymentSpec> };
}

class Sample extends Component {
  constructor(scope: App, id: string, props: SampleProps = {}) {
    super(scope, id, props, 'sample');
    new Deployment(this, 'Server', {
      name: 'server',
      selector: { app: 'server' },
      account: new ServiceAccount(this, 'Account', { name: 'server' }),
      replicas: props.replicas,
      containers: [
        {
          name: 'main',
          image: { repository: 'quay.io/sample/server', tag: 'v1' },
          resources: { cpu: '100m', memory: '64Mi' },
        },
      ],
      override: this.overrideOf('server'),
    });
    this.extend(props.extensions);
  }
}

function fixture(props?: SampleProps) {
  const app = new App();
  const sample = new Sample(app, 'sample', props);
  const deployment = () => apiObjects(sample).find(({ kind }) => kind === 'Deployment')!;
  return { app, sample, deployment };
}

describe('the ladder', () => {
  test('a prop', () => {
    expect(fixture({ replicas: 3 }).deployment().toJson().spec.replicas).toBe(3);
  });

  test('an override merges fields, and removes those that are null', () => {
    const { deployment } = fixture({ overrides: { server: { replicas: 4, strategy: null } } });

    const { spec } = deployment().toJson();

    expect(spec.replicas).toBe(4);
    expect(spec.strategy).toBeUndefined();
    expect(spec.selector).toEqual({ matchLabels: { app: 'server' } });
  });

  test('an override may be a function of what was rendered', () => {
    const { deployment } = fixture({ overrides: { server: spec => ({ ...spec, replicas: spec.replicas! + 1 }) } });

    expect(deployment().toJson().spec.replicas).toBe(2);
  });

  test('throws when an override matches nothing', () => {
    const { sample } = fixture({ overrides: { serer: { replicas: 2 } } as SampleProps['overrides'] });

    expect(sample.node.validate()).toEqual(["'overrides.serer' matches nothing; the component renders 'server'"]);
  });

  test('an extension adds children', () => {
    const { sample } = fixture({
      extensions: [{ bind: component => void new ClusterRole(component, 'Extra', { name: 'extra', rules: [] }) }],
    });

    expect(apiObjects(sample).map(({ kind }) => kind)).toContain('ClusterRole');
  });

  test('a JSON patch has the last word', () => {
    const { deployment } = fixture();

    ApiObject.of(deployment()).addJsonPatch(JsonPatch.replace('/spec/replicas', 7));

    expect(deployment().toJson().spec.replicas).toBe(7);
  });
});

describe('a workload', () => {
  test('meets the Pod Security Standard restricted and has no API token', () => {
    const { spec } = fixture().deployment().toJson().spec.template;

    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { memory: '64Mi' },
    });
  });

  test('with replicas has a disruption budget and spreads over nodes', () => {
    const { sample, deployment } = fixture({ replicas: 2 });

    expect(apiObjects(sample).map(({ kind }) => kind)).toContain('PodDisruptionBudget');
    expect(deployment().toJson().spec.template.spec.topologySpreadConstraints).toHaveLength(1);
  });
});

test('throws when a role would allow everything', () => {
  expect(() => rule('*', ['pods'], ['get'])).toThrow("got '*' for group '*'");
});

test('an override of nothing changes nothing', () => {
  const rendered = { a: 1 };

  expect(override(rendered)).toBe(rendered);
});
