/** Binaries of the control plane; servers and controllers of the platform among them serve tests only. */
export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'kwokctl'
  | 'minio'
  | 'mc'
  | 'pilot-discovery'
  | 'weed'
  | 'workflow-controller'
  | 'gpu-operator'
  | 'jobset-manager'
  | 'katib-controller'
  | 'kueue'
  | 'trainer-controller-manager'
  | 'training-operator';

/** An official download. */
export interface Download {
  /** Which of the `DownloadSites` serves it. */
  readonly site: keyof DownloadSites;
  readonly path: string;

  /** Algorithm and hexadecimal digest, such as `sha256:ab12`. */
  readonly checksum: string;

  /** Where each binary lies in the archive; an empty string when the file is the binary. */
  readonly entries: Partial<Record<BinaryName, string>>;
}

/** Base addresses of the official downloads. */
export interface DownloadSites {
  readonly kubernetes: string;
  readonly github: string;
}

export const DOWNLOAD_SITES: DownloadSites = { kubernetes: 'https://dl.k8s.io', github: 'https://github.com' };

/** Binaries that are made together, from one Go module. */
export interface Bundle {
  /** Name, also of the folder under `tools/` that pins its module. */
  readonly name: string;
  readonly version: string;

  /** Go module whose version the pin in `go.mod` must equal. */
  readonly module: string;

  /** Go package of each binary. */
  readonly packages: Partial<Record<BinaryName, string>>;
  readonly ldflags: string;

  /** Seconds to build on two cores with an empty build cache. */
  readonly buildSeconds: number;

  /** Whether a binary of the same minor version on the PATH will do. */
  readonly fromPath: boolean;

  /** Downloads by platform. Only those whose checksum is published where we could read it. */
  readonly downloads: Readonly<Record<string, readonly Download[]>>;
}

const KUBERNETES = '1.35.4';
const ETCD = '3.6.7';
const KWOK = '0.8.0';
const ARGO_WORKFLOWS = '3.7.15';
const KATIB = '0.19.0';

const version = (key: string, value: string) => `-X k8s.io/component-base/version.${key}=${value}`;
const [major, minor] = KUBERNETES.split('.');

// The server archive holds all three commands. Upstream publishes none for macOS.
const kubernetesServer = (arch: string, checksum: string): Download => ({
  site: 'kubernetes',
  path: `v${KUBERNETES}/kubernetes-server-linux-${arch}.tar.gz`,
  checksum,
  entries: {
    'kube-apiserver': 'kubernetes/server/bin/kube-apiserver',
    'kube-controller-manager': 'kubernetes/server/bin/kube-controller-manager',
    'kube-scheduler': 'kubernetes/server/bin/kube-scheduler',
  },
});

const etcdArchive = (arch: string, checksum: string): Download => ({
  site: 'github',
  path: `etcd-io/etcd/releases/download/v${ETCD}/etcd-v${ETCD}-linux-${arch}.tar.gz`,
  checksum,
  entries: { etcd: `etcd-v${ETCD}-linux-${arch}/etcd` },
});

const kwokBinary = (name: 'kwok' | 'kwokctl', platform: string, checksum: string): Download => ({
  site: 'github',
  path: `kubernetes-sigs/kwok/releases/download/v${KWOK}/${name}-${platform}`,
  checksum,
  entries: { [name]: '' },
});

/** Everything that moves when the control plane is upgraded, with `tools/<name>/go.mod`. */
export const BUNDLES: readonly Bundle[] = [
  {
    name: 'etcd',
    version: ETCD,
    module: 'go.etcd.io/etcd/server/v3',
    packages: { etcd: 'go.etcd.io/etcd/server/v3' },
    ldflags: '-s -w',
    buildSeconds: 50,
    fromPath: true,
    downloads: {
      'linux-x64': [etcdArchive('amd64', 'sha256:cf8af880c5a01ee5363cefa14a3e0cb7e5308dcf4ed17a6973099c9a7aee5a9a')],
      'linux-arm64': [etcdArchive('arm64', 'sha256:ef5fc443cf7cc5b82738f3c28363704896551900af90a6d622cae740b5644270')],
    },
  },
  {
    name: 'kubernetes',
    version: KUBERNETES,
    module: 'k8s.io/kubernetes',
    packages: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    },
    ldflags: [
      '-s -w',
      version('gitVersion', `v${KUBERNETES}`),
      version('gitMajor', major),
      version('gitMinor', minor),
      version('gitTreeState', 'clean'),
    ].join(' '),
    buildSeconds: 480,
    fromPath: true,
    downloads: {
      'linux-x64': [
        kubernetesServer(
          'amd64',
          'sha512:7454c2d9023de3230972e965e1e2a587a291e2a1abee703bb0737057e1646b23ebac538b93dd778e93579e3c293dc1fa8d002e6848ad5ebc01598bc47358fe44',
        ),
      ],
      'linux-arm64': [
        kubernetesServer(
          'arm64',
          'sha512:67187a2fe780be7816f9d10e082ed02cbba306bab379980280d00ba4c4017ff53c50cd2ff81d248c91ddcc064276b8760e17c73a1a7da1d35067a6fc0ffbdc88',
        ),
      ],
    },
  },
  {
    name: 'kwok',
    version: KWOK,
    module: 'sigs.k8s.io/kwok',
    packages: { kwok: 'sigs.k8s.io/kwok/cmd/kwok', kwokctl: 'sigs.k8s.io/kwok/cmd/kwokctl' },
    ldflags: `-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v${KWOK}`,
    buildSeconds: 240,
    fromPath: true,
    downloads: {
      'linux-x64': [
        kwokBinary('kwok', 'linux-amd64', 'sha256:f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46'),
        kwokBinary('kwokctl', 'linux-amd64', 'sha256:d5743166c657283d6e827c7c4c20cacfd9009fd94830f06718ca7b2c7099461f'),
      ],
      'darwin-arm64': [
        kwokBinary('kwok', 'darwin-arm64', 'sha256:69a064ec98d37844d9d742b5b28ff57825659a983ccc3e208daa6948b94d64ba'),
        kwokBinary(
          'kwokctl',
          'darwin-arm64',
          'sha256:9323a59adb9c27854bd2a76652ad00258bcbb68acc40aba0dc21e362b67b7d6a',
        ),
      ],
    },
  },
  {
    name: 'minio',
    version: '0.0.0-20260212201848-7aac2a2c5b7c',
    module: 'github.com/minio/minio',
    packages: { minio: 'github.com/minio/minio' },
    ldflags: '-s -w',
    buildSeconds: 180,
    // A build from a module does not know its own version, so none can be recognised.
    fromPath: false,
    downloads: {},
  },
  {
    name: 'mc',
    version: '0.0.0-20250313080218-cf909e1063a9',
    module: 'github.com/minio/mc',
    packages: { mc: 'github.com/minio/mc' },
    ldflags: '-s -w',
    buildSeconds: 60,
    fromPath: false,
    downloads: {},
  },
  {
    // Module proxies serve no release of SeaweedFS: this commit of the main branch calls itself 4.53.
    name: 'seaweedfs',
    version: '0.0.0-20261109003541-7506e5f91cd6',
    module: 'github.com/seaweedfs/seaweedfs',
    packages: { weed: 'github.com/seaweedfs/seaweedfs/weed' },
    ldflags: '-s -w',
    buildSeconds: 360,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'argo-workflows',
    version: ARGO_WORKFLOWS,
    module: 'github.com/argoproj/argo-workflows/v3',
    packages: { 'workflow-controller': 'github.com/argoproj/argo-workflows/v3/cmd/workflow-controller' },
    ldflags: `-s -w -X github.com/argoproj/argo-workflows/v3.version=v${ARGO_WORKFLOWS}`,
    buildSeconds: 170,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'katib',
    version: KATIB,
    module: 'github.com/kubeflow/katib',
    packages: { 'katib-controller': 'github.com/kubeflow/katib/cmd/katib-controller/v1beta1' },
    ldflags: '-s -w',
    buildSeconds: 240,
    fromPath: false,
    downloads: {},
  },
  {
    // Istio's control plane. Module proxies serve few of its commits, and none of a release: this one of the main branch
    // is ten days younger than the branch of 1.30, and has the same sidecar injector.
    name: 'istio',
    version: '0.0.0-20260423205519-b01690e6db7d',
    module: 'istio.io/istio',
    packages: { 'pilot-discovery': 'istio.io/istio/pilot/cmd/pilot-discovery' },
    ldflags: '-s -w',
    buildSeconds: 540,
    fromPath: false,
    downloads: {},
  },
  {
    // Module proxies serve no release of NVIDIA's GPU operator since 1.11: this commit of the main branch calls itself
    // 25.3.4, and is ten months older than the release that the platform installs.
    name: 'gpu-operator',
    version: '0.0.0-20250917190837-d73a0086a6ba',
    module: 'github.com/NVIDIA/gpu-operator',
    packages: { 'gpu-operator': 'github.com/NVIDIA/gpu-operator/cmd/gpu-operator' },
    ldflags: '-s -w',
    buildSeconds: 95,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'jobset',
    version: '0.11.0',
    module: 'sigs.k8s.io/jobset',
    packages: { 'jobset-manager': 'sigs.k8s.io/jobset' },
    ldflags: '-s -w',
    buildSeconds: 120,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'kueue',
    version: '0.19.2',
    module: 'sigs.k8s.io/kueue',
    packages: { kueue: 'sigs.k8s.io/kueue/cmd/kueue' },
    ldflags: '-s -w',
    buildSeconds: 240,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'trainer',
    version: '2.2.0',
    module: 'github.com/kubeflow/trainer/v2',
    packages: {
      'trainer-controller-manager': 'github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager',
    },
    ldflags: '-s -w',
    buildSeconds: 150,
    fromPath: false,
    downloads: {},
  },
  {
    name: 'training-operator',
    version: '1.9.2',
    module: 'github.com/kubeflow/training-operator',
    packages: { 'training-operator': 'github.com/kubeflow/training-operator/cmd/training-operator.v1' },
    ldflags: '-s -w',
    buildSeconds: 150,
    fromPath: false,
    downloads: {},
  },
];

/** Binaries without which no cluster runs. */
export const CLUSTER_BINARIES: readonly BinaryName[] = BUNDLES.filter(({ name }) =>
  ['etcd', 'kubernetes', 'kwok'].includes(name),
).flatMap(bundle => Object.keys(bundle.packages) as BinaryName[]);
