import type { CardClient } from './card-client.ts';
import { CardError } from './card-error.ts';
import type { PcscHandle, PcscModule, PcscSlot } from './pcsc-module.ts';
import { PivClient } from './piv-client.ts';
import type { CardTransport, InsertedCard } from './transport.ts';

/** PC/SC's names for a card that is not there any more. */
const gone = new Set([
  'RemovedCard',
  'NoSmartCard',
  'ReaderUnavailable',
  'UnknownReader',
  'NoService',
  'ServiceStopped',
]);

/** So long after a failed command the service may still find out that the card is gone, in milliseconds. */
const NOTICE = 1_000;

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
};

/** One insertion of a card into a reader of PC/SC. Other programs can use it as well, between the pieces of work. */
export class PcscCard implements CardTransport, InsertedCard {
  readonly #slot: PcscSlot;
  readonly #module: PcscModule;
  readonly #limit: number;
  #handle: Promise<PcscHandle> | undefined;
  #present = true;
  /** The last command, until the reader is done with it: a connection does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** Who is to hear at once that the card was taken out. */
  readonly #waiting = new Set<() => void>();

  /** `limit`: so many milliseconds may the reader take for a command, or for the card to be free. */
  constructor(slot: PcscSlot, module: PcscModule, limit: number) {
    this.#slot = slot;
    this.#module = module;
    this.#limit = limit;
  }

  open(): CardClient {
    return new PivClient(this);
  }

  /** @throws CardError as `transmit` */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const { LEAVE } = this.#module.CardDisposition;
    const begun = this.#present ? this.#begin() : Promise.reject(this.#removed());
    const transaction = await this.#carried(() => begun).catch((error: unknown) => {
      // One that is granted only afterwards is nobody's.
      void begun.then((late) => late.end(LEAVE)).catch(() => undefined);
      throw error;
    });
    try {
      return await work();
    } finally {
      // Only when the reader is done with the last command; a card that left has taken its transaction along.
      const ended = this.#last.then(() => transaction.end(LEAVE));
      await this.#within(Math.min(this.#limit, NOTICE), ended).catch(() => undefined);
    }
  }

  transmit(command: Uint8Array): Promise<Uint8Array> {
    return this.#carried(async () => {
      const handle = await this.#connected();
      const transmitted = handle.transmit(command);
      this.#last = transmitted.catch(() => undefined);
      const answer = await transmitted;
      // Some readers answer nothing when the card leaves during the command.
      if (answer.length < 2) throw new Error('The reader brought no answer.');
      return answer;
    });
  }

  /** The card was taken out: what is under way fails with `card_removed`. */
  leave(): void {
    this.#present = false;
    for (const hear of this.#waiting) hear();
    void Promise.all([this.#handle, this.#last])
      .then(([handle]) => handle?.disconnect(this.#module.CardDisposition.LEAVE))
      .catch(() => undefined);
  }

  #connected(): Promise<PcscHandle> {
    this.#handle ??= this.#slot.connect(this.#module.CardMode.SHARED).catch((error: unknown) => {
      this.#handle = undefined;
      throw error;
    });
    return this.#handle;
  }

  async #begin() {
    const handle = await this.#connected();
    try {
      return await handle.transaction();
    } catch (error) {
      if (codeOf(error) !== 'ResetCard') throw error;
      // Another program has reset the card.
      await handle.reconnect(this.#module.CardMode.SHARED, this.#module.CardDisposition.LEAVE);
      return handle.transaction();
    }
  }

  async #carried<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#present) throw this.#removed();
    try {
      return await this.#within(this.#limit, work());
    } catch (error) {
      throw await this.#failure(error);
    }
  }

  /** Settles as the work does, but no later than the card leaves or the time is up. */
  #within<T>(limit: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => end(() => reject(this.#removed()));
      const timer = setTimeout(() => end(() => reject(new Error('The reader took too long.'))), limit);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(leave);
        settle();
      };
      this.#waiting.add(leave);
      work.then(
        (result) => end(() => resolve(result)),
        (error: unknown) => end(() => reject(error)),
      );
    });
  }

  async #failure(error: unknown): Promise<CardError> {
    if (error instanceof CardError) return error;
    if (gone.has(codeOf(error))) return this.#removed(error);
    // Often the command fails first, and then the service finds out why.
    if (this.#present) await this.#within(NOTICE, new Promise(() => undefined)).catch(() => undefined);
    if (!this.#present) return this.#removed(error);
    return new CardError('transaction_failed', `The reader failed (${codeOf(error)}).`, { cause: error });
  }

  #removed(cause?: unknown): CardError {
    return new CardError('card_removed', 'The card was taken out of the reader.', { cause });
  }
}
