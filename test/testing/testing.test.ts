import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Minio } from '../../components/minio';
import { loadEnvironment } from '../../environments';
import { eachObject, type Policy } from '../../policies';
import { writeManifests } from '../../stacks/manifests';
import { renderEnvironment } from '../../stacks/platform';
import {
  assertKeepsData,
  assertPolicies,
  assertPolicyFixtures,
  findObject,
  findObjects,
  readManifests,
  renderComponent,
  snapshotOf,
} from '../../testing';

const local = loadEnvironment('local');
const rendering = renderEnvironment(local);
const { objects } = rendering;
const withoutVision = renderEnvironment({ ...local, tenants: local.tenants.slice(1) }).objects;

describe('renderComponent', () => {
  test('gives the objects of one component, and not of what it needs', () => {
    const rendered = renderComponent(app => new Minio(app, 'minio', { capacity: '5Gi' }));

    expect(findObject(rendered, { kind: 'PersistentVolumeClaim' }).spec.resources.requests.storage).toBe('5Gi');
    expect(new Set(rendered.map(({ component }) => component))).toEqual(new Set(['minio']));
  });

  test('throws when the component is not valid', () => {
    const overrides = { sever: {} } as never;

    expect(() => renderComponent(app => new Minio(app, 'minio', { overrides }))).toThrow(
      "minio: 'overrides.sever' matches nothing",
    );
  });
});

describe('findObject', () => {
  test('finds by kind, name, namespace and component', () => {
    const quota = findObject(objects, { kind: 'ResourceQuota', namespace: 'team-vision' });

    expect(quota.metadata.name).toBe('kf-resource-quota');
    expect(findObject(objects, { kind: 'Deployment', component: 'minio' }).metadata.name).toBe('minio');
    expect(findObjects(objects, { kind: 'ResourceQuota' })).toHaveLength(2);
    expect(findObjects(objects, { kind: 'ReplicaSet' })).toEqual([]);
  });

  test('throws when there is none, naming what there is of the kind', () => {
    expect(() => findObject(objects, { kind: 'ResourceQuota', namespace: 'team-x' })).toThrow(
      "{'kind':'ResourceQuota','namespace':'team-x'} is said of no object; there is " +
        'ResourceQuota/team-vision/kf-resource-quota, ResourceQuota/team-forecast/kf-resource-quota',
    );
  });

  test('throws when there are several', () => {
    expect(() => findObject(objects, { kind: 'Profile' })).toThrow(
      "{'kind':'Profile'} is said of 2 objects: Profile/team-vision, Profile/team-forecast",
    );
  });
});

describe('snapshotOf', () => {
  test('is the same whatever the order of the objects', () => {
    expect(snapshotOf([...objects].reverse(), 'minio')).toBe(snapshotOf(objects, 'minio'));
  });

  test('has each object under its construct path', () => {
    const text = snapshotOf(objects, 'minio');

    expect(text).toMatch(/^# minio\/Account\/ServiceAccount\napiVersion: v1\n/);
    expect(text.match(/^# /gm)).toHaveLength(objects.filter(({ component }) => component === 'minio').length);
  });

  test('throws when no component has that id', () => {
    expect(() => snapshotOf(objects, 'minoi')).toThrow("'component' must be one of 'istio', 'kubeflow'");
  });
});

describe('assertPolicies', () => {
  const closed: Policy = {
    id: 'closed',
    severity: 'advisory',
    reason: 'for this test',
    fix: 'close it',
    check: eachObject(({ kind }) => (kind === 'Service' ? ['it is open'] : [])),
    fixtures: { good: [], bad: [[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }]] },
  };

  test('passes what the platform renders', () => {
    assertPolicies(objects);
  });

  test('throws when an advisory policy is broken, too', () => {
    expect(() => assertPolicies(objects, { policies: [closed] })).toThrow(
      "minio/Service/Service: it is open; close it (policy 'closed')",
    );
  });

  test('throws when a fixture is taken for its opposite, or there is none', () => {
    expect(() => assertPolicyFixtures(closed)).toThrow(
      "policy 'closed':\n  no good fixture\n  bad fixture 0 is let through",
    );
  });
});

describe('assertKeepsData', () => {
  test('passes when nothing that holds data goes', () => {
    const smaller = renderEnvironment({ ...local, platform: { ...local.platform, trainingOperator: false } });

    assertKeepsData(objects, smaller.objects);
  });

  test('throws when a tenant would go, naming each object and what it holds', () => {
    expect(() => assertKeepsData(objects, withoutVision)).toThrow(
      '2 objects that hold data would be deleted; put them back, or acknowledge each by its name:\n' +
        '  Namespace/team-vision: it holds all that a tenant has\n' +
        '  Profile/team-vision: the profile controller deletes its namespace with it',
    );
  });

  test('lets acknowledged objects go, and no others', () => {
    expect(() => assertKeepsData(objects, withoutVision, ['Profile/team-vision'])).toThrow(
      /^1 object .*\n {2}Namespace\/team-vision: [^\n]*$/,
    );
    assertKeepsData(objects, withoutVision, ['Profile/team-vision', 'Namespace/team-vision']);
  });

  test('takes what synth has written of another branch', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flowyard-deployed-'));
    try {
      writeManifests(rendering, folder);
      const deployed = readManifests(folder);

      expect(deployed.map(({ manifest }) => manifest)).toEqual(
        expect.arrayContaining(objects.map(({ manifest }) => manifest)),
      );
      expect(findObject(deployed, { kind: 'Deployment', component: 'minio' }).metadata.name).toBe('minio');
      expect(() => assertKeepsData(deployed, withoutVision)).toThrow('Namespace/team-vision');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('throws when a folder holds no manifests', () => {
    expect(() => readManifests(__dirname)).toThrow("'folder' must be one that `flowyard synth` has written");
  });
});
