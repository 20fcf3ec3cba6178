export { changesOf } from './changes';
export { findPulumi } from './command';
export {
  type PulumiOptions,
  type PulumiResult,
  pulumiDestroy,
  pulumiPreview,
  pulumiStatus,
  pulumiUp,
} from './stack';
