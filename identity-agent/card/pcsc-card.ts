import { type CardClient, CardError } from './card-client.ts';
import { type PcscConnection, PcscError, type PcscService } from './pcsc-service.ts';
import { PivClient } from './piv-client.ts';
import type { CardTransport, InsertedCard } from './transport.ts';

/** PC/SC error names for a card that was removed. */
const gone = new Set([
  'RemovedCard',
  'NoSmartCard',
  'ReaderUnavailable',
  'UnknownReader',
  'NoService',
  'ServiceStopped',
]);

/** Milliseconds after a failed command in which the service may still notice that the card was removed. */
const NOTICE = 1_000;

const codeOf = (error: unknown): string => (error instanceof PcscError ? error.code : 'unknown');

/** One insertion of a card into a PC/SC reader. Other programs may use the card between tasks. */
export class PcscCard implements CardTransport, InsertedCard {
  readonly #service: PcscService;
  readonly #reader: string;
  readonly #limit: number;
  #connection: Promise<PcscConnection> | undefined;
  #present = true;
  /** The last command until the reader has finished it: a connection runs one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** Callbacks for the removal of the card. */
  readonly #waiting = new Set<() => void>();

  /** `limit`: milliseconds that the reader may take for a command, or that the card may be busy. */
  constructor(service: PcscService, reader: string, limit: number) {
    this.#service = service;
    this.#reader = reader;
    this.#limit = limit;
  }

  open(): CardClient {
    return new PivClient(this);
  }

  /** @throws CardError as `transmit` */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#present ? this.#begin() : Promise.reject(this.#removed());
    const connection = await this.#carried(() => begun).catch((error: unknown) => {
      // A transaction that begins too late must be ended.
      void begun.then((late) => late.end()).catch(() => undefined);
      throw error;
    });
    try {
      return await work();
    } finally {
      // After the last command has finished; a removed card takes its transaction with it.
      const ended = this.#last.then(() => connection.end());
      await this.#within(Math.min(this.#limit, NOTICE), ended).catch(() => undefined);
    }
  }

  transmit(command: Uint8Array): Promise<Uint8Array> {
    return this.#carried(async () => {
      const connection = await this.#connected();
      const transmitted = connection.transmit(command);
      this.#last = transmitted.catch(() => undefined);
      const answer = await transmitted;
      // Some readers return nothing if the card is removed during the command.
      if (answer.length < 2) throw new Error('The reader returned no response.');
      return answer;
    });
  }

  /** Handles the removal of the card: pending calls fail with `card_removed`. */
  leave(): void {
    this.#present = false;
    for (const hear of this.#waiting) hear();
    void Promise.all([this.#connection, this.#last])
      .then(([connection]) => connection?.disconnect())
      .catch(() => undefined);
  }

  #connected(): Promise<PcscConnection> {
    this.#connection ??= this.#service.connect(this.#reader).catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  /** Resolves when this program has exclusive access to the card. */
  async #begin(): Promise<PcscConnection> {
    const connection = await this.#connected();
    try {
      await connection.begin();
    } catch (error) {
      if (codeOf(error) !== 'ResetCard') throw error;
      // Another program has reset the card.
      await connection.reconnect();
      await connection.begin();
    }
    return connection;
  }

  async #carried<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#present) throw this.#removed();
    try {
      return await this.#within(this.#limit, work());
    } catch (error) {
      throw await this.#failure(error);
    }
  }

  /** Settles with the work, or earlier when the card is removed or the time is over. */
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
    // Often the command fails before the service notices the removal.
    if (this.#present) await this.#within(NOTICE, new Promise(() => undefined)).catch(() => undefined);
    if (!this.#present) return this.#removed(error);
    return new CardError('transaction_failed', `The reader failed (${codeOf(error)}).`, { cause: error });
  }

  #removed(cause?: unknown): CardError {
    return new CardError('card_removed', 'The card was taken out of the reader.', { cause });
  }
}
