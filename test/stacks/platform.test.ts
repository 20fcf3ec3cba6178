import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonPatch } from 'cdk8s';
import { apiObjects } from '../../constructs';
import { defineEnvironment, loadEnvironment } from '../../environments';
import { writeManifests } from '../../stacks/manifests';
import { composePlatform, renderEnvironment } from '../../stacks/platform';
import { renderPlatform } from '../../stacks/render';

const local = loadEnvironment('local');

/** The local platform with one object given another name, as a slip in a component would. */
function renamed(kind: string, name: string): () => unknown {
  const platform = composePlatform(local);
  const object = apiObjects(platform.app).find(each => each.kind === kind && each.name === name)!;
  object.addJsonPatch(JsonPatch.replace('/metadata/name', `${name}-renamed`));
  return () => renderPlatform(platform);
}

test('construct paths and object names are as they were: each is a resource of somebody', () => {
  const { objects } = renderEnvironment(local);

  const names = objects.map(
    ({ id, manifest: { kind, metadata } }) =>
      `${id}  ${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`,
  );
  expect(names.sort()).toMatchSnapshot();
});

test('one more tenant changes nothing of the others and of the platform but a list of names', () => {
  const tenant = { name: 'team-new', owner: 'new@example.com', quota: { cpu: '1', memory: '1Gi', storage: '1Gi' } };
  const before = new Map(renderEnvironment(local).objects.map(({ id, manifest }) => [id, JSON.stringify(manifest)]));
  const { objects } = renderEnvironment({ ...local, tenants: [...local.tenants, tenant] });

  const changed = objects.filter(({ id, manifest }) => before.has(id) && before.get(id) !== JSON.stringify(manifest));
  expect(changed.map(({ id }) => id)).toEqual(['minio/Identities/ConfigMap']);
});

describe('throws when something that others refer to is renamed', () => {
  test.each([
    [
      'ServiceAccount',
      'cert-manager',
      "refers to ServiceAccount 'cert-manager/cert-manager', which nothing renders; the nearest is 'cert-manager/cert-manager-renamed'",
    ],
    [
      'ConfigMap',
      'minio',
      "refers to ConfigMap 'minio/minio', which nothing renders; the nearest is 'minio/minio-renamed'",
    ],
    ['Secret', 'minio', "refers to Secret 'minio/minio', which nothing renders"],
    [
      'Service',
      'training-operator',
      "training-operator/Webhooks/Configuration refers to Service 'kubeflow/training-operator'",
    ],
    ['ClusterRole', 'kubeflow-edit', "refers to ClusterRole 'kubeflow-edit', which nothing renders"],
    ['PersistentVolumeClaim', 'minio', "refers to PersistentVolumeClaim 'minio/minio', which nothing renders"],
    [
      'Namespace',
      'team-vision',
      "refers to Namespace 'team-vision', which nothing renders; the nearest is 'team-vision-renamed'",
    ],
  ])('%s %s', (kind, name, message) => {
    expect(renamed(kind, name)).toThrow(message);
  });

  test('CustomResourceDefinition profiles.kubeflow.org', () => {
    const platform = composePlatform(local);
    const crd = apiObjects(platform.app).find(({ name }) => name === 'profiles.kubeflow.org')!;
    crd.addJsonPatch(JsonPatch.replace('/spec/names/kind', 'Profiles'));

    expect(() => renderPlatform(platform)).toThrow(
      "is of kind 'Profile.kubeflow.org', which no CRD defines; the nearest is 'Profiles'",
    );
  });
});

describe('patches by construct path', () => {
  const patched = (path: string) =>
    defineEnvironment({
      ...local,
      platform: {
        ...local.platform,
        patches: [{ path, patch: [{ op: 'replace', path: '/spec/replicas', value: 2 }] }],
      },
    });

  test('change the rendered object', () => {
    const { objects } = renderEnvironment(patched('minio/Server/Deployment'));

    expect(objects.find(({ id }) => id === 'minio/Server/Deployment')!.manifest.spec.replicas).toBe(2);
  });

  test('throw when they match nothing', () => {
    expect(() => renderEnvironment(patched('minio/Server'))).toThrow(
      "'platform.patches' names 'minio/Server', which nothing renders; there are 'minio/",
    );
  });
});

describe('workflows', () => {
  const kinds = (workflows: typeof local.platform.workflows) => {
    const { objects } = renderEnvironment(defineEnvironment({ ...local, platform: { ...local.platform, workflows } }));
    return new Set(objects.map(({ manifest: { kind, metadata } }) => `${kind} ${metadata.name}`));
  };

  test('of an existing engine have no controller and no kinds, and what tenants need', () => {
    const found = kinds({ kind: 'existing', namespace: 'flows' });

    expect(found).not.toContain('Deployment workflow-controller');
    expect(found).not.toContain('CustomResourceDefinition workflows.argoproj.io');
    expect(found).toContain('ClusterRole kubeflow-workflows-edit');
    expect(found).toContain('ConfigMap artifact-repositories');
  });

  test('are off unless told', () => {
    expect([...kinds(undefined)].filter(name => /workflow|executor|artifact/.test(name))).toEqual([]);
  });
});

test('a mirror serves every image', () => {
  const { objects } = renderEnvironment({
    ...local,
    platform: { ...local.platform, imageRegistry: 'mirror.example.com/ml' },
  });

  const images = objects.flatMap(({ manifest }) => {
    const spec = manifest.spec?.template?.spec;
    return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(container => container.image as string);
  });
  expect(images.length).toBeGreaterThan(5);
  for (const image of images) expect(image).toMatch(/^mirror\.example\.com\/ml\//);
});

test('gangs are scheduled by whom the environment names', () => {
  const gangs = defineEnvironment({ ...local, platform: { ...local.platform, gangScheduling: 'volcano' } });
  const argument = /--gang-scheduler-name=(\S+?)"/;

  const text = (environment: typeof local) => JSON.stringify(renderEnvironment(environment).objects);
  expect(argument.exec(text(gangs))?.[1]).toBe('volcano');
  expect(text(local)).not.toMatch(argument);
});

test("the platform's pods go to its node pool", () => {
  const { objects } = renderEnvironment(local);

  const pods = objects.filter(({ manifest }) => ['Deployment', 'Job'].includes(manifest.kind));
  for (const { manifest } of pods) expect(manifest.spec.template.spec.nodeSelector['flowyard.dev/pool']).toBe('system');
});

test('same settings, same bytes', () => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'flowyard-')));
  const [first, second] = folders.map(folder => {
    writeManifests(renderEnvironment(local), folder);
    return readdirSync(folder).map(file => [file, readFileSync(join(folder, file), 'utf8')]);
  });
  for (const folder of folders) rmSync(folder, { recursive: true });

  expect(first).toEqual(second);
  expect(first!.map(([file]) => file)).toEqual([
    '00-namespaces-and-crds.yaml',
    '01-istio.yaml',
    '02-kubeflow.yaml',
    '03-cert-manager.yaml',
    '04-minio.yaml',
    '05-mysql.yaml',
    '06-training-operator.yaml',
    '07-jobset.yaml',
    '08-trainer.yaml',
    '09-argo-workflows.yaml',
    '10-katib.yaml',
    '11-tenant-team-vision.yaml',
    '12-tenant-team-forecast.yaml',
  ]);
});

test('no value of a Secret is ever rendered', () => {
  const secrets = renderEnvironment(local).objects.filter(({ manifest }) => manifest.kind === 'Secret');

  expect(secrets.length).toBeGreaterThan(3);
  for (const { manifest } of secrets) expect([manifest.data, manifest.stringData]).toEqual([undefined, undefined]);
});
