import type { Clock } from './clock.ts';
import { createProofs, type Dpop } from './dpop.ts';
import { publicKeySet, readSigningKey, type SigningAlgorithm, type SigningKey } from './keys.ts';

/** The key to which tokens are bound (sender constraint). */
export type DpopKey = SigningKey & { alg: SigningAlgorithm };

/** Creates the proofs of a key in the settings or elsewhere. Throws `settings_invalid`. */
export function createDpop(key: DpopKey, clock: Clock): Dpop {
  const { alg } = key;
  const { sign } = readSigningKey('dpop', key, alg);
  const [published] = publicKeySet([key]).keys;
  const { kty, crv, x, y, n, e } = published ?? {};
  return createProofs({ alg, jwk: kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }, sign }, clock);
}
