import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';

/** A Kubernetes object, as the program of a stack registers it. */
export class KubernetesObject extends pulumi.CustomResource {
  constructor(name: string, manifest: Record<string, unknown>, options: pulumi.CustomResourceOptions = {}) {
    const { apiVersion, kind } = manifest as { apiVersion: string; kind: string };
    super(
      `kubernetes:${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}:${kind}`,
      name,
      manifest,
      options,
    );
  }
}

/** Groups objects, as a component of the platform does. */
export class Part extends pulumi.ComponentResource {
  constructor(name: string, options: pulumi.ComponentResourceOptions = {}) {
    super('flowyard:index:Part', name, {}, options);
  }
}

/** What tests change about the sample. */
export interface SampleOptions {
  readonly mode?: string;
  readonly command?: string;
  readonly invalid?: boolean;
  readonly extra?: boolean;
  readonly claim?: boolean;
  readonly namespace?: string;
}

const container = (image: string, command?: string[]) => ({
  name: 'main',
  image,
  ...(command ? { command } : {}),
  resources: { requests: { cpu: '10m', memory: '16Mi' } },
});

/** A program with one object of each kind that the engine treats in its own way. */
export function sample(options: SampleOptions = {}) {
  const { mode = 'a', command = 'true', namespace = 'shop' } = options;
  return () => {
    const provider = new KubernetesProvider();
    const base = new Part('base', { provider });
    const at = { parent: base };
    const space = new KubernetesObject(
      'namespace',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      at,
    );
    const definition = new KubernetesObject('crd', widgetDefinition(namespace), at);
    const password = new random.RandomPassword('password', { length: 24, special: false });
    const store = new Part('store', { provider });
    const inStore = { parent: store, dependsOn: [space] };
    const secret = new KubernetesObject(
      'secret',
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'db', namespace },
        stringData: { user: 'shop', password: password.result },
      },
      inStore,
    );
    const settings = new KubernetesObject(
      'settings',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { mode } },
      inStore,
    );
    const labels = { app: 'store' };
    const deployment = new KubernetesObject(
      'deployment',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'store', namespace, annotations: { 'pulumi.com/timeoutSeconds': '60' } },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container('example.com/store:1')] } },
        },
      },
      { parent: store, dependsOn: [secret, settings] },
    );
    new KubernetesObject(
      'job',
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'setup', namespace },
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [container('example.com/setup:1', [command])] } },
        },
      },
      { parent: store, dependsOn: [deployment] },
    );
    const widgets = new Part('widgets', { provider, dependsOn: [store] });
    const widget = (name: string, size: unknown) => ({
      apiVersion: `${namespace}.example.com/v1`,
      kind: 'Widget',
      metadata: { name, namespace },
      spec: { size },
    });
    new KubernetesObject('widget', widget('one', 3), { parent: widgets, dependsOn: [definition] });
    if (options.extra) {
      const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra', namespace }, data: { a: 'b' } };
      // Made inside an apply: a preview would not see it.
      password.result.apply(() => new KubernetesObject('extra', late, { parent: widgets, dependsOn: [space] }));
    }
    if (options.invalid) {
      const bad = new KubernetesObject('bad', widget('bad', 'large'), { parent: widgets, dependsOn: [definition] });
      const after = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'after-bad', namespace } };
      new KubernetesObject('after-bad', after, { parent: widgets, dependsOn: [bad] });
    }
    if (options.claim) {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
      const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace }, spec };
      new KubernetesObject('claim', claim, inStore);
    }
    return { namespace, password: password.result };
  };
}

class KubernetesProvider extends pulumi.ProviderResource {
  constructor() {
    super('kubernetes', 'cluster', {});
  }
}

function widgetDefinition(namespace: string) {
  const group = `${namespace}.example.com`;
  const size = { type: 'integer', minimum: 1 };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size } } } },
          },
        },
      ],
    },
  };
}
