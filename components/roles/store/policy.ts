import type { StoreGrant } from '../object-store';
import { prefixProblem } from './bucket';

const read = ['s3:GetObject', 's3:GetObjectVersion'];
const write = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:ListMultipartUploadParts', 's3:PutObject'];
const list = ['s3:ListBucket', 's3:ListBucketVersions'];

/** What is wrong with the grants of an identity, if anything. */
export function grantProblem(identity: string, grants: readonly StoreGrant[]): string | undefined {
  if (grants.length === 0) return `'grants' of identity '${identity}' must hold at least one, got none`;
  for (const { bucket, prefix } of grants) {
    const wrong = prefix === undefined ? undefined : prefixProblem(`a grant of identity '${identity}'`, prefix);
    if (wrong) return `${wrong} (bucket '${bucket}')`;
  }
  return undefined;
}

/** A policy document, as IAM writes it. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly object[];
}

/** What one identity may do, as S3 writes it. Old versions of objects are not among what it may delete. */
export function policyDocument(grants: readonly StoreGrant[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: grants.flatMap(statements) };
}

function statements({ bucket, prefix, access }: StoreGrant): object[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const within = prefix === undefined ? undefined : { StringLike: { 's3:prefix': [`${prefix}*`] } };
  return [
    { Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:HeadBucket'], Resource: [arn] },
    { Effect: 'Allow', Action: list, Resource: [arn], ...(within && { Condition: within }) },
    {
      Effect: 'Allow',
      Action: access === 'read' ? read : [...write, ...read],
      Resource: [`${arn}/${prefix ?? ''}*`],
    },
  ];
}
