import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import {
  decodeJwt,
  isSigningAlgorithm,
  publicKeyOf,
  type SigningAlgorithm,
  verifySignature,
} from '@alongside/kernel/jws';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { SingleUse } from '../storage/single-use.ts';

/** Algorithms that a proof may be signed with. */
export const proofAlgorithms: readonly SigningAlgorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256', 'RS512'];

/** Profiles whose clients may sign by fewer (FAPI 2.0 Security Profile section 5.4.1). */
const byProfile: Readonly<Record<string, readonly SigningAlgorithm[]>> = {
  fapi2: ['ES256', 'EdDSA', 'PS256'],
};

/** Algorithms that a client of this profile may sign its proofs with. */
export const proofAlgorithmsOf = (profile: string | undefined): readonly SigningAlgorithm[] =>
  byProfile[profile ?? ''] ?? proofAlgorithms;

/**
 * What metadata announces (RFC 9449 section 5.1): the algorithms that clients of every profile may use, since a client
 * chooses from the list before the server knows its profile. Clients of the standard profile may use the others too.
 */
export const announcedProofAlgorithms: readonly SigningAlgorithm[] = proofAlgorithms.filter((algorithm) =>
  Object.values(byProfile).every((allowed) => allowed.includes(algorithm)),
);

/** What a proof must be about. */
export interface ProofTarget {
  method: string;
  /** Public addresses of what is called, without query and fragment: its own, and the one for clients with a certificate. */
  url: string | readonly string[];
  /** The access token that comes along, at a resource. */
  accessToken?: string;
  /** What the proof may be signed with; every one of `proofAlgorithms` unless told. */
  algorithms?: readonly SigningAlgorithm[];
}

/** A proof that holds: the thumbprint of its key. Or why it does not hold, in words for the log. */
export type ProofResult = { jkt: string } | { fault: string };

/** Seconds that a proof may be old, or ahead of our clock. */
const oldest = 60;
const ahead = 10;
const longestProof = 8_192;
const longestJti = 256;
const jtiKind = 'dpop-jti';

/** An address as two of them are compared: normalised, without query and fragment (RFC 9449 section 4.3). */
function comparable(address: unknown): string | undefined {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  return url ? `${url.origin}${url.pathname}` : undefined;
}

const fault = (reason: string): ProofResult => ({ fault: reason });

/**
 * Checks a DPoP proof (RFC 9449 section 4.3) and uses its `jti` up, last of all. Two headers in one are no compact JWS,
 * so they are refused as well.
 */
export async function checkProof(
  proof: string,
  target: ProofTarget,
  { clock, singleUse }: { clock: Clock; singleUse: SingleUse },
): Promise<ProofResult> {
  const jwt = proof.length > longestProof ? undefined : decodeJwt(proof);
  if (!jwt) return fault('the proof is not one compact JWS');
  const { typ, alg, jwk } = jwt.header;
  if (typ !== 'dpop+jwt') return fault(`typ is ${String(typ)}`);
  const { algorithms = proofAlgorithms } = target;
  if (!isSigningAlgorithm(alg) || !algorithms.includes(alg))
    return fault(`alg is ${String(alg)}, allowed is ${algorithms.join(', ')}`);
  // A key with private or symmetric members is none (CVE-2026-54431).
  const key = publicKeyOf(jwk);
  if (!key || !(await verifySignature(jwt, alg, key)))
    return fault('the signature is not the one of the key in the header');
  const { htm, htu, iat, jti, ath } = jwt.claims;
  if (htm !== target.method) return fault(`htm is ${String(htm)}, the method is ${target.method}`);
  const called = comparable(htu);
  if (called === undefined || ![target.url].flat().some((url) => comparable(url) === called))
    return fault(`htu is ${String(htu)}, called was ${[target.url].flat().join(' or ')}`);
  const now = seconds(clock);
  if (typeof iat !== 'number' || iat < now - oldest || iat > now + ahead)
    return fault(`iat is ${shownTime(iat, now)}`);
  if (typeof jti !== 'string' || jti === '' || jti.length > longestJti)
    return fault('there is no jti, or it is too long');
  if (target.accessToken !== undefined) {
    if (typeof ath !== 'string' || !equalSecrets(ath, sha256(target.accessToken)))
      return fault('ath is not the hash of the access token');
  }
  const jkt = thumbprint(jwk as JsonWebKey);
  const remembered = (oldest + ahead + 1) * 1_000;
  const first = await singleUse.claim(jtiKind, `${jkt}\n${called}\n${jti}`, remembered);
  return first ? { jkt } : fault(`the jti ${jti} was used before`);
}
