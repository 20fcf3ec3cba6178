export { JobSet, type JobSetProps } from './jobset';
export { release } from './release';
export { JobSetKind } from './resources';
