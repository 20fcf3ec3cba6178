import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditLogPath, status as clusterStatus, createOrStart, remove } from '../../../../engine/control-plane';
import { apply, type DeployOptions, destroy, type Plan, plan, type Result, status } from '../../../../engine/deploy';
import { KubeClient } from '../../../../engine/deploy/client';
import { collectionPath, Discovery, type ResourceType } from '../../../../engine/deploy/discovery';
import { readKubeconfig } from '../../../../engine/deploy/kubeconfig';
import { isRevived } from '../../../../engine/deploy/remove';
import type { Manifest } from '../../../../engine/deploy/types';
import type { Environment } from '../../../../environments';
import { simulatedNodes } from '../../../../stacks/local';
import { deployPlatform, renderFor } from '../../../../stacks/program';
import { goal } from './variants';

/** A request that the deployer sent, as the API server noted it. */
export interface Sent {
  readonly verb: string;
  readonly uri: string;
  readonly path: string;
  readonly code: number;
  readonly time: string;
}

/** Parts of the control plane that a deployer needs. */
export type ServerName = 'kube-apiserver' | 'etcd';

const READS = ['get', 'list', 'watch'];

/** Kinds that controllers write by themselves, at times of their own. */
const RESTLESS =
  /^(events|leases|endpoints|endpointslices|nodes|pods|csinodes|replicasets|controllerrevisions|componentstatuses|bindings|ipaddresses|persistentvolumes)$/;

/** A control plane for the claims, with all that is asked of it. */
export class Lab {
  private constructor(
    private readonly cluster: string,
    public readonly kubeconfig: string,
    public readonly client: KubeClient,
    private readonly readySeconds: number,
  ) {}

  /** @param readySeconds how long an object may take to become ready */
  public static async open(cluster: string, readySeconds = 60): Promise<Lab> {
    const { kubeconfigPath } = await createOrStart(cluster, { nodes: simulatedNodes(goal) });
    return new Lab(cluster, kubeconfigPath, new KubeClient(readKubeconfig(kubeconfigPath)), readySeconds);
  }

  public async close(): Promise<void> {
    this.client.close();
    await remove(this.cluster);
  }

  public options(environment: Environment, more: Partial<DeployOptions> = {}): DeployOptions {
    const { kubeconfig, readySeconds } = this;
    return {
      ...{ stack: 'claims', project: 'flowyard', kubeconfig, readySeconds },
      program: () => deployPlatform(renderFor(environment), { kubeconfig }),
      ...more,
    };
  }

  /** A plan that lets go what it would refuse, as a user does who has read it. */
  public async plan(environment: Environment): Promise<Plan> {
    const first = await plan(this.options(environment));
    const acknowledge = first.refusals.flatMap(each => each.acknowledge ?? []);
    return acknowledge.length === 0 ? first : plan(this.options(environment, { acknowledge }));
  }

  /** Brings back the parts of the control plane that do not run. */
  public async start(): Promise<void> {
    await createOrStart(this.cluster, { nodes: simulatedNodes(goal) });
  }

  /** Sends a signal to a part of the control plane. */
  public async signal(component: ServerName, signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(component), signal);
  }

  public async isGone(component: ServerName): Promise<boolean> {
    return (await this.pid(component).catch(() => 0)) === 0;
  }

  private async pid(component: ServerName): Promise<number> {
    const { components } = await clusterStatus(this.cluster);
    const { pid } = components.find(({ name }) => name === component)!;
    if (pid === undefined) throw new Error(`${component} does not run`);
    return pid;
  }

  /** Starting a cluster that runs tops up its volumes, of which each round uses some up. */
  public async up(environment: Environment): Promise<Result> {
    await this.start();
    return apply(await this.plan(environment));
  }

  public async destroy(): Promise<Result> {
    const options = this.options(goal);
    const { objects } = await status(options);
    const acknowledge = objects.map(({ object: { kind, namespace, name } }) =>
      [kind, namespace, name].filter(Boolean).join('/'),
    );
    return destroy({ ...options, acknowledge });
  }

  /** Runs a deployer of its own process, which is killed at its nth write; tells how it ended, and what it printed. */
  public runAndKill(
    command: 'up' | 'destroy',
    environment: Environment,
    write: number,
  ): { signal: string | null; code: number | null; output: string } {
    const script = path.join(__dirname, 'deployer.ts');
    const args = [command, this.kubeconfig, String(write), JSON.stringify(environment)];
    const ended = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { encoding: 'utf8' });
    return { signal: ended.signal, code: ended.status, output: ended.stdout + ended.stderr };
  }

  /** Every object of the cluster, but for those of restless kinds. */
  public async objects(): Promise<Manifest[]> {
    const discovery = await Discovery.read(this.client);
    const lists = await Promise.all(
      (await listable(this.client, discovery)).map(async ({ type, apiVersion, kind }) => {
        const { items } = await this.client.list(collectionPath(type));
        return items.map(item => ({ ...item, apiVersion, kind }) as Manifest);
      }),
    );
    return lists.flat();
  }

  /** The version of each object. */
  public async versions(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.objects()).map(each => [nameOf(each), each.metadata.resourceVersion]));
  }

  /**
   * What the cluster holds, without what differs from one install to the next, and without roles that the aggregation
   * controller makes anew by itself when it comes back later than the run ended: they grant nothing, and are taken over.
   */
  public async normalForm(): Promise<Record<string, unknown>> {
    const objects = (await this.objects()).filter(each => !isRevived(each));
    return Object.fromEntries(objects.map(each => [nameOf(each), normal(each)]));
  }

  /** The normal form once controllers have nothing left to do. */
  public async settled(): Promise<Record<string, unknown>> {
    let last = await this.normalForm();
    for (let tries = 0; tries < 20; tries++) {
      await sleep(150);
      const next = await this.normalForm();
      if (differing(last, next).length === 0) return next;
      last = next;
    }
    return last;
  }

  /** @throws Error when the cluster does not come to hold what it should, naming the first differences */
  public async expectForm(wanted: Record<string, unknown>, what: string): Promise<void> {
    let differences: string[] = [];
    for (let tries = 0; tries < 20; tries++) {
      differences = differing(wanted, await this.normalForm());
      if (differences.length === 0) return;
      await sleep(250);
    }
    throw new Error(`${what}: the cluster is not as it should be:\n${differences.join('\n')}`);
  }

  /** A further run has nothing to do, and writes nothing. */
  public async expectQuiet(environment: Environment): Promise<void> {
    const since = this.mark();
    const again = await this.up(environment);
    expect(again).toMatchObject({ ok: true, counts: { created: 0, updated: 0, replaced: 0, deleted: 0 } });
    expect(this.writes(since)).toEqual([]);
  }

  /** Secrets that were there stay as they were, unless what they belong to went. */
  public async expectSameSecrets(before: Record<string, string>): Promise<void> {
    const after = await this.secrets();
    const changed = Object.keys(before).filter(key => key in after && after[key] !== before[key]);
    expect(changed).toEqual([]);
  }

  /** Hashes of the values of the Secrets that were generated. */
  public async secrets(): Promise<Record<string, string>> {
    const { items } = await this.client.list('/api/v1/secrets');
    const values = items.flatMap(({ metadata, data, type }) =>
      type === 'Opaque' || type === undefined
        ? Object.entries(data ?? {}).map(([key, value]) => [
            `${metadata.namespace}/${metadata.name}/${key}`,
            hash(value),
          ])
        : [],
    );
    return Object.fromEntries(values);
  }

  /** The values that the engine has generated. */
  public async generated(): Promise<string[]> {
    const { items } = await this.client.list('/api/v1/namespaces/flowyard-system/secrets');
    return items.flatMap(({ data }) =>
      Object.values((data ?? {}) as Record<string, string>).map(
        text => JSON.parse(Buffer.from(text, 'base64').toString()).outputs.result as string,
      ),
    );
  }

  /** Position in the audit log, to look back to. */
  public mark(): number {
    return fs.statSync(auditLogPath(this.cluster)).size;
  }

  /** What deployers wrote since then. Dry runs and questions about rights write nothing. */
  public writes(since: number): Sent[] {
    const file = fs.openSync(auditLogPath(this.cluster), 'r');
    const size = fs.fstatSync(file).size - since;
    const buffer = Buffer.alloc(size);
    fs.readSync(file, buffer, 0, size, since);
    fs.closeSync(file);
    const lines = buffer.toString().split('\n').filter(Boolean);
    return lines
      .map(line => JSON.parse(line))
      .filter(each => each.stage === 'ResponseComplete' && each.userAgent?.startsWith('flowyard/'))
      .filter(each => !READS.includes(each.verb) && !/dryRun=All|selfsubjectaccessreviews/.test(each.requestURI))
      .map(({ verb, requestURI: uri, responseStatus, requestReceivedTimestamp: time }) => ({
        ...{ verb, uri, path: uri.split('?')[0], code: responseStatus?.code, time },
      }));
  }

  /** Without what the engine keeps for itself. */
  public objectWrites(since: number): Sent[] {
    return this.writes(since).filter(({ path: at }) => !at.includes('flowyard-system'));
  }
}

async function listable(client: KubeClient, discovery: Discovery) {
  const bases = new Map<string, Manifest[]>();
  const found: { type: ResourceType; apiVersion: string; kind: string }[] = [];
  const preferred = new Set<string>();
  const groups: Manifest[] = (await client.get('/apis'))?.groups ?? [];
  const versions = ['v1', ...groups.map(each => each.preferredVersion.groupVersion)];
  await Promise.all(
    versions.map(async version => {
      const list = await client.get(version === 'v1' ? '/api/v1' : `/apis/${version}`);
      bases.set(version, list?.resources ?? []);
    }),
  );
  for (const [apiVersion, resources] of bases) {
    for (const { name, kind, verbs } of resources) {
      const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      if (name.includes('/') || !verbs.includes('list') || RESTLESS.test(name) || preferred.has(`${group}/${kind}`))
        continue;
      preferred.add(`${group}/${kind}`);
      const type = discovery.find({ group: group!, version: version!, kind });
      if (type) found.push({ type, apiVersion, kind });
    }
  }
  return found;
}

function nameOf({ apiVersion, kind, metadata }: Manifest): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function normal({ status: _, ...object }: Manifest): unknown {
  const { uid, resourceVersion, generation, creationTimestamp, managedFields, ...metadata } = object.metadata;
  const managers = (managedFields ?? []).map(({ manager, operation, fieldsV1, subresource }: Manifest) =>
    manager === 'flowyard' && !subresource ? { manager, operation, fieldsV1 } : undefined,
  );
  const values = object.kind === 'Secret' ? { data: Object.keys(object.data ?? {}).sort() } : {};
  const own = managers.filter(Boolean);
  const inventory = metadata.namespace === 'flowyard-system' ? { data: undefined, binaryData: undefined } : {};
  const text = JSON.stringify({ ...object, ...values, ...inventory, metadata: { ...metadata, own } });
  // Names and counts that the cluster makes up, and hashes of values that an install generates.
  const anonymous = text
    .replaceAll(
      /"(caBundle|ca\.crt|controller-uid|batch\.kubernetes\.io\/controller-uid|clusterIPs?|volumeName|uid)":("[^"]*"|\[[^\]]*\])/g,
      '"$1":""',
    )
    .replaceAll(
      /"(deployment\.kubernetes\.io\/revision|deprecated\.daemonset\.template\.generation|flowyard\.dev\/hash-secrets)":"\w+"/g,
      '"$1":""',
    );
  return JSON.parse(anonymous);
}

function hash(value: unknown): string {
  return createHash('sha256').update(String(value)).digest('hex').slice(0, 16);
}

/** The first differences of two maps, for people. */
export function differing(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter(key => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .slice(0, 20)
    .map(key => `${key}: ${excerpt(a[key], b[key])}`);
}

function excerpt(a: unknown, b: unknown): string {
  const [left, right] = [JSON.stringify(a) ?? 'absent', JSON.stringify(b) ?? 'absent'];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return `…${left.slice(Math.max(0, at - 60), at + 80)} | …${right.slice(Math.max(0, at - 60), at + 80)}`;
}
