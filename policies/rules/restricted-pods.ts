import type { k8s } from 'cdk8s-plus-27';
import { containersOf, fixtureDeployment, podOf, type RenderedPod } from '../pods';
import { eachObject, type Policy } from '../policy';

const hardened = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const pod = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } };
const tree = (securityContext: object, podFields: object = pod, container: object = {}) => [
  fixtureDeployment({ securityContext, ...container }, podFields),
];

/** Pods meet the level `restricted` of the Pod Security Standards. */
export const restrictedPods: Policy = {
  id: 'restricted-pods',
  severity: 'mandatory',
  reason: 'a pod with more rights than it needs is a way from one container to the whole node',
  fix: 'use the workloads of flowyard/constructs, which are hardened, or declare an exception with its reason',
  check: eachObject(manifest => {
    const spec = podOf(manifest);
    return spec ? [...podProblems(spec), ...containersOf(spec).flatMap(each => containerProblems(each, spec))] : [];
  }),
  fixtures: {
    good: [
      tree(hardened),
      tree({ ...hardened, ...pod.securityContext }, {}),
      tree({ ...hardened, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
      tree(hardened, { ...pod, volumes: [{ name: 'scratch', emptyDir: {} }] }),
    ],
    bad: [
      tree({}),
      tree(hardened, {}),
      tree({ ...hardened, privileged: true }),
      tree({ ...hardened, runAsUser: 0 }),
      tree({ ...hardened, runAsNonRoot: false }),
      tree({ ...hardened, procMount: 'Unmasked' }),
      tree({ ...hardened, seccompProfile: { type: 'Unconfined' } }),
      tree({ ...hardened, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
      tree(hardened, { ...pod, hostNetwork: true }),
      tree(hardened, { ...pod, volumes: [{ name: 'host', hostPath: { path: '/' } }] }),
      tree(hardened, pod, { ports: [{ containerPort: 80, hostPort: 80 }] }),
    ],
  },
};

/** Sources of volumes that do not reach the node. */
const volumeSources = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function podProblems(spec: RenderedPod): string[] {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(field => spec[field]);
  const volumes = (spec.volumes ?? []).flatMap(({ name, ...source }) =>
    Object.keys(source)
      .filter(kind => !volumeSources.includes(kind))
      .map(kind => `volume '${name}' is of kind '${kind}'`),
  );
  const sysctls = (spec.securityContext?.sysctls ?? []).map(({ name }) => `it sets the kernel parameter '${name}'`);
  const root = spec.securityContext?.runAsUser === 0 ? ['it runs as user 0'] : [];
  return [...shared.map(field => `'${field}' is set`), ...volumes, ...sysctls, ...root];
}

function containerProblems(container: k8s.Container, spec: k8s.PodSpec): string[] {
  const own = container.securityContext ?? {};
  const { runAsNonRoot, seccompProfile } = { ...spec.securityContext, ...own };
  const added = (own.capabilities?.add ?? []).filter(each => each !== 'NET_BIND_SERVICE');
  const checks: [wrong: boolean, text: string][] = [
    [own.privileged === true, 'is privileged'],
    [own.allowPrivilegeEscalation !== false, "does not set 'allowPrivilegeEscalation: false'"],
    [runAsNonRoot !== true, "does not set 'runAsNonRoot: true'"],
    [own.runAsUser === 0, 'runs as user 0'],
    [!['RuntimeDefault', 'Localhost'].includes(seccompProfile?.type ?? ''), "has no 'seccompProfile'"],
    [!own.capabilities?.drop?.includes('ALL'), "does not drop the capabilities 'ALL'"],
    [added.length > 0, `adds the capabilities '${added.join("', '")}'`],
    [(own.procMount ?? 'Default') !== 'Default', `mounts '/proc' as '${own.procMount}'`],
    [(container.ports ?? []).some(({ hostPort }) => hostPort), 'takes a port of the node'],
  ];
  return checks.filter(([wrong]) => wrong).map(([, text]) => `container '${container.name}' ${text}`);
}
