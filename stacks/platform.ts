import { App, JsonPatch } from 'cdk8s';
import { CertManager } from '../components/cert-manager';
import { JobSet } from '../components/jobset';
import { Kubeflow } from '../components/kubeflow';
import { Minio } from '../components/minio';
import { Profiles } from '../components/profiles';
import type { Cluster } from '../components/roles';
import { Trainer } from '../components/trainer';
import { TrainingOperator } from '../components/training-operator';
import { addresses, apiObjects, Component, type NodePool, placeOn, setDefaults } from '../constructs';
import type { Environment } from '../environments';
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
 */
export function composePlatform(environment: Environment): Platform {
  const { infrastructure, platform } = environment;
  const app = new App({ recordConstructMetadata: false });
  const pool = infrastructure.nodePools.find(({ name }) => name === platform.nodePool);
  setDefaults(app, { imageRegistry: platform.imageRegistry, placement: pool && placeOn(pool as NodePool) });
  const cluster = clusterOf(environment);

  new Kubeflow(app, 'kubeflow');
  new Profiles(app, 'profiles');
  new CertManager(app, 'cert-manager', { cluster });
  const objectStore = new Minio(app, 'minio', {
    capacity: platform.objectStore.capacity,
    buckets: platform.objectStore.buckets,
    storageClass: infrastructure.storageClass,
  });
  if (platform.trainingOperator) new TrainingOperator(app, 'training-operator', { cluster });
  if (platform.trainer) new Trainer(app, 'trainer', { cluster, jobSets: new JobSet(app, 'jobset', { cluster }) });
  addTenants(app, environment, { objectStore });

  patchObjects(app, environment);
  return { environment, app, components: app.node.children.filter(Component.isChart) as Component[] };
}

/**
 * Renders an environment.
 *
 * @throws Error listing what components, references or overrides are wrong
 */
export function renderEnvironment(environment: Environment): Rendering {
  return renderPlatform(composePlatform(environment));
}

function clusterOf({ infrastructure: { apiServer } }: Environment): Cluster {
  return {
    apiServerPeers: apiServer.callsFrom.map(cidr => addresses(cidr)),
    apiServer: { peers: apiServer.addresses.map(cidr => addresses(cidr)), ports: apiServer.ports },
  };
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
