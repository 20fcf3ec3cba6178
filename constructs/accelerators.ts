/** What a product of NVIDIA is. Sources: NVIDIA's data sheets and its MIG user guide. */
export interface AcceleratorFacts {
  /** GiB on each device. */
  readonly memory: number;

  /** Profiles that a device can be cut into, and how many instances of each fit. */
  readonly mig: Readonly<Record<string, number>>;
}

/** Accelerators of NVIDIA by the name that node pools use. */
export const accelerators = {
  'nvidia-t4': { memory: 16, mig: {} },
  'nvidia-l4': { memory: 24, mig: {} },
  'nvidia-a10g': { memory: 24, mig: {} },
  'nvidia-a100-40gb': {
    memory: 40,
    mig: { '1g.5gb': 7, '1g.10gb': 4, '2g.10gb': 3, '3g.20gb': 2, '4g.20gb': 1, '7g.40gb': 1 },
  },
  'nvidia-a100-80gb': {
    memory: 80,
    mig: { '1g.10gb': 7, '1g.20gb': 4, '2g.20gb': 3, '3g.40gb': 2, '4g.40gb': 1, '7g.80gb': 1 },
  },
  'nvidia-h100-80gb': {
    memory: 80,
    mig: { '1g.10gb': 7, '1g.20gb': 4, '2g.20gb': 3, '3g.40gb': 2, '4g.40gb': 1, '7g.80gb': 1 },
  },
  'nvidia-h200-141gb': {
    memory: 141,
    mig: { '1g.18gb': 7, '1g.35gb': 4, '2g.35gb': 3, '3g.71gb': 2, '4g.71gb': 1, '7g.141gb': 1 },
  },
  'nvidia-b200': {
    memory: 180,
    mig: { '1g.23gb': 7, '1g.45gb': 4, '2g.45gb': 3, '3g.90gb': 2, '4g.90gb': 1, '7g.180gb': 1 },
  },
} as const satisfies Readonly<Record<string, AcceleratorFacts>>;

/** Name of an accelerator of NVIDIA. */
export type Accelerator = keyof typeof accelerators;

/** The facts of an accelerator; none of those of other vendors. */
export function acceleratorFacts(type: string): AcceleratorFacts | undefined {
  return Object.hasOwn(accelerators, type) ? accelerators[type as Accelerator] : undefined;
}
