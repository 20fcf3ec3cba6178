import { App, JsonPatch } from 'cdk8s';
import { ArgoWorkflows } from '../components/argo-workflows';
import { Istio } from '../components/istio';
import type { KnownTrialResource } from '../components/katib';
import type { JobFramework } from '../components/kueue';
import type {
  Certificates,
  Cluster,
  Queues,
  ServiceMesh,
  SqlDatabase,
  Tuning,
  WorkflowEngine,
} from '../components/roles';
import { addresses, apiObjects, Component, type NodePool, placeOn, podsIn, setDefaults } from '../constructs';
import type { Environment } from '../environments';
import { enforce } from '../policies';
import { type Distribution, propsOf } from './distribution';
import { addObjectStore } from './object-store';
import { type PartClasses, type PartId, type Parts, type PropsOf, parts } from './parts';
import { type Rendering, renderPlatform } from './render';
import { addTenants } from './tenants';

/** A composed platform: the tree, and its parts in the order they were added. */
export interface Platform {
  readonly environment: Environment;
  readonly app: App;
  readonly components: readonly Component[];
}

/**
 * Composes the platform of an environment. Pure: no cluster, network, clock or Pulumi; same settings, same tree.
 *
 * @param distribution what a fork changes and adds; nothing when left out
 */
export function composePlatform(environment: Environment, distribution: Distribution = {}): Platform {
  const { infrastructure, platform } = environment;
  const app = new App({ recordConstructMetadata: false });
  const pool = infrastructure.nodePools.find(({ name }) => name === platform.nodePool);
  setDefaults(app, { imageRegistry: platform.imageRegistry, placement: pool && placeOn(pool as NodePool) });
  const cluster = clusterOf(environment);

  const props = propsOf(distribution, environment);
  const components: Partial<Parts> = {};
  // The last word over the props is the fork's.
  function add<Id extends PartId>(id: Id, settings: PropsOf<Id>): Parts[Id] {
    const classes: PartClasses = parts;
    const component = new classes[id](app, id, { ...settings, ...props[id] });
    components[id] = component;
    return component;
  }

  function addMesh(): ServiceMesh | undefined {
    if (!platform.serviceMesh) return undefined;
    const { kind, clients, highlyAvailable, namespace, revision } = platform.serviceMesh;
    if (kind === 'existing') return Istio.fromExisting(app, 'istio', { namespace, revision });
    return add('istio', { cluster, clients: clients?.map(cidr => addresses(cidr)), highlyAvailable });
  }

  function addWorkflows(): WorkflowEngine | undefined {
    if (!platform.workflows) return undefined;
    const { kind, namespace, retention } = platform.workflows;
    if (kind === 'existing') return ArgoWorkflows.fromExisting(app, 'argo-workflows', { cluster, namespace });
    return add('argo-workflows', { cluster, retention });
  }

  function addTuning(certificates: Certificates, database?: SqlDatabase): Tuning | undefined {
    // An environment that tunes has a database, or is not valid.
    if (!platform.katib || !database) return undefined;
    return add('katib', { cluster, certificates, database, mesh, trialResources: trialResources(platform) });
  }

  function addQueues(certificates: Certificates): Queues | undefined {
    if (!platform.queues) return undefined;
    const { reclaims } = platform.queues;
    const pools = infrastructure.nodePools as NodePool[];
    return add('kueue', { cluster, certificates, mesh, pools, reclaims, frameworks: queuedKinds(platform) });
  }

  const mesh = addMesh();
  add('kubeflow', { mesh });
  add('profiles', {});
  const certificates = add('cert-manager', { cluster });
  const objectStore = addObjectStore(environment, { app, mesh, certificates, add });
  const database =
    platform.database &&
    add('mysql', { mesh, storageClass: infrastructure.storageClass, capacity: platform.database.capacity });
  if (infrastructure.devicePlugin)
    add('nvidia-device-plugin', { cluster, pools: infrastructure.nodePools as NodePool[] });
  if (infrastructure.gpuOperator) {
    const { scraper, ...installers } = infrastructure.gpuOperator;
    const scrapers = scraper === undefined ? [] : [podsIn(scraper)];
    add('gpu-operator', { cluster, pools: infrastructure.nodePools as NodePool[], ...installers, scrapers });
  }
  if (platform.trainingOperator) {
    add('training-operator', { cluster, mesh, gangScheduling: platform.gangScheduling });
  }
  if (platform.trainer) add('trainer', { cluster, mesh, jobSets: add('jobset', { cluster, mesh }) });
  const workflows = addWorkflows();
  const tuning = addTuning(certificates, database);
  const queues = addQueues(certificates);
  const bucket = platform.objectStore.tenantBucket;
  const handles = { objectStore, mesh, workflows, tuning, queues };
  addTenants(app, environment, { ...handles, bucket, ...props.tenant });
  const foundation = { app, environment, cluster, certificates, database, ...handles, components };
  const late: unknown = distribution.extend?.(foundation);
  if (late instanceof Promise) throw new Error("'extend' must be done when it returns, got a promise");

  patchObjects(app, environment);
  return { environment, app, components: componentsOf(app) };
}

/**
 * Renders an environment.
 *
 * @param distribution what a fork changes and adds; nothing when left out
 * @throws Error listing what components, references or overrides are wrong
 * @throws PolicyViolations listing the objects that a mandatory policy refuses
 */
export function renderEnvironment(environment: Environment, distribution: Distribution = {}): Rendering {
  const rendering = renderPlatform(composePlatform(environment, distribution));
  return { ...rendering, advice: enforce(rendering.objects, distribution) };
}

function componentsOf(app: App): Component[] {
  return app.node.children.map(child => {
    if (Component.isComponent(child)) return child;
    throw new Error(`'${child.node.id}' must be a Component of flowyard/constructs, got '${child.constructor.name}'`);
  });
}

function clusterOf({ infrastructure: { apiServer } }: Environment): Cluster {
  return {
    apiServerPeers: apiServer.callsFrom.map(cidr => addresses(cidr)),
    apiServer: { peers: apiServer.addresses.map(cidr => addresses(cidr)), ports: apiServer.ports },
  };
}

/** Kinds of trials whose controllers the platform has. */
export function trialResources({
  trainer,
  trainingOperator,
  workflows,
}: Environment['platform']): KnownTrialResource[] {
  const jobs = ['TFJob', 'PyTorchJob', 'MPIJob', 'XGBoostJob'] as const;
  return [
    'Job.v1.batch',
    ...(trainer ? (['TrainJob.v1alpha1.trainer.kubeflow.org'] as const) : []),
    ...(trainingOperator ? jobs.map(kind => `${kind}.v1.kubeflow.org` as const) : []),
    ...(workflows ? (['Workflow.v1alpha1.argoproj.io'] as const) : []),
  ];
}

/** Kinds of jobs whose controllers the platform has. */
function queuedKinds({ trainer, trainingOperator }: Environment['platform']): JobFramework[] {
  return [
    'batch/job',
    ...(trainer ? (['jobset.x-k8s.io/jobset', 'trainer.kubeflow.org/trainjob'] as const) : []),
    ...(trainingOperator
      ? (['jaxjob', 'paddlejob', 'pytorchjob', 'tfjob', 'xgboostjob'] as const).map(
          kind => `kubeflow.org/${kind}` as const,
        )
      : []),
  ];
}

/** The last rung: patches by construct path. */
function patchObjects(app: App, { platform }: Environment): void {
  const objects = new Map(apiObjects(app).map(object => [object.node.path, object]));
  for (const { path, patch } of platform.patches ?? []) {
    const object = objects.get(path);
    if (!object) {
      const near = [...objects.keys()].filter(key => key.startsWith(`${path.split('/')[0]}/`));
      throw new Error(
        `'platform.patches' names '${path}', which nothing renders; there are '${near.join("', '") || [...objects.keys()].join("', '")}'`,
      );
    }
    for (const { op, path: pointer, value } of patch) object.addJsonPatch(operation(op, pointer, value));
  }
}

function operation(op: 'add' | 'remove' | 'replace' | 'test', path: string, value: unknown): JsonPatch {
  return op === 'remove' ? JsonPatch.remove(path) : JsonPatch[op](path, value);
}
