import { createHash } from 'node:crypto';

/** First 16 hexadecimal digits of the SHA-256 of a value's JSON: tells that content has changed, and nothing of it. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
