import { CardError } from './card-client.ts';
import { serve } from './native-program.ts';
import type { Pkcs11Calls } from './pkcs11-library.ts';
import { loadPkcs11 } from './pkcs11-load.ts';
import { type Failure, failureOf, type ModuleSettings, type TokenCall } from './pkcs11-messages.ts';
import { Pkcs11Token } from './pkcs11-token.ts';

// A separate process for the maker's module, because its calls may block or crash.

/** Returns the slot with the configured token, if present. */
function slotOf(module: Pkcs11Calls, wanted: string | undefined): Buffer | undefined {
  const slots = module.C_GetSlotList(true);
  if (wanted === undefined) return slots[0];
  return slots.find((slot) => {
    const isNumber = /^\d+$/.test(wanted) && slot.readBigUInt64LE() === BigInt(wanted);
    return isNumber || module.C_GetTokenInfo(slot).label.trim() === wanted;
  });
}

/** Tracks the token in the reader; insertions are numbered from 1. */
class TokenWatch {
  readonly #module: Pkcs11Calls;
  readonly #wanted: string | undefined;
  #insertions = 0;
  #present: { slot: Buffer; token: Pkcs11Token } | undefined;

  constructor(module: Pkcs11Calls, wanted: string | undefined) {
    this.#module = module;
    this.#wanted = wanted;
  }

  /** Checks the reader and returns the number of the current insertion, 0 for none. */
  insertion(): number {
    const slot = slotOf(this.#module, this.#wanted);
    // A session ends with its card, which reveals a card that was exchanged between two checks.
    const same = slot && this.#present?.slot.equals(slot) && this.#present.token.open;
    if (!same) {
      this.#present?.token.close();
      this.#present = slot && { slot, token: new Pkcs11Token(this.#module, slot) };
      if (slot) this.#insertions += 1;
    }
    return this.#present ? this.#insertions : 0;
  }

  /** Calls a method of the token of this insertion. */
  call(insertion: number, call: TokenCall, ...args: readonly unknown[]): unknown {
    if (!this.#present || insertion !== this.#insertions)
      throw new CardError('card_removed', 'The card was taken out of the reader.');
    const { token } = this.#present;
    return (token[call] as (...args: readonly unknown[]) => unknown).call(token, ...args);
  }
}

await serve<ModuleSettings>(
  async (settings) => new TokenWatch(await loadPkcs11(settings.module, settings.direct), settings.token),
  (error): Failure => {
    const { code, message, attemptsLeft } = failureOf(error);
    return { code, message, ...(attemptsLeft === undefined ? {} : { attemptsLeft }) };
  },
);
