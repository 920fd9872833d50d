import type { ProofSigner } from '../dpop.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** Makes a key that cannot be exported, so that a stolen token is useless elsewhere. It lives as long as the page. // RFC 9449 section 11.4 */
export async function pageKey(): Promise<ProofSigner> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return {
    alg: 'ES256',
    jwk: { kty, crv, x, y },
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes)),
  };
}
