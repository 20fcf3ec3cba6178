import { gpuCapacity, type NodePool, schemaCheck } from '../constructs';
import { duplicates, ranges } from './checks/lists';
import { storeProblems } from './checks/object-store';
import { poolProblems } from './checks/pools';
import { queueProblems } from './checks/queues';
import { type Environment, environmentSchema } from './schema';

let check: ReturnType<typeof schemaCheck> | undefined;

/** Settings that contradict themselves or do not fit the schema, all of them at once. */
export class InvalidEnvironment extends Error {
  public override readonly name = 'InvalidEnvironment';

  constructor(
    public readonly environment: string,
    public readonly problems: readonly string[],
  ) {
    super(`environment '${environment}' is not valid:\n  ${problems.join('\n  ')}`);
  }
}

/**
 * Checks settings and hands them back: the only way into the platform.
 *
 * @throws InvalidEnvironment naming each wrong setting by its path, before anything is rendered or called
 */
export function defineEnvironment(environment: Environment): Environment {
  check ??= schemaCheck(environmentSchema);
  const problems = check(environment);
  if (problems.length === 0) problems.push(...contradictions(environment));
  if (problems.length > 0) throw new InvalidEnvironment(String(environment?.name ?? '').slice(0, 60), problems);
  return environment;
}

function contradictions({ infrastructure, platform, tenants }: Environment): string[] {
  const pools = new Map(infrastructure.nodePools.map(pool => [pool.name, pool]));
  const poolNames = [...pools.keys()].map(name => `'${name}'`).join(', ') || 'none';
  const problems = [
    ...duplicates(infrastructure.nodePools, 'infrastructure.nodePools', pool => pool.name),
    ...duplicates(tenants, 'tenants', tenant => tenant.name),
    ...ranges('infrastructure.apiServer.callsFrom', infrastructure.apiServer.callsFrom),
    ...ranges('infrastructure.apiServer.addresses', infrastructure.apiServer.addresses),
  ];
  problems.push(...poolProblems(infrastructure));
  problems.push(...queueProblems({ infrastructure, platform, tenants }));
  problems.push(...foreignSettings(platform), ...storeProblems(platform));
  if (platform.katib && !platform.database) {
    problems.push("'platform.database' must be set for 'platform.katib', which keeps observations there, got none");
  }
  problems.push(...ranges('platform.serviceMesh.clients', platform.serviceMesh?.clients ?? []));
  if (platform.gangScheduling !== undefined && !platform.trainingOperator) {
    problems.push(
      `'platform.gangScheduling' needs 'platform.trainingOperator', got '${platform.gangScheduling}' without`,
    );
  }
  if (platform.nodePool !== undefined && !pools.has(platform.nodePool)) {
    problems.push(`'platform.nodePool' must be one of the node pools ${poolNames}, got '${platform.nodePool}'`);
  }
  if (platform.nodePool !== undefined && pools.get(platform.nodePool)?.gpu) {
    problems.push(`'platform.nodePool' must be a pool without accelerators, got '${platform.nodePool}'`);
  }
  tenants.forEach((tenant, at) => {
    if (reserved.test(tenant.name)) {
      problems.push(
        `'tenants.${at}.name' must not be a namespace of the cluster or the platform, got '${tenant.name}'`,
      );
    }
    const people = [tenant.owner, ...(tenant.members ?? []).map(({ user }) => user)];
    problems.push(...duplicates(people, `tenants.${at}.members`, person => person.toLowerCase()));
    problems.push(...ranges(`tenants.${at}.egress`, tenant.egress ?? []));
    problems.push(...wrongLabels(`tenants.${at}.labels`, tenant.labels ?? {}));
    for (const [pool, count] of Object.entries(tenant.quota.gpus ?? {})) {
      const gpu = pools.get(pool)?.gpu;
      if (!gpu)
        problems.push(`'tenants.${at}.quota.gpus' must name a node pool with 'gpu' among ${poolNames}, got '${pool}'`);
      else if (count > gpuCapacity(pools.get(pool) as NodePool)) {
        const all = gpuCapacity(pools.get(pool) as NodePool);
        problems.push(`'tenants.${at}.quota.gpus.${pool}' must be at most the ${all} of the pool, got ${count}`);
      }
    }
  });
  return problems;
}

/** Settings that parts of some kinds have: with another kind nothing would read them. */
const settingsOf = {
  objectStore: {
    'minio or seaweedfs': ['capacity', 'tls', 'keyGeneration'],
    minio: ['distributed', 'metrics'],
    's3 or existing': ['region', 'endpoint', 'addresses'],
    's3 or gcs': ['identities', 'identityPrefix'],
    s3: ['account'],
    gcs: ['project'],
  },
  serviceMesh: { istio: ['clients', 'highlyAvailable'], existing: ['namespace', 'revision'] },
  workflows: { argo: ['retention'], existing: ['namespace'] },
};

function foreignSettings(platform: Environment['platform']): string[] {
  return Object.entries(settingsOf).flatMap(([part, kinds]) => {
    const settings: Readonly<Record<string, unknown>> = platform[part as keyof typeof settingsOf] ?? {};
    return Object.entries(kinds).flatMap(([kind, keys]) => {
      if (kind.split(' or ').includes(String(settings.kind))) return [];
      const given = keys.filter(key => settings[key] !== undefined);
      return given.map(key => {
        const value = JSON.stringify(settings[key]);
        return `'platform.${part}.${key}' belongs to kind '${kind.replace(' or ', "' or '")}', got ${value} with kind '${settings.kind}'`;
      });
    });
  });
}

/** Namespaces that a tenant would take from the cluster or the platform. */
const reserved =
  /^(default|kube-.*|kubeflow|kubeflow-system|istio-.*|knative-.*|kueue-system|gpu-operator|nvidia-device-plugin|cert-manager|minio|auth|oauth2-proxy|flowyard-.*|gmp-.*|gke-.*|amazon-.*)$/;

/** Labels by which the platform and the cluster decide are not a tenant's to set. */
function wrongLabels(path: string, labels: Readonly<Record<string, string>>): string[] {
  return Object.keys(labels).flatMap(key => {
    if (!labelKey.test(key))
      return [`'${path}' must name labels such as 'cost-centre' or 'example.com/team', got '${key}'`];
    const [prefix] = key.includes('/') ? key.split('/') : [''];
    if (!ownedPrefix.test(prefix!)) return [];
    return [`'${path}' must not hold '${key}': labels of '${prefix}' are set by the platform`];
  });
}

const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const ownedPrefix = /(^|\.)(kubernetes\.io|k8s\.io|istio\.io|kubeflow\.org|knative\.dev|flowyard\.dev)$/;
