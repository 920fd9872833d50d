import type { CardClient } from './card-client.ts';

/** A card in a reader, which exchanges commands and responses as bytes. */
export interface CardTransport {
  /**
   * Sends one command APDU and returns the response APDU, status word included.
   * Rejects with CardError: `card_removed` when the card is gone, `transaction_failed` when the reader failed.
   */
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /**
   * Runs a task with exclusive access to the card, and settles with its result. Only for readers that other programs use too: the
   * selection and verified PIN may be gone when the task begins.
   */
  alone?<T>(work: () => Promise<T>): Promise<T>;
}

export interface InsertedCard {
  open(): CardClient;
}

export interface Reader {
  readonly name: string;
  /** Why no card can be used at present, in one sentence. */
  readonly problem?: string | undefined;
  /** The card in the reader, undefined if there is none. Each insertion is a new object. */
  card(): InsertedCard | undefined;
  /** Calls the listener when a card is inserted (true) or removed (false). Returns a function that stops this. */
  onChange(listener: (present: boolean) => void): () => void;
  /** Releases the card and all listeners. */
  close(): Promise<void>;
}
