export { release } from './release';
export { SeaweedFs, type SeaweedFsProps } from './seaweedfs';
