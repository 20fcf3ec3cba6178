export { Minio, type MinioProps } from './minio';
export { release } from './release';
