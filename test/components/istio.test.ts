import { App } from 'cdk8s';
import type { ExistingIstioProps } from '../../components/istio';
import { Istio, type IstioProps } from '../../components/istio';
import { AuthorizationPolicy, istioKinds, VirtualService } from '../../components/istio/resources';
import type { MeshRoute, ServiceMesh } from '../../components/roles';
import { addresses, apiObjects, Component, Endpoint, type Manifest } from '../../constructs';

const cluster = {
  apiServerPeers: [addresses('10.0.0.0/28')],
  apiServer: { peers: [addresses('10.0.0.10/32')], ports: [6443] },
};

/** A part of the platform, as those that use the mesh. */
class Part extends Component {
  constructor(app: App) {
    super(app, 'part', {}, 'kubeflow');
  }
}

function around<M extends ServiceMesh>(make: (app: App) => M) {
  const app = new App();
  const mesh = make(app);
  const part = new Part(app);
  const objects = (): Manifest[] => apiObjects(app).map(object => object.toJson());
  const find = (kind: string, name: string) => {
    const found = objects().find(each => each.kind === kind && each.metadata.name === name);
    if (!found) throw new Error(`no ${kind} '${name}'`);
    return found;
  };
  return { mesh, part, objects, find };
}

const fixture = (props: Partial<IstioProps> = {}) => around(app => new Istio(app, 'istio', { cluster, ...props }));

const existing = (props: ExistingIstioProps = {}) => around(app => Istio.fromExisting(app, 'istio', props));

const workload = { namespace: 'kubeflow', selector: { app: 'katib-ui' } };
const katib: MeshRoute = {
  name: 'katib-ui',
  path: '/katib/',
  to: new Endpoint('katib-ui', 'kubeflow', 80),
  workload,
  port: 8080,
};

test('renders as before with default props', () => {
  const { objects } = fixture();

  expect(objects().filter(({ kind }) => kind !== 'CustomResourceDefinition')).toMatchSnapshot();
});

test('every kind of the mesh has a CRD', () => {
  const crds = fixture()
    .objects()
    .filter(({ kind }) => kind === 'CustomResourceDefinition');

  expect(crds.map(({ metadata }) => metadata.name)).toEqual(istioKinds.map(({ crdName }) => crdName));
});

test('the control plane reads its settings as JSON, where OFF is no boolean', () => {
  const mesh = JSON.parse(fixture().find('ConfigMap', 'istio').data.mesh);

  expect(mesh).toMatchObject({
    ingressControllerMode: 'OFF',
    pathNormalization: { normalization: 'DECODE_AND_MERGE_SLASHES' },
  });
});

test('two of everything when highly available, and one at most is evicted at a time', () => {
  const { objects } = fixture({ highlyAvailable: true });

  const scaled = objects().filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const budgets = objects().filter(({ kind }) => kind === 'PodDisruptionBudget');
  expect(scaled.map(({ spec }) => spec.minReplicas)).toEqual([2, 2, 2]);
  expect(budgets.map(({ metadata }) => metadata.name)).toEqual([
    'istiod',
    'istio-ingressgateway',
    'cluster-local-gateway',
  ]);
});

test('the door takes users from where they come, on the ports of requests', () => {
  const { find } = fixture({ clients: [addresses('203.0.113.0/24')] });

  expect(find('NetworkPolicy', 'istio-ingressgateway').spec.ingress).toEqual([
    {
      from: [{ ipBlock: { cidr: '203.0.113.0/24' } }],
      ports: [
        { port: 8080, protocol: 'TCP' },
        { port: 8443, protocol: 'TCP' },
      ],
    },
  ]);
});

test('with a certificate, requests without TLS are sent to where there is', () => {
  const { find, mesh } = fixture({ tlsSecret: 'gateway-cert' });

  const [plain, tls] = find('Gateway', 'kubeflow-gateway').spec.servers;
  expect(plain.tls).toEqual({ httpsRedirect: true });
  expect(tls).toMatchObject({ port: { number: 443 }, tls: { mode: 'SIMPLE', credentialName: 'gateway-cert' } });
  expect(mesh.gateway.endpoint.port).toBe(443);
});

test('an override has the last word', () => {
  const { find } = fixture({ overrides: { istiod: { minReadySeconds: 5 }, cni: { minReadySeconds: 7 } } });

  expect(find('Deployment', 'istiod').spec.minReadySeconds).toBe(5);
  expect(find('DaemonSet', 'istio-cni-node').spec.minReadySeconds).toBe(7);
});

test('tenants only look at the mesh', () => {
  const roles = ['kubeflow-istio-edit', 'kubeflow-istio-view'].map(name => fixture().find('ClusterRole', name));

  for (const { rules } of roles) for (const { verbs } of rules) expect(verbs).toEqual(['get', 'list', 'watch']);
});

describe('a route', () => {
  test('lets the door alone reach the server, on its port', () => {
    const { mesh, part, find } = fixture();

    mesh.expose(part, 'Route', katib);

    expect(find('VirtualService', 'katib-ui').spec).toEqual({
      gateways: ['kubeflow/kubeflow-gateway'],
      hosts: ['*'],
      http: [
        {
          match: [{ uri: { prefix: '/katib/' } }],
          route: [{ destination: { host: 'katib-ui.kubeflow.svc.cluster.local', port: { number: 80 } } }],
        },
      ],
    });
    expect(find('AuthorizationPolicy', 'katib-ui').spec.rules).toEqual([
      {
        from: [{ source: { principals: ['cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account'] } }],
        to: [{ operation: { ports: ['8080'] } }],
      },
    ]);
    const [{ from, ports }] = find('NetworkPolicy', 'katib-ui-from-gateway').spec.ingress;
    expect(from[0].podSelector.matchLabels).toEqual({ app: 'istio-ingressgateway', istio: 'ingressgateway' });
    expect(ports).toEqual([{ port: 8080, protocol: 'TCP' }]);
  });

  test('opens its path at the door, which takes no other', () => {
    const { mesh, part, find } = fixture();
    const rules = () => find('AuthorizationPolicy', 'istio-ingressgateway').spec.rules;
    expect(rules()).toBeUndefined();

    mesh.expose(part, 'Katib', katib);
    mesh.expose(part, 'Pipelines', { ...katib, name: 'ml-pipeline-ui', path: '/pipeline' });

    expect(rules()).toEqual([{ to: [{ operation: { paths: ['/katib/*', '/pipeline', '/pipeline/*'] } }] }]);
  });

  test('without a slash at its end takes the path itself too, and not its neighbours', () => {
    const { mesh, part, find } = fixture();

    mesh.expose(part, 'Route', { ...katib, path: '/pipeline', rewrite: '/ui', timeoutSeconds: 300 });

    const { http } = find('VirtualService', 'katib-ui').spec;
    expect(http).toMatchObject([
      { match: [{ uri: { exact: '/pipeline' } }], rewrite: { uri: '/ui' }, timeout: '300s' },
      { match: [{ uri: { prefix: '/pipeline/' } }], rewrite: { uri: '/ui/' }, timeout: '300s' },
    ]);
  });

  test('may add headers', () => {
    const { mesh, part, find } = fixture();

    mesh.expose(part, 'Route', { ...katib, addRequestHeaders: { 'x-forwarded-prefix': '/katib' } });

    expect(find('VirtualService', 'katib-ui').spec.http[0].headers).toEqual({
      request: { add: { 'x-forwarded-prefix': '/katib' } },
    });
  });

  test.each(['/katib/', '/katib', '/katib/new/'])('throws when %s lies in the way of another', path => {
    const { mesh, part } = fixture();
    mesh.expose(part, 'Katib', katib);

    expect(() => mesh.expose(part, 'Other', { ...katib, path })).toThrow(
      `istio: 'path' '${path}' lies in the way of '/katib/'`,
    );
  });

  test('may take what no other does', () => {
    const { mesh, part, find } = fixture();
    mesh.expose(part, 'Katib', katib);

    mesh.expose(part, 'Dashboard', { ...katib, name: 'dashboard', path: '/' });

    expect(find('VirtualService', 'dashboard').spec.http[0].match).toEqual([{ uri: { prefix: '/' } }]);
  });

  test.each(['katib', '/a*', '/a//b', ''])("throws when the path is '%s'", path => {
    const { mesh, part } = fixture();

    expect(() => mesh.expose(part, 'Route', { ...katib, path })).toThrow(`'path' must begin with '/'`);
  });
});

describe('access', () => {
  test('is for accounts and namespaces, to ports, paths and methods', () => {
    const { mesh, part, find } = fixture();

    mesh.allow(part, 'Access', {
      name: 'kernels',
      to: { namespace: 'kubeflow' },
      from: [{ namespace: 'kubeflow', name: 'notebook-controller' }, { namespace: 'team-vision' }],
      ports: [8888],
      paths: ['*/api/kernels'],
      methods: ['GET'],
    });

    expect(find('AuthorizationPolicy', 'kernels').spec).toEqual({
      action: 'ALLOW',
      rules: [
        {
          from: [
            { source: { principals: ['cluster.local/ns/kubeflow/sa/notebook-controller'] } },
            { source: { namespaces: ['team-vision'] } },
          ],
          to: [{ operation: { ports: ['8888'], paths: ['*/api/kernels'], methods: ['GET'] } }],
        },
      ],
    });
  });

  test('throws when it would be for everybody', () => {
    const { mesh, part } = fixture();
    const to = { namespace: 'kubeflow' };

    expect(() => mesh.allow(part, 'A', { name: 'all', to, from: [] })).toThrow(
      "'from' of access 'all' must name a caller",
    );
    expect(() => mesh.allow(part, 'B', { name: 'all', to, from: [{ namespace: '*' }] })).toThrow(
      "'from' takes names of accounts and namespaces, got '*'",
    );
  });
});

describe('plain text', () => {
  const exception = {
    name: 'store',
    workload,
    ports: [9000],
    reason: 'pods without a sidecar',
    authentication: 'signed requests',
  };

  test('is taken on the ports in the table, and on no other', () => {
    const { mesh, part, find } = fixture();

    mesh.allowPlaintext(part, 'Plaintext', exception);

    expect(mesh.plaintextPorts).toEqual([exception]);
    expect(find('PeerAuthentication', 'store').spec).toEqual({
      selector: { matchLabels: { app: 'katib-ui' } },
      mtls: { mode: 'STRICT' },
      portLevelMtls: { 9000: { mode: 'PERMISSIVE' } },
    });
    expect(find('AuthorizationPolicy', 'store').spec.rules).toEqual([{ to: [{ operation: { ports: ['9000'] } }] }]);
  });

  test('throws when the same pods are named twice, or no port', () => {
    const { mesh, part } = fixture();
    mesh.allowPlaintext(part, 'Plaintext', exception);

    expect(() => mesh.allowPlaintext(part, 'Again', { ...exception, name: 'again' })).toThrow(
      "'again' and 'store' take plain text for the same pods; name all 'ports' at once",
    );
    expect(() =>
      mesh.allowPlaintext(part, 'None', { ...exception, workload: { namespace: 'a', selector: {} }, ports: [] }),
    ).toThrow("'ports' of 'store' must name one, got none");
  });
});

test('pods get out to hosts that are named, where they are', () => {
  const { mesh, part, find } = fixture();

  mesh.allowEgress(part, 'Egress', {
    name: 'sso',
    workload,
    hosts: ['sso.example.com'],
    port: 443,
    peers: [addresses('203.0.113.0/24')],
  });

  expect(find('ServiceEntry', 'sso').spec).toMatchObject({
    hosts: ['sso.example.com'],
    ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    exportTo: ['.'],
  });
  expect(find('NetworkPolicy', 'sso').spec.egress).toEqual([
    { to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 443, protocol: 'TCP' }] },
  ]);
});

test('a member reaches the control plane, and others see it only when it is shared', () => {
  const { mesh, part, find } = fixture();

  mesh.addMember(part, 'kubeflow', { shared: true });

  const [{ to, ports }] = find('NetworkPolicy', 'allow-mesh').spec.egress;
  expect(to[0].podSelector.matchLabels).toEqual({ app: 'istiod', istio: 'pilot' });
  expect(ports).toEqual([{ port: 15012, protocol: 'TCP' }]);
  expect(find('Sidecar', 'default').spec.egress[0].hosts).toEqual(['./*', 'istio-system/*', 'kubeflow/*']);
});

describe('a mesh that others run', () => {
  test('gets the platform its Gateway, and nothing of its own', () => {
    const { objects } = existing();

    expect(objects().map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      'Gateway kubeflow/kubeflow-gateway',
    ]);
  });

  test('is fenced in every member namespace, for its own rules may be loose', () => {
    const { mesh, part, find } = existing({ revision: 'asm-managed' });

    mesh.addMember(part, 'kubeflow');

    expect(mesh.memberLabels).toEqual({ 'istio.io/rev': 'asm-managed' });
    expect(find('AuthorizationPolicy', 'deny-all').spec).toEqual({});
    expect(find('PeerAuthentication', 'default').spec).toEqual({ mtls: { mode: 'STRICT' } });
  });

  test('may have its gateway under other names', () => {
    const { mesh, find } = existing({
      namespace: 'gateways',
      gatewayLabels: { app: 'door' },
      gatewayService: 'door',
      gatewayAccount: 'door-keeper',
      platformNamespace: 'ml',
    });

    expect(find('Gateway', 'kubeflow-gateway')).toMatchObject({
      metadata: { namespace: 'ml' },
      spec: { selector: { app: 'door' } },
    });
    expect(mesh.gateway).toMatchObject({
      name: 'ml/kubeflow-gateway',
      endpoint: { service: 'door', namespace: 'gateways' },
      caller: { namespace: 'gateways', name: 'door-keeper' },
    });
  });
});

test('throws when two fields are given of which one may be', () => {
  const { part } = fixture();
  const match = { uri: { exact: '/a', prefix: '/a' } };

  expect(() =>
    VirtualService.create(part, 'Route', { metadata: { name: 'a' }, spec: { http: [{ match: [match] }] } }),
  ).toThrow("'spec.http.0.match.0.uri' takes one of 'exact', 'prefix', 'regex'");
});

test('throws when a policy names an action that there is not', () => {
  const { part } = fixture();

  expect(() =>
    AuthorizationPolicy.create(part, 'Policy', { metadata: { name: 'a' }, spec: { action: 'PERMIT' as never } }),
  ).toThrow("'spec.action' must be one of 'ALLOW', 'DENY', 'AUDIT', 'CUSTOM', got \"PERMIT\"");
});
