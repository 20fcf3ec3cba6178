import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { OrderedNode } from '../constructs';
import { apply, plan } from '../engine/deploy';
import { KubeClient } from '../engine/deploy/client';
import { Discovery, objectPath } from '../engine/deploy/discovery';
import { readKubeconfig } from '../engine/deploy/kubeconfig';
import { nameOf } from '../engine/deploy/types';
import type { Environment } from '../environments';
import { renderFor } from '../stacks/program';
import { deployment, onFreshCluster, WritePhase } from './cluster';
import { measure } from './measure';
import type { Report } from './report';
import { environmentOf } from './scale';

/** Objects that others of the same set need before they can be written. */
const isFirst = ({ manifest }: OrderedNode) =>
  manifest.kind === 'Namespace' || manifest.kind === 'CustomResourceDefinition';

/**
 * Writes of a first `up`, beside `kubectl apply --server-side` of the same objects in an order that works, and beside a
 * client that does nothing but send them, each on a fresh control plane.
 */
export async function writes(report: Report, size: number): Promise<void> {
  const environment = environmentOf(size);
  const { objects } = renderFor(environment);
  report.heading('writes: a first up, kubectl and a raw client, the same objects on a fresh control plane each');
  const up = await ours(environment);
  const raw = await rawClient(environment, objects);
  const kubectl = await kubectlApply(environment, objects);
  report.row({ by: 'up', objects: objects.length, 'write phase s': up.seconds, 'writes a second': up.rate });
  report.row({ by: 'raw client', objects: objects.length, 'write phase s': raw.seconds, 'writes a second': raw.rate });
  report.row({ by: 'kubectl', objects: objects.length, 'all s': kubectl.seconds, 'writes a second': kubectl.rate });
  report.row({ 'up / kubectl': up.rate / kubectl.rate, 'up / raw client': up.rate / raw.rate });
  report.heading('a second up');
  report.row(up.second);
}

async function ours(environment: Environment) {
  return onFreshCluster(environment, async kubeconfig => {
    const phase = new WritePhase();
    const options = deployment(environment, kubeconfig);
    const result = await apply({ ...options, onEvent: event => phase.onEvent(event) });
    if (!result.ok) throw result.error!;
    const started = performance.now();
    const again = await plan(options);
    const second = {
      objects: again.objects.length,
      's in all': (performance.now() - started) / 1000,
      'objects that would be written': again.objects.filter(({ action }) => action !== 'unchanged').length,
      'peak MB of this process': process.resourceUsage().maxRSS / 1024,
    };
    return { seconds: phase.seconds, rate: phase.writes / phase.seconds, second };
  });
}

/** No plan, no readiness, no inventory: as fast as the API server takes them from one process. */
async function rawClient(environment: Environment, objects: readonly OrderedNode[]) {
  return onFreshCluster(environment, async kubeconfig => {
    const client = new KubeClient(readKubeconfig(kubeconfig), { parallel: 64 });
    const discovery = await Discovery.read(client);
    const send = async (those: readonly OrderedNode[]) => {
      await Promise.all(
        those.map(({ manifest }) => {
          const name = nameOf(manifest);
          return client.apply(objectPath(discovery.find(name)!, name), manifest);
        }),
      );
    };
    const started = performance.now();
    const first = objects.filter(isFirst);
    await send(first);
    let seconds = (performance.now() - started) / 1000;
    for (const { manifest } of first) {
      if (manifest.kind === 'CustomResourceDefinition') {
        discovery.addDefinition(manifest);
        await established(client, manifest.metadata.name);
      }
    }
    const resumed = performance.now();
    await send(objects.filter(each => !isFirst(each)));
    seconds += (performance.now() - resumed) / 1000;
    client.close();
    return { seconds, rate: objects.length / seconds };
  });
}

async function established(client: KubeClient, name: string): Promise<void> {
  const at = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  for (;;) {
    const conditions = (await client.get(at))?.status?.conditions ?? [];
    if (
      conditions.some((each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True')
    ) {
      const { group, versions } = (await client.get(at))!.spec;
      if (await client.get(`/apis/${group}/${versions[0].name}`)) return;
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

/** What must come first in a call of its own, then all the rest in the order of the graph. */
async function kubectlApply(environment: Environment, objects: readonly OrderedNode[]) {
  return onFreshCluster(environment, async kubeconfig => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-kubectl-'));
    const run = (those: readonly OrderedNode[]) => {
      const file = path.join(folder, 'objects.json');
      const items = those.map(({ manifest }) => manifest);
      fs.writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      return measure(['kubectl', '--kubeconfig', kubeconfig, 'apply', '--server-side', '-f', file]).wallSeconds;
    };
    const first = run(objects.filter(isFirst));
    const wait = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'];
    execFileSync('kubectl', ['--kubeconfig', kubeconfig, ...wait]);
    const seconds = first + run(objects.filter(each => !isFirst(each)));
    fs.rmSync(folder, { recursive: true });
    return { seconds, rate: objects.length / seconds };
  });
}
