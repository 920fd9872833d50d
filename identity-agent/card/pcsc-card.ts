import type { CardClient } from './card-client.ts';
import { CardError } from './card-error.ts';
import { type PcscConnection, PcscError, type PcscService } from './pcsc-service.ts';
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

const codeOf = (error: unknown): string => (error instanceof PcscError ? error.code : 'unknown');

/** One insertion of a card into a reader of PC/SC. Other programs can use it as well, between the pieces of work. */
export class PcscCard implements CardTransport, InsertedCard {
  readonly #service: PcscService;
  readonly #reader: string;
  readonly #limit: number;
  #connection: Promise<PcscConnection> | undefined;
  #present = true;
  /** The last command, until the reader is done with it: a connection does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** Who is to hear at once that the card was taken out. */
  readonly #waiting = new Set<() => void>();

  /** `limit`: so many milliseconds may the reader take for a command, or for the card to be free. */
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
      // One that is granted only afterwards is nobody's.
      void begun.then((late) => late.end()).catch(() => undefined);
      throw error;
    });
    try {
      return await work();
    } finally {
      // Only when the reader is done with the last command; a card that left has taken its transaction along.
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
      // Some readers answer nothing when the card leaves during the command.
      if (answer.length < 2) throw new Error('The reader brought no answer.');
      return answer;
    });
  }

  /** The card was taken out: what is under way fails with `card_removed`. */
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

  /** Has the card to itself when it resolves. */
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
