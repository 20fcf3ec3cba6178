import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Component, type ComponentProps, ConfigMap } from '../../constructs';
import { collect } from '../../engine/deploy/collect';
import { loadEnvironment } from '../../environments';
import { type Distribution, defineDistribution, type PlatformProps } from '../../stacks/distribution';
import { parts } from '../../stacks/parts';
import { composePlatform, renderEnvironment } from '../../stacks/platform';
import { loadDistribution } from '../../stacks/project';
import { findObject, findObjects } from '../../testing';
import { alternatives } from '../support/alternatives';

const local = loadEnvironment('local');

/** The local platform as a fork makes it. */
function fixture(distribution: Distribution) {
  return renderEnvironment(local, defineDistribution(distribution)).objects;
}

/** Stands for a component that a fork adds. */
class Notes extends Component {
  constructor(scope: Construct, id: string, props: ComponentProps<Notes> & { readonly store: string }) {
    super(scope, id, props, 'kubeflow');
    new ConfigMap(this, 'Notes', { name: id, data: { store: props.store } });
  }
}

const full = loadEnvironment('full');
/** Every part is in one of these: `full`, and what stands in the place of one of its parts. */
const environments = [full, ...alternatives(full)];

test.each(Object.keys(parts))('props of %s reach it', id => {
  const bound: string[] = [];
  const extensions = [{ bind: ({ node }: Component) => bound.push(node.id) }];

  const props = { [id]: { extensions } } as PlatformProps;
  for (const environment of environments) {
    composePlatform(environment, { props });
    if (bound.length > 0) break;
  }

  expect(bound).toEqual([id]);
});

test('every component of the platform can be named', () => {
  const ids = environments.flatMap(environment => composePlatform(environment).components.map(({ node }) => node.id));

  const platform = new Set(ids.filter(id => !id.startsWith('tenant-')));
  expect([...platform].sort()).toEqual(Object.keys(parts).sort());
});

test('a prop of a fork wins over the environment, the others stay', () => {
  const objects = fixture({ props: { minio: { capacity: '7Gi' } } });

  const claim = findObject(objects, { kind: 'PersistentVolumeClaim', name: 'minio' });
  expect(claim.spec.resources.requests.storage).toBe('7Gi');
  expect(findObject(objects, { kind: 'ConfigMap', name: 'minio' }).data['lifecycle.shared.json']).toContain('scratch/');
});

test('props may depend on the environment', () => {
  const objects = fixture({
    props: ({ name }): PlatformProps => ({ minio: { capacity: name === 'local' ? '3Gi' : '3Ti' } }),
  });

  const claim = findObject(objects, { kind: 'PersistentVolumeClaim', name: 'minio' });
  expect(claim.spec.resources.requests.storage).toBe('3Gi');
});

test('an override changes a child and leaves its neighbours', () => {
  const objects = fixture({ props: { 'training-operator': { overrides: { operator: { replicas: 3 } } } } });

  const { replicas, template } = findObject(objects, { kind: 'Deployment', name: 'training-operator' }).spec;
  expect(replicas).toBe(3);
  expect(template.spec.containers[0].command).toEqual(['/manager']);
});

test('a component of a fork is rendered with the others, and given their handles', () => {
  const objects = fixture({
    extend: ({ app, objectStore }) => {
      new Notes(app, 'notes', { store: objectStore.endpoint.url() });
    },
  });

  const notes = findObject(objects, { kind: 'ConfigMap', name: 'notes', component: 'notes' });
  expect(notes.data.store).toBe('http://minio.minio.svc.cluster.local:9000');
});

test("a fork adds to the platform's own components; those that the environment does without are absent", () => {
  const without = { ...full, platform: { ...full.platform, trainingOperator: false } };
  let absent: unknown = 'never asked';

  const { objects } = renderEnvironment(without, {
    extend: ({ components }) => {
      components.seaweedfs?.addBucket({ name: 'audit' });
      absent = components['training-operator'];
    },
  });

  const config = findObject(objects, { kind: 'ConfigMap', name: 'seaweedfs-buckets' });
  expect(JSON.stringify(config.data)).toContain('audit');
  expect(absent).toBeUndefined();
});

test('what a construct warns of is told with its path', () => {
  const { warnings } = renderEnvironment(local, {
    extend: ({ app }) => new Notes(app, 'notes', { store: 'minio' }).node.addMetadata('warning', 'the notes are old'),
  });

  expect(warnings).toEqual(['notes: the notes are old']);
});

test('what a fork adds to tenants, each has', () => {
  const objects = fixture({
    props: {
      tenant: {
        extensions: [
          {
            bind: tenant => {
              new ConfigMap(tenant, 'Welcome', { name: 'welcome', data: { to: tenant.namespace } });
            },
          },
        ],
      },
    },
  });

  expect(findObjects(objects, { kind: 'ConfigMap', name: 'welcome' }).map(({ data }) => data.to)).toEqual([
    'team-vision',
    'team-forecast',
  ]);
});

test('props of a component that the environment does without are skipped', () => {
  const environment = { ...local, platform: { ...local.platform, trainingOperator: false } };

  const { components } = renderEnvironment(environment, { props: { 'training-operator': { namespace: 'x' } } });

  expect(components).not.toContain('training-operator');
});

test('throws when props are for a component that the platform does not have', () => {
  const props = { minoi: {} } as unknown as PlatformProps;
  const message = "'props.minoi' names no component of the platform; there are 'istio'";

  expect(() => defineDistribution({ props })).toThrow(message);
  expect(() => fixture({ props: () => props })).toThrow(message);
});

test('throws when an override matches no child', () => {
  const overrides = { oprator: {} } as never;

  expect(() => fixture({ props: { 'training-operator': { overrides } } })).toThrow(
    "'overrides.oprator' matches nothing",
  );
});

test.each([
  [{ component: [] }, "'component' is no setting; there are 'props', 'extend', 'policies', 'exceptions'"],
  [{ extend: {} }, "'extend' must be a function"],
  [{ policies: {} }, "'policies' must be a list"],
  [{ props: 'minio' }, "'props' must be an object or a function of the environment, got 'minio'"],
])('throws when a setting is %j', (distribution, message) => {
  expect(() => defineDistribution(distribution as never)).toThrow(message);
});

test('throws when what a fork adds would come late', () => {
  expect(() => fixture({ extend: async () => {} })).toThrow("'extend' must be done when it returns, got a promise");
});

test('throws when what a fork adds is no component', () => {
  expect(() => fixture({ extend: ({ app }) => void new Chart(app, 'chart') })).toThrow(
    "'chart' must be a Component of flowyard/constructs, got 'Chart'",
  );
});

describe('flowyard.config.ts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flowyard-config-'));
  const before = process.cwd();
  beforeEach(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  /** A project whose file has this text. */
  const write = (text: string) => {
    process.chdir(mkdtempSync(join(folder, 'project-')));
    writeFileSync('flowyard.config.ts', text);
  };

  test('changes nothing when it is not there', () => {
    expect(loadDistribution()).toEqual({});
  });

  test('is checked even when it goes around the check', () => {
    write('export default { propz: {} };');
    expect(loadDistribution).toThrow("'propz' is no setting");

    write('export const distribution = {};');
    expect(loadDistribution).toThrow("must have 'export default defineDistribution({ … })'");

    write("throw new Error('no network today');");
    expect(loadDistribution).toThrow(/flowyard\.config\.ts does not run: no network today/);
  });

  const regional = `import { defineDistribution } from '${resolve(__dirname, '../../stacks/public')}';
    export default defineDistribution({ props: { minio: { region: 'eu-central-1' } } });`;

  test('gives what it exports', () => {
    write(regional);

    expect(loadDistribution()).toEqual({ props: { minio: { region: 'eu-central-1' } } });
  });

  test('holds for the program that `pulumi up` runs', async () => {
    write(regional);
    jest.doMock('../../stacks/local', () => ({ localCluster: async () => ({ kubeconfig: 'embedded.yaml' }) }));

    const { resources } = await collect({ stack: 'local', project: 'flowyard', program: require('../../stacks') });

    const server = resources.find(({ name }) => name === 'minio/Server/Deployment')!.manifest;
    expect(server.spec.template.spec.containers[0].env).toContainEqual({
      name: 'MINIO_SITE_REGION',
      value: 'eu-central-1',
    });
  });
});
