import { execFileSync } from 'node:child_process';
import { App } from 'cdk8s';
import { Istio } from '../../components/istio';
import { istioKinds } from '../../components/istio/resources';
import { Kubeflow } from '../../components/kubeflow';
import { addresses, apiObjects, type Manifest } from '../../constructs';
import { testKubeconfig } from '../support/cluster';

const namespace = 'istio-kinds';

function kubectl(args: string[], input?: string): string {
  return execFileSync('kubectl', ['--kubeconfig', testKubeconfig(), ...args], {
    input,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function apply(objects: object[], ...options: string[]): string {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  return kubectl(['apply', '--server-side', '--validate=strict', ...options, '-f', '-'], list);
}

/** An object of a kind, in the stored version unless told otherwise. */
function sample(kind: string, spec: object, version?: string): object {
  const { props, apiVersion } = istioKinds.find(each => each.props.kind === kind)!;
  return {
    apiVersion: version ? `${props.group}/${version}` : apiVersion,
    kind,
    metadata: { name: 'sample', namespace },
    spec,
  };
}

const selector = { matchLabels: { app: 'web' } };

/** One good object of each kind. */
const good: Record<string, object> = {
  AuthorizationPolicy: { action: 'ALLOW', selector, rules: [{ from: [{ source: { namespaces: ['a'] } }] }] },
  DestinationRule: {
    host: 'web',
    trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' }, tls: { mode: 'ISTIO_MUTUAL' } },
  },
  EnvoyFilter: { configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: { any: 'thing' } } }] },
  Gateway: {
    selector: { app: 'web' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
  PeerAuthentication: { selector, mtls: { mode: 'STRICT' }, portLevelMtls: { 8080: { mode: 'PERMISSIVE' } } },
  ProxyConfig: { concurrency: 2, selector },
  RequestAuthentication: { selector, jwtRules: [{ issuer: 'https://a', jwksUri: 'https://a/keys' }] },
  ServiceEntry: { hosts: ['a.example.com'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' },
  Sidecar: { egress: [{ hosts: ['./*'] }] },
  Telemetry: { accessLogging: [{ providers: [{ name: 'envoy' }] }] },
  TrafficExtension: { selector, lua: { inlineCode: 'return 1' } },
  VirtualService: {
    hosts: ['web'],
    http: [{ match: [{ uri: { prefix: '/a/' } }], route: [{ destination: { host: 'web' } }] }],
  },
  WasmPlugin: { selector, url: 'oci://example.com/plugin:1' },
  WorkloadEntry: { address: '10.0.0.1', ports: { http: 80 } },
  WorkloadGroup: { template: { labels: { app: 'vm' } }, probe: { httpGet: { port: 8080 } } },
};

/** Objects that the API server refuses, and what it says. */
const bad: [kind: string, spec: object, message: string][] = [
  [
    'AuthorizationPolicy',
    { selector, targetRef: { kind: 'Gateway', name: 'a' } },
    'only one of targetRefs or selector',
  ],
  ['AuthorizationPolicy', { action: 'PERMIT' }, 'Unsupported value: "PERMIT"'],
  ['DestinationRule', { trafficPolicy: {} }, 'missing required field "host"'],
  [
    'DestinationRule',
    { host: 'a', trafficPolicy: { loadBalancer: { simple: 'RANDOM', consistentHash: { useSourceIp: true } } } },
    'loadBalancer',
  ],
  ['Gateway', { servers: [{ hosts: ['*'] }] }, 'missing required field "port"'],
  ['PeerAuthentication', { portLevelMtls: { 80: { mode: 'STRICT' } } }, 'portLevelMtls requires selector'],
  ['PeerAuthentication', { selector, portLevelMtls: { 0: { mode: 'STRICT' } } }, 'port must be between 1-65535'],
  ['RequestAuthentication', { jwtRules: [{ jwksUri: 'file:///keys' }] }, 'url must have scheme http:// or https://'],
  ['ServiceEntry', { hosts: ['*'] }, 'hostname cannot be wildcard'],
  ['Telemetry', { tracing: [{ randomSamplingPercentage: 101 }] }, 'less than or equal to 100'],
  ['TrafficExtension', { selector }, 'exactly one of wasm or lua must be set'],
  ['VirtualService', { http: [{ timeout: '0s' }] }, 'must be a valid duration greater than 1ms'],
  [
    'VirtualService',
    { http: [{ match: [{ uri: { exact: '/a', prefix: '/a' } }] }] },
    'must validate one and only one schema',
  ],
  ['WasmPlugin', { url: 'ftp://a' }, 'url must have schema one of'],
  ['WorkloadEntry', { weight: 1 }, 'Address is required'],
];

/** Made by this test, and removed by it: others bring up the platform on the same cluster. */
let made: Manifest[];

beforeAll(() => {
  const app = new App();
  const cluster = {
    apiServerPeers: [addresses('10.0.0.0/8')],
    apiServer: { peers: [addresses('10.0.0.0/8')], ports: [443] },
  };
  const mesh = new Istio(app, 'istio', { cluster });
  new Kubeflow(app, 'kubeflow', { mesh });
  const objects: Manifest[] = apiObjects(app).map(object => object.toJson());
  const only = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
  apply([...only('CustomResourceDefinition'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    ...istioKinds.map(({ crdName }) => `crd/${crdName}`),
  ]);
  const tenantRoles = only('ClusterRole').filter(({ metadata }) => metadata.name.startsWith('kubeflow'));
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'admin', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kubeflow-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'owner@example.com' }],
  };
  apply([...tenantRoles, binding]);
  made = [...only('CustomResourceDefinition'), ...tenantRoles];
}, 120_000);

afterAll(() => {
  kubectl(['delete', `namespace/${namespace}`, ...made.map(({ kind, metadata }) => `${kind}/${metadata.name}`)]);
}, 60_000);

test.each(istioKinds.flatMap(({ props }) => props.versions.map(({ name }) => [props.kind, name] as const)))(
  'a good %s of version %s is admitted, with every field that it has',
  (kind, version) => {
    expect(apply([sample(kind, good[kind]!, version)], '--dry-run=server')).toContain('serverside-applied');
  },
);

test.each(bad)('throws when the server is given a malformed %s: %j', (kind, spec, message) => {
  expect(() => apply([sample(kind, spec)], '--dry-run=server')).toThrow(message);
});

test.each(istioKinds.map(({ props }) => `${props.plural}.${props.group}`))(
  'an owner cannot make or change %s',
  resource => {
    const may = (verb: string) => {
      try {
        return kubectl(['auth', 'can-i', verb, resource, '-n', namespace, '--as', 'owner@example.com']).trim();
      } catch (error) {
        return (error as { stdout: string }).stdout.trim();
      }
    };

    expect(['create', 'update', 'patch', 'delete'].map(may)).toEqual(['no', 'no', 'no', 'no']);
  },
);

test('an owner may look at routes', () => {
  const answer = () =>
    kubectl([
      'auth',
      'can-i',
      'list',
      'virtualservices.networking.istio.io',
      '-n',
      namespace,
      '--as',
      'owner@example.com',
    ]);

  expect(answer().trim()).toBe('yes');
});
