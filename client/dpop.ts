import type { Clock } from './clock.ts';
import type { HttpAnswer } from './http.ts';
import { compactJws, type Signer } from './jws.ts';
import { base64url } from './secrets.ts';

// Pages use this file, so it imports nothing of Node.js.

/** A key that signs proofs: its algorithm, its public members and its signature. */
export interface ProofSigner {
  alg: string;
  jwk: Readonly<Record<string, string | undefined>>;
  sign: Signer;
}

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

/** Creates the proofs of a key. // RFC 9449 section 4 */
export function createProofs({ alg, jwk, sign }: ProofSigner, clock: Clock): Dpop {
  const nonces = new Map<string, string>();

  async function proof(
    { method, url, accessToken }: ProvenRequest,
    nonce: string | undefined,
  ): Promise<string> {
    const { origin, pathname } = new URL(url);
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      // Without query and fragment.
      htu: `${origin}${pathname}`,
      iat: Math.floor(clock.now() / 1000),
      nonce,
      ath: accessToken && (await sha256(accessToken)),
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

/** Returns SHA-256 of a text as base64url. */
async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}
