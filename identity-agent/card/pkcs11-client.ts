import { type CardClient, CardError, type Unblocking, type Verification } from './card-client.ts';
import { type SignatureAlgorithmId, signatureAlgorithms } from './key-types.ts';
import { Mutex } from './mutex.ts';
import { NativeProcess } from './native-process.ts';
import { isPin, isPuk, type SlotName } from './piv.ts';
import type { Failure, ModuleSettings, TokenCall } from './pkcs11-messages.ts';

/**
 * Runs a PKCS#11 module in a separate process. If a call takes too long or the module crashes, the process ends, pending calls
 * fail with `card_removed`, and `onEnd` is called once.
 */
export class Pkcs11Module {
  readonly #process: NativeProcess<Failure>;
  readonly #limit: number;

  private constructor(process: NativeProcess<Failure>, limit: number) {
    this.#process = process;
    this.#limit = limit;
  }

  /** Loads a module; `limit` is the time limit of a call in milliseconds. @throws OperatorError in one sentence */
  static async load(settings: ModuleSettings, limit: number, onEnd: () => void): Promise<Pkcs11Module> {
    const process = await NativeProcess.start<Failure>({
      program: 'pkcs11-process',
      settings,
      onEnd,
      subject: `The PKCS#11 module ${settings.module}`,
      crash: 'the module crashes',
      failure: (error) => new CardError(error.code, error.message, error),
      lost: () => new CardError('card_removed', 'The middleware of the card has stopped.'),
    });
    return new Pkcs11Module(process, limit);
  }

  /** Returns the number of the current insertion, 0 for none. @throws CardError */
  insertion(): Promise<number> {
    return this.#process.ask('insertion', [], this.#limit);
  }

  /** Calls a method of the card of an insertion. @throws CardError `card_removed` if it is over, and those of the method */
  call<T>(insertion: number, call: TokenCall, ...args: readonly unknown[]): Promise<T> {
    return this.#process.ask('call', [insertion, call, ...args], this.#limit);
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

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

  #call<T>(call: TokenCall, ...args: readonly unknown[]): Promise<T> {
    return this.#mutex.run(() => this.#module.call<T>(this.#insertion, call, ...args));
  }

  async #malformed(): Promise<Verification> {
    return { ok: false, attemptsLeft: await this.attemptsLeft(), malformed: true };
  }
}
