import { createHmac } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { decodeJwt } from '@alongside/kernel/jws';
import { equalSecrets, type Vault } from '@alongside/kernel/secrets';

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
