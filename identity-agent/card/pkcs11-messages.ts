import type { CardErrorCode } from './card-client.ts';

/** Settings of the module process, its one argument in JSON. */
export interface ModuleSettings {
  /** Path of the module. */
  readonly module: string;
  /** Label of the token, or number of its slot; the first token by default. */
  readonly token?: string;
}

/** Requests to the process: the methods of a card, and the state of the reader. */
export type CallName =
  | 'insertion'
  | 'verifyPin'
  | 'attemptsLeft'
  | 'readCertificate'
  | 'sign'
  | 'changePin'
  | 'unblock';

export interface Question {
  readonly id: number;
  readonly call: CallName;
  /** The insertion of the request; calls for another one fail with `card_removed`. */
  readonly insertion: number;
  readonly args: readonly unknown[];
}

/** The error of a failed call. */
export interface Failure {
  readonly code: CardErrorCode;
  readonly message: string;
  readonly attemptsLeft?: number;
}
