import type { Manifest } from '../../constructs';
import { containerOf, type Part, type Planned } from './v1-parts';

/** Port on which TensorFlow's servers listen, unless the container names one. */
const defaultPort = 2222;

/** The parts of a TFJob as TensorFlow knows them. */
const types: Readonly<Record<string, string>> = {
  chief: 'chief',
  master: 'chief',
  ps: 'ps',
  worker: 'worker',
  evaluator: 'evaluator',
};

/**
 * The parts of a TFJob as replicated Jobs. Trainer has no policy for TensorFlow: what its servers must know of each other
 * is written into each part, since the names of a JobSet's pods are known beforehand.
 */
export function tfConfigParts(job: Manifest, parts: readonly Part[], container: string): Planned[] {
  const typed = parts.filter(({ replicas }) => replicas > 0).map(part => ({ part, type: typeOf(part) }));
  const has = (type: string) => typed.some(each => each.type === type);
  const trains = ['worker', 'chief', 'ps'].find(has) ?? 'evaluator';
  const decides = has('chief') ? 'chief' : trains;
  const total = parts.reduce((sum, { replicas }) => sum + replicas, 0);
  const nameOf = (type: string) => (type === trains ? 'node' : type);
  const addresses = (part: Part, type: string) => {
    const port = portOf(containerOf(part, container));
    const { name } = job.metadata;
    return Array.from({ length: part.replicas }, (_, at) => `${name}-${nameOf(type)}-0-${at}.${name}:${port}`);
  };
  const cluster = Object.fromEntries(
    typed.filter(({ type }) => type !== 'evaluator').map(({ part, type }) => [type, addresses(part, type)]),
  );
  return typed.map(({ part, type }) => ({
    ...{ name: nameOf(type), part, trains: type === trains, decides: type === decides },
    // Without a chief, the first worker is one, unless all are waited for.
    first: type === decides && type === 'worker' && job.spec.successPolicy !== 'AllWorkers' && part.replicas > 1,
    env: total > 1 ? tfConfig(cluster, type) : [],
  }));
}

function typeOf({ name, path }: Part): string {
  const type = types[name.toLowerCase()];
  if (type) return type;
  throw new Error(`'${path}' must be one of 'Chief', 'Master', 'PS', 'Worker', 'Evaluator', got '${name}'`);
}

function portOf({ ports = [] }: Manifest): number {
  return ports.find(({ name }: Manifest) => name === 'tfjob-port')?.containerPort ?? defaultPort;
}

/** The pod's own number comes from its label: the variable that Jobs set stands behind these, too late to be used. */
function tfConfig(cluster: Readonly<Record<string, readonly string[]>>, type: string): object[] {
  const index = '$(TF_TASK_INDEX)';
  const text = JSON.stringify({ cluster, task: { type, index }, environment: 'cloud' }).replace(`"${index}"`, index);
  const fieldPath = "metadata.labels['batch.kubernetes.io/job-completion-index']";
  return [
    { name: 'TF_TASK_INDEX', valueFrom: { fieldRef: { fieldPath } } },
    { name: 'TF_CONFIG', value: text },
  ];
}
