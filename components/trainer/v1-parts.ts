import type { Manifest } from '../../constructs';

/** A part of a job: equal pods. */
export interface Part {
  /** As the job says it: `Worker`. */
  readonly name: string;

  /** Where it stands in the job. */
  readonly path: string;
  readonly replicas: number;
  readonly restartPolicy: string;
  readonly template: Manifest['template'];
}

/** What becomes a replicated Job. */
export interface Planned {
  /** Its name in the JobSet. */
  readonly name: string;
  readonly part: Part;

  /** Whether Trainer sets how many there are. */
  readonly trains: boolean;

  /** Whether the job is over when these pods are. */
  readonly decides: boolean;

  /** Whether the first of these pods decides alone. */
  readonly first?: boolean;

  /** Variables of the container that trains. */
  readonly env?: readonly object[];
}

/** The container of a part that trains. */
export function containerOf({ template }: Part, name: string): Manifest {
  const { containers } = template.spec as { containers: Manifest[] };
  return containers.find(container => container.name === name) ?? containers[0]!;
}
