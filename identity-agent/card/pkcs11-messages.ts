import type { CardErrorCode } from './card-error.ts';

/** What the process that has loaded the module is told at its start, as its one argument in JSON. */
export interface ModuleSettings {
  /** Path of the module. */
  readonly module: string;
  /** Label of the token, or number of its slot; the first token that is there unless told. */
  readonly token?: string;
}

/** What can be asked of it: the methods of a card, and what is in the reader. */
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
  /** The insertion that is meant; calls for another one fail with `card_removed`. */
  readonly insertion: number;
  readonly args: readonly unknown[];
}

/** What came of a call that failed. */
export interface Failure {
  readonly code: CardErrorCode;
  readonly message: string;
  readonly attemptsLeft?: number;
}
