export { Gcs, type GcsAccess, type GcsIdentities, type GcsProps } from './gcs';
