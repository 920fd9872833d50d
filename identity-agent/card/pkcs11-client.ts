import type { CardClient, Unblocking, Verification } from './card-client.ts';
import { Mutex } from './mutex.ts';
import { isPin, isPuk, type SlotName } from './piv.ts';
import type { CallName } from './pkcs11-messages.ts';
import type { Pkcs11Module } from './pkcs11-module.ts';
import { type SignatureAlgorithmId, signatureAlgorithms } from './signature-algorithms.ts';

/** One insertion of a card behind its maker's PKCS#11 middleware. */
export class Pkcs11Client implements CardClient {
  readonly #module: Pkcs11Module;
  readonly #insertion: number;
  readonly #mutex = new Mutex();

  constructor(module: Pkcs11Module, insertion: number) {
    this.#module = module;
    this.#insertion = insertion;
  }

  async select(): Promise<void> {
    await this.attemptsLeft();
  }

  verifyPin(pin: string): Promise<Verification> {
    return isPin(pin) ? this.#call('verifyPin', pin) : this.#malformed();
  }

  attemptsLeft(): Promise<number> {
    return this.#call('attemptsLeft');
  }

  readCertificate(slot: SlotName): Promise<Uint8Array> {
    return this.#call('readCertificate', slot);
  }

  sign(
    slot: SlotName,
    digest: Uint8Array,
    algorithm: SignatureAlgorithmId,
    pin?: string,
  ): Promise<Uint8Array> {
    const { digestLength } = signatureAlgorithms[algorithm];
    if (digest.length !== digestLength)
      return Promise.reject(new RangeError(`A digest for ${algorithm} has ${digestLength} bytes.`));
    return this.#call('sign', slot, new Uint8Array(digest), algorithm, pin);
  }

  changePin(oldPin: string, newPin: string): Promise<Verification> {
    return isPin(oldPin) && isPin(newPin) ? this.#call('changePin', oldPin, newPin) : this.#malformed();
  }

  async unblock(puk: string, newPin: string): Promise<Unblocking> {
    if (!isPuk(puk) || !isPin(newPin)) return { ok: false, malformed: true };
    return this.#call('unblock', puk, newPin);
  }

  #call<T>(call: CallName, ...args: readonly unknown[]): Promise<T> {
    return this.#mutex.run(() => this.#module.call<T>(call, this.#insertion, ...args));
  }

  async #malformed(): Promise<Verification> {
    return { ok: false, attemptsLeft: await this.attemptsLeft(), malformed: true };
  }
}
