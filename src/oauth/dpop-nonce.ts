import { createHmac } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { decodeJwt } from '@alongside/kernel/jws';
import { equalSecrets, type Vault } from '@alongside/kernel/secrets';

/** Milliseconds that one nonce is handed out; it is good for as long again. */
const period = 300_000;

/**
 * Nonces that the server chooses for DPoP proofs (RFC 9449 section 8): made from the time under a derived key, so that every
 * process of an installation gives and takes the same ones and none is kept.
 */
export class ProofNonces {
  readonly #key: Buffer;
  readonly #clock: Clock;

  /** @param purpose keeps the nonces of one server from being good at another. */
  constructor(vault: Vault, clock: Clock, purpose: string) {
    this.#key = vault.derive(`dpop-nonce:${purpose}`);
    this.#clock = clock;
  }

  /** The nonce to use from now on: header `DPoP-Nonce`. */
  current(): string {
    return this.#at(this.#window);
  }

  /** Whether a proof carries a nonce of now or of the period before. Its signature is for `checkProof`. */
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
