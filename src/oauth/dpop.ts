import { createHmac } from 'node:crypto';
import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import {
  decodeJwt,
  isSigningAlgorithm,
  type JsonWebKey,
  publicKeyOf,
  type SigningAlgorithm,
  thumbprint,
  verifySignature,
} from '@alongside/kernel/jws';
import { equalSecrets, sha256, type Vault } from '@alongside/kernel/secrets';
import type { SingleUse } from '../storage/single-use.ts';

export const proofAlgorithms: readonly SigningAlgorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256', 'RS512'];

/** Profiles with fewer algorithms (FAPI 2.0 Security Profile section 5.4.1). */
const byProfile: Readonly<Record<string, readonly SigningAlgorithm[]>> = {
  fapi2: ['ES256', 'EdDSA', 'PS256'],
};

/** Returns the signing algorithms for proofs of a client with this profile. */
export const proofAlgorithmsOf = (profile: string | undefined): readonly SigningAlgorithm[] =>
  byProfile[profile ?? ''] ?? proofAlgorithms;

/**
 * The algorithms in metadata (RFC 9449 section 5.1). Every profile allows them, because a client chooses one before the server
 * knows its profile. Clients of the standard profile may use the others too.
 */
export const announcedProofAlgorithms: readonly SigningAlgorithm[] = proofAlgorithms.filter((algorithm) =>
  Object.values(byProfile).every((allowed) => allowed.includes(algorithm)),
);

/** The request that a proof must be for. */
export interface ProofTarget {
  method: string;
  /** Public addresses of the endpoint, without query and fragment. There may be another one for mutual TLS. */
  url: string | readonly string[];
  /** The access token of the request, at a resource. */
  accessToken?: string;
  /** Allowed signing algorithms; `proofAlgorithms` by default. */
  algorithms?: readonly SigningAlgorithm[];
}

/** The thumbprint of the key of a valid proof, or the reason for the log. */
export type ProofResult = { jkt: string } | { fault: string };

/** Maximum age of a proof, and tolerance for a clock that is ahead, in seconds. */
const oldest = 60;
const ahead = 10;
const maxProofLength = 8_192;
const maxJtiLength = 256;
const jtiKind = 'dpop-jti';

/** Returns a normalised address without query and fragment, for comparison (RFC 9449 section 4.3). */
function comparable(address: unknown): string | undefined {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  return url ? `${url.origin}${url.pathname}` : undefined;
}

const fault = (reason: string): ProofResult => ({ fault: reason });

/**
 * Verifies a DPoP proof (RFC 9449 section 4.3) and then spends its `jti`. Two joined headers are not a compact JWS, so they are
 * refused too.
 */
export async function checkProof(
  proof: string,
  target: ProofTarget,
  { clock, singleUse }: { clock: Clock; singleUse: SingleUse },
): Promise<ProofResult> {
  const jwt = proof.length > maxProofLength ? undefined : decodeJwt(proof);
  if (!jwt) return fault('the proof is not one compact JWS');
  const { typ, alg, jwk } = jwt.header;
  if (typ !== 'dpop+jwt') return fault(`typ is ${String(typ)}`);
  const { algorithms = proofAlgorithms } = target;
  if (!isSigningAlgorithm(alg) || !algorithms.includes(alg))
    return fault(`alg is ${String(alg)}, allowed is ${algorithms.join(', ')}`);
  // Refuses keys with private or symmetric members (CVE-2026-54431).
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
  if (typeof jti !== 'string' || jti === '' || jti.length > maxJtiLength)
    return fault('there is no jti, or it is too long');
  if (target.accessToken !== undefined) {
    if (typeof ath !== 'string' || !equalSecrets(ath, sha256(target.accessToken)))
      return fault('ath is not the hash of the access token');
  }
  const jkt = thumbprint(jwk as JsonWebKey);
  const remembered = (oldest + ahead + 1) * 1_000;
  const first = await singleUse.jtis.use(jtiKind, `${jkt}\n${called}\n${jti}`, remembered, remembered);
  return first ? { jkt } : fault(`the jti ${jti} was used before`);
}

/** Milliseconds for which a nonce is issued; it stays valid for the same time again. */
const period = 300_000;

/**
 * Server nonces for DPoP proofs (RFC 9449 section 8). They are derived from the time and a key, so that all processes issue and
 * accept the same ones and none is stored.
 */
export class ProofNonces {
  readonly #key: Buffer;
  readonly #clock: Clock;

  /** @param purpose separates the nonces of different servers */
  constructor(vault: Vault, clock: Clock, purpose: string) {
    this.#key = vault.derive(`dpop-nonce:${purpose}`);
    this.#clock = clock;
  }

  /** Returns the current nonce, for the header `DPoP-Nonce`. */
  current(): string {
    return this.#at(this.#window);
  }

  /** Returns whether a proof has the current or the previous nonce. `checkProof` verifies its signature. */
  accepts(proof: string): boolean {
    const nonce = decodeJwt(proof)?.claims.nonce;
    if (typeof nonce !== 'string') return false;
    return [this.#window, this.#window - 1].some((window) => equalSecrets(nonce, this.#at(window)));
  }

  get #window(): number {
    return Math.floor(this.#clock.now() / period);
  }

  #at(window: number): string {
    return createHmac('sha256', this.#key).update(String(window)).digest('base64url');
  }
}
