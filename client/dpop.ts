import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { HttpAnswer } from './http.ts';
import { compactJws, publicKeySet, readSigningKey, type SigningAlgorithm, type SigningKey } from './keys.ts';

/** The key to which tokens are bound (sender constraint). */
export type DpopKey = SigningKey & { alg: SigningAlgorithm };

/** One request that a proof is for. */
export interface ProvenRequest {
  method: string;
  url: string;
  /** The bound token that the request carries. */
  accessToken?: string;
}

/** Makes proofs of possession, and keeps the nonce of each server. */
export interface Dpop {
  /** Sends a request with a proof, and once more if the server asks for a nonce. */
  send(request: ProvenRequest, call: (proof: string) => Promise<HttpAnswer>): Promise<HttpAnswer>;
}

/** Creates the proofs of a key. // RFC 9449 section 4. Throws `settings_invalid`. */
export function createDpop(key: DpopKey, clock: Clock): Dpop {
  const { alg } = key;
  const { sign } = readSigningKey('dpop', key, alg);
  const [published] = publicKeySet([key]).keys;
  const { kty, crv, x, y, n, e } = published ?? {};
  const jwk = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
  const nonces = new Map<string, string>();

  function proof({ method, url, accessToken }: ProvenRequest, nonce: string | undefined): Promise<string> {
    const { origin, pathname } = new URL(url);
    const claims = {
      jti: randomUUID(),
      htm: method,
      // Without query and fragment.
      htu: `${origin}${pathname}`,
      iat: Math.floor(clock.now() / 1000),
      nonce,
      ath: accessToken && createHash('sha256').update(accessToken, 'ascii').digest('base64url'),
    };
    return compactJws({ typ: 'dpop+jwt', alg, jwk }, claims, sign);
  }

  return {
    async send(request, call) {
      const { origin } = new URL(request.url);
      const sent = nonces.get(origin);
      const answer = await call(await proof(request, sent));
      const given = answer.headers.get('dpop-nonce');
      // RFC 9449 section 8.1: NQCHAR
      if (given === null || !/^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/.test(given)) return answer;
      nonces.set(origin, given);
      const asked = (answer.status === 400 || answer.status === 401) && given !== sent && wantsNonce(answer);
      return asked ? call(await proof(request, given)) : answer;
    },
  };
}

// RFC 9449 sections 8 and 9
function wantsNonce({ headers, text }: HttpAnswer): boolean {
  return `${headers.get('www-authenticate') ?? ''}${text.slice(0, 10_000)}`.includes('use_dpop_nonce');
}

/** Checks that the server bound the tokens, if the client requested it. Throws `response_invalid`. */
export function checkTokenType(type: string | undefined, isBound: boolean): void {
  const expected = isBound ? 'DPoP' : 'Bearer';
  if (type?.toLowerCase() === expected.toLowerCase()) return;
  throw new ClientError('response_invalid', 'The answer has a token_type that this library cannot use.', {
    expected: `token_type ${expected}`,
    received: `token_type ${(type ?? 'none').replace(/\p{Cc}/gu, ' ').slice(0, 40)}`,
  });
}
