import { createHash } from 'node:crypto';

/** The left half of the SHA-256 of a value, base64url: `at_hash`, `c_hash` and `s_hash` (OpenID Connect Core section 3.1.3.6). */
export const halfHash = (value: string): string =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
