import { Answer } from '@alongside/kernel/answer';
import type { Endpoint } from '@alongside/kernel/http';
import { keySetErrors } from '../errors.ts';

const prefix = '/mock-jwks/';
/** Either alphabet, with or without padding: test code uses both. */
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Maximum number of characters. */
const longest = 65_536;

/** Decodes the key set in a path to its JSON text; undefined if there is none. */
export function spelledKeySet(encoded: string): string | undefined {
  if (encoded.length > longest) return undefined;
  try {
    const spelled = decodeURIComponent(encoded);
    if (!base64.test(spelled)) return undefined;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(spelled, 'base64url'));
    const set: unknown = JSON.parse(text);
    return typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)
      ? text
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `GET /mock-jwks/{base64url of a JWK set}`: responds with the set, so that test code can register keys without a server for
 * them.
 */
export const spelledKeySetEndpoint: Endpoint = async ({ path }) => {
  const text = spelledKeySet(path.slice(prefix.length));
  if (text === undefined) throw keySetErrors.keySetMalformed(`a path of ${path.length} characters`);
  return new Answer(
    200,
    {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    text,
  );
};
