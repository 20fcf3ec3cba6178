export {
  type Distribution,
  defineDistribution,
  type Foundation,
  InvalidDistribution,
  type PlatformProps,
} from './distribution';
export { writeManifests } from './manifests';
export { composePlatform, type Platform, renderEnvironment } from './platform';
export { loadDistribution, renderProject } from './project';
export type { Rendering } from './render';
export { toYaml } from './yaml';
