import { ApiObject, App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { KubeObject } from '../../constructs';
import { lostFields, plain } from '../../constructs/kube-object';
import { newerFields } from '../../constructs/newer-fields';

function fixture(spec: Partial<k8s.PodSpec>) {
  const chart = new Chart(new App(), 'chart', { namespace: 'ns', disableResourceNameHashes: true });
  return new KubeObject(chart, 'Pod', k8s.KubePod, { metadata: { name: 'pod' }, spec: { containers: [], ...spec } });
}

describe('a field that the types do not know', () => {
  /** A pod spec that uses each exception. */
  const uses: Record<keyof typeof newerFields, Partial<k8s.PodSpec>> = {
    nativeSidecar: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] },
    containerAppArmor: {
      containers: [{ name: 'main', securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }],
    },
    downwardApi: { volumes: [{ name: 'info', downwardAPI: { items: [{ path: 'labels' }] } }] },
    hostPid: { hostPID: true },
    podAppArmor: { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
  };

  test('the address of a Service is still lost by the serialiser of the types, and kept by ours', () => {
    const fields = { metadata: { name: 'service' }, spec: { clusterIP: 'None' } };
    const chart = new Chart(new App(), 'chart', { namespace: 'ns', disableResourceNameHashes: true });

    expect(lostFields(fields, k8s.KubeService)).toEqual(['spec.clusterIP']);
    expect(new KubeObject(chart, 'Service', k8s.KubeService, fields).toJson().spec).toEqual(fields.spec);
  });

  test.each(Object.keys(newerFields).filter(name => name !== 'clusterIp'))(
    '%s is still lost by the serialiser of the types, and kept by ours',
    name => {
      const fields = { metadata: { name: 'pod' }, spec: { containers: [], ...uses[name] } };

      const lost = lostFields(fields, k8s.KubePod);

      expect(lost).toEqual([expect.stringMatching(newerFields[name]!.path)]);
      expect(fixture(uses[name]!).toJson().spec).toEqual(fields.spec);
    },
  );
});

test('extended resources and quantities are rendered as they were given', () => {
  const limits = { 'nvidia.com/gpu': k8s.Quantity.fromString('1'), memory: k8s.Quantity.fromString('1Gi') };

  const { spec } = fixture({ containers: [{ name: 'main', resources: { limits } }] }).toJson();

  expect(spec.containers[0].resources.limits).toEqual({ 'nvidia.com/gpu': '1', memory: '1Gi' });
});

test('throws when a field is unknown to the types', () => {
  const misspelt = { containers: [{ name: 'main', imagePullPolcy: 'Always' }] } as unknown as k8s.PodSpec;

  expect(() => fixture(misspelt).toJson()).toThrow(
    "chart/Pod: the types of Pod do not know 'spec.containers[].imagePullPolcy'",
  );
});

test('throws when a patch writes a field that is unknown to the types', () => {
  const pod = fixture({});

  ApiObject.of(pod).addJsonPatch(JsonPatch.add('/spec/nodeNmae', 'a'));

  expect(() => pod.toJson()).toThrow("'spec.nodeNmae'");
});

test('a patch reaches a field that the types do not know but that is newer', () => {
  const pod = fixture({ initContainers: [{ name: 'proxy' }] });

  ApiObject.of(pod).addJsonPatch(JsonPatch.add('/spec/initContainers/0/restartPolicy', 'Always'));

  expect(pod.toJson().spec.initContainers).toEqual([{ name: 'proxy', restartPolicy: 'Always' }]);
});

test('an object of a cluster-scoped kind has no namespace', () => {
  const chart = new Chart(new App(), 'chart', { namespace: 'ns' });

  const role = new KubeObject(chart, 'Role', k8s.KubeClusterRole, { metadata: { name: 'role' }, rules: [] });

  expect(role.toJson().metadata).toEqual({ name: 'role' });
});

test('empty labels and annotations, which would differ on every run, are left out', () => {
  expect(plain({ metadata: { labels: {}, annotations: { a: undefined } }, spec: { podSelector: {} } })).toEqual({
    metadata: {},
    spec: { podSelector: {} },
  });
});
