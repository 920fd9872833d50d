import type { CardClient } from './card-client.ts';

/** A card that is in a reader: bytes of a command in, bytes of its response out. */
export interface CardTransport {
  /**
   * Sends one command APDU and returns the response APDU, status word included.
   * Rejects with CardError: `card_removed` when the card is gone, `transaction_failed` when the reader failed.
   */
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /**
   * Runs a piece of work with the card to itself, and settles as it does. Only where other programs reach the card
   * as well: what it had selected and verified may be gone when the work begins.
   */
  alone?<T>(work: () => Promise<T>): Promise<T>;
}

/** One insertion of a card. */
export interface InsertedCard {
  /** Whoever speaks with this card. */
  open(): CardClient;
}

/** A reader with one slot. */
export interface Reader {
  readonly name: string;
  /** Why no card can come at present, in one sentence. */
  readonly problem?: string | undefined;
  /** The card that is in, undefined when none is. One insertion is one object. */
  card(): InsertedCard | undefined;
  /** Calls the listener when a card was put in (true) or taken out (false), until the returned function is called. */
  onChange(listener: (present: boolean) => void): () => void;
  /** Lets go of the card and of all listeners. */
  close(): Promise<void>;
}
