import { parse } from 'yaml';
import { renderAuditPolicy, renderKwokctlConfig } from '../../../engine/control-plane/kwokctl';
import { CLUSTER_BINARIES } from '../../../engine/control-plane/pins';
import { renderNode } from '../../../engine/control-plane/simulation';

function fixture() {
  return parse(
    renderKwokctlConfig({
      ports: {
        'kube-apiserver': 1,
        etcd: 2,
        'etcd-peer': 3,
        'kube-controller-manager': 4,
        'kube-scheduler': 5,
        'kwok-controller': 6,
      },
      binaries: { ...Object.fromEntries(CLUSTER_BINARIES.map(name => [name, `/bin/${name}`])), minio: '' } as never,
      auditPolicy: '/audit.yaml',
      pki: '/pki',
    }),
  );
}

test('binds to this machine only, with authorization and admission', () => {
  expect(fixture().options).toMatchObject({
    runtime: 'binary',
    bindAddress: '127.0.0.1',
    securePort: true,
    kubeAuthorization: true,
    kubeAdmission: true,
    kubeAuditPolicy: '/audit.yaml',
  });
});

test('leaves kwokctl nothing to download or to choose', () => {
  const { options } = fixture();

  expect(Object.entries(options).filter(([key]) => key.endsWith('Binary'))).toEqual([
    ['etcdBinary', '/bin/etcd'],
    ['kubeApiserverBinary', '/bin/kube-apiserver'],
    ['kubeControllerManagerBinary', '/bin/kube-controller-manager'],
    ['kubeSchedulerBinary', '/bin/kube-scheduler'],
    ['kwokControllerBinary', '/bin/kwok'],
  ]);
  expect(
    Object.values(options)
      .filter(value => typeof value === 'number')
      .sort(),
  ).toEqual([1, 2, 3, 4, 5, 6]);
  expect(options.components).toHaveLength(5);
});

test('KWOK plays annotated nodes only, and ours are', () => {
  const { componentsPatches } = fixture();
  const kwok = componentsPatches.find((patch: { name: string }) => patch.name === 'kwok-controller');
  const node = renderNode({ name: 'n', labels: { a: 'b' }, taints: [], capacity: { cpu: '1' } });

  expect(kwok.extraArgs).toEqual([
    { key: 'manage-all-nodes', value: 'false', override: true },
    { key: 'manage-nodes-with-annotation-selector', value: 'kwok.x-k8s.io/node=fake' },
  ]);
  expect(node.metadata.annotations).toMatchObject({ 'kwok.x-k8s.io/node': 'fake' });
  expect(node.metadata.labels).toMatchObject({
    a: 'b',
    'kubernetes.io/hostname': 'n',
    'flowyard.dev/simulated': 'true',
  });
  expect(node.status).toEqual({ capacity: { cpu: '1', pods: '110' }, allocatable: { cpu: '1', pods: '110' } });
});

test('the audit log records metadata and leaves out heartbeats', () => {
  const { rules } = parse(renderAuditPolicy());

  expect(rules.at(-1)).toEqual({ level: 'Metadata' });
  expect(rules.slice(0, -1).every((rule: { level: string }) => rule.level === 'None')).toBe(true);
});
