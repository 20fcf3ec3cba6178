import { createHash } from 'node:crypto';
import { App, Testing } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  type AcmeIssuer,
  Certificate,
  CertManager,
  type CertManagerProps,
  Challenge,
  Issuer,
  Order,
  release,
} from '../../components/cert-manager';
import { addresses, apiObjects, Component, type Manifest, orderObjects, setDefaults } from '../../constructs';

const apiServer = [addresses('10.1.0.10/32')];

class Consumer extends Component {
  constructor(scope: Construct) {
    super(scope, 'consumer', {}, 'consumer');
  }
}

function fixture(props: Partial<CertManagerProps> = {}) {
  const app = Testing.app();
  const certificates = new CertManager(app, 'cert-manager', {
    cluster: {
      apiServerPeers: [addresses('10.0.0.0/8')],
      apiServer: { peers: apiServer, ports: [443, 6443] },
    },
    ...props,
  });
  const objects = (root: Construct = certificates): Manifest[] => apiObjects(root).map(object => object.toJson());
  const find = (kind: string, name: string): Manifest => {
    const found = objects().find(object => object.kind === kind && object.metadata.name === name);
    if (!found) throw new Error(`no ${kind} ${name}`);
    return found;
  };
  return { app, certificates, objects, find };
}

const acme: AcmeIssuer = {
  server: 'https://acme.example.com/directory',
  privateKeySecretRef: { name: 'acme-account' },
  solvers: [{ dns01: { cloudDNS: { project: 'sample' } } }],
};

const katib = {
  name: 'katib-webhook-cert',
  secretName: 'katib-tls',
  namespace: 'kubeflow',
  dnsNames: ['katib-controller.kubeflow.svc'],
};

test('renders the same objects as before', () => {
  const { objects } = fixture();

  // Of the CRDs the digests alone: parity and the tests below say what is in them.
  const brief = objects().map(object =>
    object.kind === 'CustomResourceDefinition'
      ? {
          name: object.metadata.name,
          digest: createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16),
        }
      : object,
  );

  expect(brief).toMatchSnapshot();
});

test('two renderings are the same', () => {
  expect(JSON.stringify(fixture().objects())).toBe(JSON.stringify(fixture().objects()));
});

test('only the API server reaches the webhook', () => {
  const { find, objects } = fixture();

  expect(find('NetworkPolicy', 'cert-manager-webhook').spec.ingress).toEqual([
    { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 'https', protocol: 'TCP' }] },
  ]);
  const open = objects().filter(object => object.kind === 'NetworkPolicy' && object.spec.ingress);
  expect(open.map(object => object.metadata.name)).toEqual(['cert-manager-webhook']);
});

test.each(['cert-manager', 'cert-manager-cainjector', 'cert-manager-webhook'])(
  '%s reaches the API server and nothing else',
  name => {
    expect(fixture().find('NetworkPolicy', name).spec.egress).toEqual([
      {
        to: [{ ipBlock: { cidr: '10.1.0.10/32' } }],
        ports: [
          { port: 443, protocol: 'TCP' },
          { port: 6443, protocol: 'TCP' },
        ],
      },
    ]);
  },
);

test.each([
  [{ apiServerPeers: [], apiServer: { peers: apiServer, ports: [443] } }, "'from' must name its peers"],
  [{ apiServerPeers: apiServer, apiServer: { peers: [], ports: [443] } }, "'to' must name its peers"],
])('throws when a network rule would be open to all', (cluster, message) => {
  expect(() => fixture({ cluster })).toThrow(message);
});

test('high availability doubles controller and webhook, each with a budget', () => {
  const { find, objects } = fixture({ highlyAvailable: true });

  const replicas = ['cert-manager', 'cert-manager-cainjector', 'cert-manager-webhook'].map(
    name => find('Deployment', name).spec.replicas,
  );
  const budgets = objects().filter(object => object.kind === 'PodDisruptionBudget');
  expect(replicas).toEqual([2, 1, 2]);
  expect(budgets.map(object => object.metadata.name)).toEqual(['cert-manager', 'cert-manager-webhook']);
});

test.each([
  ['controller', 'cert-manager'],
  ['cainjector', 'cert-manager-cainjector'],
  ['webhook', 'cert-manager-webhook'],
])('an override has the last word over the %s', (child, name) => {
  const { find } = fixture({ overrides: { [child]: { replicas: 5 } } });

  expect(find('Deployment', name).spec.replicas).toBe(5);
});

test('throws when an override matches nothing', () => {
  const { certificates } = fixture({ overrides: { webhok: { replicas: 5 } } as CertManagerProps['overrides'] });

  expect(certificates.node.validate()).toEqual([
    "'overrides.webhok' matches nothing; the component renders 'cainjector', 'controller', 'webhook'",
  ]);
});

test('another namespace reaches accounts, webhooks and the injected authority', () => {
  const { find, objects } = fixture({ namespace: 'certs' });

  const webhook = find('ValidatingWebhookConfiguration', 'cert-manager-webhook');
  expect(webhook.webhooks[0].clientConfig.service.namespace).toBe('certs');
  expect(webhook.metadata.annotations).toEqual({
    'cert-manager.io/inject-ca-from-secret': 'certs/cert-manager-webhook-ca',
  });
  const places = objects().map(object => object.metadata.namespace);
  expect([...new Set(places)].sort()).toEqual(['certs', 'kube-system', undefined]);
});

test('extensions are bound last', () => {
  const { find } = fixture({ extensions: [{ bind: component => component.addAcmeIssuer('public', acme) }] });

  expect(find('ClusterIssuer', 'public').spec.acme.server).toBe('https://acme.example.com/directory');
});

test('solvers come from the mirror, too', () => {
  const app = new App();
  setDefaults(app, { imageRegistry: 'registry.example.com' });
  const certificates = new CertManager(app, 'cert-manager', {
    cluster: { apiServerPeers: apiServer, apiServer: { peers: apiServer, ports: [443] } },
  });

  const controller = apiObjects(certificates)
    .map(object => object.toJson())
    .find(object => object.kind === 'Deployment' && object.metadata.name === 'cert-manager');
  expect(controller.spec.template.spec.containers[0].args).toContain(
    '--acme-http01-solver-image=registry.example.com/jetstack/cert-manager-acmesolver:v1.20.2',
  );
});

test('all images are of the release', () => {
  expect(Object.values(release.images).map(({ tag }) => tag)).toEqual(Array(4).fill(release.version));
});

describe('issue', () => {
  test('renders a certificate below the caller, signed by the issuer', () => {
    const { app, certificates, objects } = fixture();
    const consumer = new Consumer(app);

    certificates.issue(consumer, 'Certificate', katib);

    expect(objects(consumer)).toMatchObject([
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: 'katib-webhook-cert', namespace: 'kubeflow' },
        spec: {
          commonName: 'katib-controller.kubeflow.svc',
          dnsNames: ['katib-controller.kubeflow.svc'],
          issuerRef: { name: 'kubeflow-self-signing-issuer', kind: 'ClusterIssuer', group: 'cert-manager.io' },
          secretName: 'katib-tls',
        },
      },
    ]);
  });

  test('says where the files are and what injects the authority', () => {
    const { app, certificates } = fixture();

    const issued = certificates.issue(new Consumer(app), 'Certificate', katib);

    expect(issued.secretName).toBe('katib-tls');
    expect(issued.caInjection).toEqual({ 'cert-manager.io/inject-ca-from': 'kubeflow/katib-webhook-cert' });
    expect(issued.volume('tls')).toEqual({
      name: 'tls',
      source: { secret: { secretName: 'katib-tls' } },
      readOnly: true,
    });
  });

  test('takes no common name that a certificate cannot hold', () => {
    const { app, certificates, objects } = fixture();
    const consumer = new Consumer(app);

    const long = `${'a'.repeat(60)}.kubeflow.svc`;
    certificates.issue(consumer, 'Certificate', { ...katib, dnsNames: [long] });

    expect(objects(consumer)[0]!.spec).not.toHaveProperty('commonName');
    expect(objects(consumer)[0]!.spec.dnsNames).toEqual([long]);
  });

  test('throws when no host is named', () => {
    const { app, certificates } = fixture();

    expect(() => certificates.issue(new Consumer(app), 'Certificate', { ...katib, dnsNames: [] })).toThrow(
      "cert-manager: 'dnsNames' of certificate 'katib-webhook-cert' must name a host, got []",
    );
  });
});

describe('addAcmeIssuer', () => {
  test('opens the way out once, however many issuers there are', () => {
    const { certificates, find } = fixture();

    const first = certificates.addAcmeIssuer('staging', acme);
    certificates.addAcmeIssuer('production', acme);

    expect(first).toEqual({ name: 'staging', kind: 'ClusterIssuer', group: 'cert-manager.io' });
    expect(find('ClusterIssuer', 'production').spec).toEqual({ acme });
    expect(find('NetworkPolicy', 'cert-manager').spec.egress.slice(1)).toEqual([
      {
        to: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }],
        ports: [
          { port: 443, protocol: 'TCP' },
          { port: 80, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    ]);
  });

  test('throws when a solver lacks what its provider needs', () => {
    const { certificates } = fixture();

    const solvers = [{ dns01: { azureDNS: { subscriptionID: 'sample' } } }] as AcmeIssuer['solvers'];
    expect(() => certificates.addAcmeIssuer('public', { ...acme, solvers })).toThrow(
      "'spec.acme.solvers.0.dns01.azureDNS' lacks the field 'resourceGroupName'",
    );
  });
});

describe('order', () => {
  function ordered() {
    const { app, certificates } = fixture();
    const consumer = new Consumer(app);
    certificates.issue(consumer, 'Certificate', { ...katib, namespace: 'default', dnsNames: ['sample.example.com'] });
    const nodes = [certificates, consumer].flatMap(component =>
      apiObjects(component).map(object => ({
        id: object.node.path,
        component: component.node.id,
        manifest: object.toJson() as Manifest,
      })),
    );
    return { certificates, nodes };
  }

  test('issuer and certificates come after the webhooks that guard them', () => {
    const { certificates, nodes } = ordered();

    const ids = orderObjects({ nodes, needs: new Map(), existing: certificates.existing }).map(({ id }) => id);

    const webhooks = ids.indexOf('cert-manager/Webhook/Validating/Configuration');
    const issuer = ids.indexOf('cert-manager/Issuer');
    expect(webhooks).toBeGreaterThan(ids.indexOf('cert-manager/Webhook/Deployment/Deployment'));
    expect(issuer).toBeGreaterThan(webhooks);
    expect(ids.indexOf('consumer/Certificate')).toBeGreaterThan(issuer);
  });

  test('throws when nobody says that the webhook makes its own authority', () => {
    const { nodes } = ordered();

    expect(() => orderObjects({ nodes, needs: new Map(), existing: [] })).toThrow(
      "Secret 'cert-manager/cert-manager-webhook-ca', which nothing renders",
    );
  });
});

describe('resources', () => {
  const metadata = { name: 'sample', namespace: 'default' };
  const podTemplate = {
    spec: {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
      imagePullSecrets: [{ name: 'pull' }],
      resources: { limits: { cpu: 1, memory: '64Mi' } },
      tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }],
    },
  };

  test.each([
    ['self-signed', { selfSigned: {} }],
    ['authority', { ca: { secretName: 'ca', ocspServers: ['http://ocsp.example.com'] } }],
    [
      'Vault',
      {
        vault: {
          server: 'https://vault',
          path: 'pki/sign/a',
          auth: { kubernetes: { role: 'a', secretRef: { name: 'b' } } },
        },
      },
    ],
    ['Venafi', { venafi: { zone: 'a', cloud: { apiTokenSecretRef: { name: 'b' } } } }],
    ['ACME by name server', { acme }],
    ['ACME by Ingress', { acme: { ...acme, solvers: [{ http01: { ingress: { podTemplate } } }] } }],
    [
      'ACME by Gateway',
      { acme: { ...acme, solvers: [{ http01: { gatewayHTTPRoute: { parentRefs: [{ name: 'a', port: 80 }] } } }] } },
    ],
    [
      'ACME by webhook',
      {
        acme: { ...acme, solvers: [{ dns01: { webhook: { groupName: 'a', solverName: 'b', config: { any: [1] } } } }] },
      },
    ],
  ])('an issuer takes %s', (_, spec) => {
    expect(Issuer.check({ metadata, spec })).toEqual([]);
  });

  test.each([
    [{ acme: { server: 'a' } }, "'spec.acme' lacks the field 'privateKeySecretRef'"],
    [{ ca: { secret: 'a', secretName: 'b' } }, "'spec.ca' has no field 'secret'"],
    [
      { vault: { server: 'a', path: 'b', auth: { kubernetes: {} } } },
      "'spec.vault.auth.kubernetes' lacks the field 'role'",
    ],
    [
      { acme: { ...acme, solvers: [{ dns01: { cnameStrategy: 'Chase' } }] } },
      "'spec.acme.solvers.0.dns01.cnameStrategy' must be one of 'None', 'Follow'",
    ],
    [
      { acme: { ...acme, solvers: [{ http01: { gatewayHTTPRoute: { parentRefs: [{ name: 'a', port: 70000 }] } } }] } },
      "'spec.acme.solvers.0.http01.gatewayHTTPRoute.parentRefs.0.port' must be <= 65535",
    ],
  ])('an issuer refuses %j', (spec, problem) => {
    expect(Issuer.check({ metadata, spec })).toEqual([expect.stringContaining(problem)]);
  });

  test('a certificate refuses a key that nobody makes', () => {
    const spec = { secretName: 'a', issuerRef: { name: 'b' }, privateKey: { algorithm: 'DSA' } };

    expect(Certificate.check({ metadata, spec })).toEqual([
      "'spec.privateKey.algorithm' must be one of 'RSA', 'ECDSA', 'Ed25519', got \"DSA\"",
    ]);
  });

  test('orders and challenges are told apart', () => {
    const issuerRef = { name: 'a' };
    const challenge = { authorizationURL: 'a', dnsName: 'b', issuerRef, key: 'c', token: 'd', url: 'e', solver: {} };

    expect(Order.check({ metadata, spec: { issuerRef, request: 'Zm9v' } })).toEqual([]);
    expect(Challenge.check({ metadata, spec: { ...challenge, type: 'DNS-01' } })).toEqual([]);
    expect(Challenge.check({ metadata, spec: { ...challenge, type: 'TLS-ALPN-01' } })).toHaveLength(1);
  });
});
