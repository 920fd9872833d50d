import { Answer } from '@alongside/kernel/answer';
import type { Endpoint } from '@alongside/kernel/http';
import { faults } from './faults.ts';

const prefix = '/mock-jwks/';
/** Either alphabet, with or without padding: both are in use. */
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Characters of the path. */
const longest = 65_536;

/** The key set that an address spells out, as text; undefined when it spells none. */
export function spelledKeySet(encoded: string): string | undefined {
  if (encoded.length > longest) return undefined;
  try {
    const spelled = decodeURIComponent(encoded);
    if (!base64.test(spelled)) return undefined;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(spelled, 'base64url'));
    const set: unknown = JSON.parse(text);
    const isSet = typeof set === 'object' && set !== null && Array.isArray((set as { keys?: unknown }).keys);
    return isSet ? text : undefined;
  } catch {
    return undefined;
  }
}

/** `GET /mock-jwks/{base64url of a JWK set}` answers the set, so that test code can register keys that stand nowhere. */
export const createSpelledKeySet = (): Endpoint => async (request) => {
  const text = spelledKeySet(request.path.slice(prefix.length));
  if (text === undefined) throw faults.keySetMalformed(`a path of ${request.path.length} characters`);
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
