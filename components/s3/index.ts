export { type ExistingS3Props, S3, type S3Access, type S3Identities, type S3Props } from './s3';
