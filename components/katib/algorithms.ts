import { release } from './release';

const { images } = release;

/** Ways to choose what trials try, and the image of each one's service. */
export const algorithms = {
  random: { image: images.suggestionHyperopt },
  tpe: { image: images.suggestionHyperopt },
  grid: { image: images.suggestionOptuna },
  hyperband: { image: images.suggestionHyperband },
  bayesianoptimization: { image: images.suggestionSkopt },
  cmaes: { image: images.suggestionGoptuna },
  sobol: { image: images.suggestionGoptuna },
  'multivariate-tpe': { image: images.suggestionOptuna },
  enas: { image: images.suggestionEnas, memoryLimit: '400Mi' },
  darts: { image: images.suggestionDarts },
  // Trials hand weights on through a volume that all of them mount.
  pbt: { image: images.suggestionPbt, sharedVolume: '5Gi' },
} as const;

/** A way to choose what trials try. */
export type AlgorithmName = keyof typeof algorithms;

/** Ways to stop a trial that does worse than others, and the image of each one's service. */
export const earlyStoppings = { medianstop: { image: images.earlyStoppingMedianstop } } as const;

/** Collectors that Katib puts beside a trial, and their images. */
export const metricsCollectors = {
  StdOut: { image: images.fileMetricsCollector },
  File: { image: images.fileMetricsCollector },
  TensorFlowEvent: { image: images.tfeventMetricsCollector, memoryLimit: '1Gi' },
} as const;
