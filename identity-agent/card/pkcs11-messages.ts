import { type CardClient, CardError, type CardErrorCode } from './card-client.ts';

/** Settings of the module process, its one argument in JSON. */
export interface ModuleSettings {
  /** Path of the module. */
  readonly module: string;
  /** Label of the token, or number of its slot; the first token by default. */
  readonly token?: string;
  /** Calls the module through `node:ffi` even if the package pkcs11js is installed; for tests. */
  readonly direct?: boolean;
}

/** The methods of a card. */
export type TokenCall = Exclude<keyof CardClient, 'select'>;

/** The error of a failed call. */
export interface Failure {
  readonly code: CardErrorCode;
  readonly message: string;
  readonly attemptsLeft?: number;
}

/** Return values of PKCS#11 (version 2.40, section 5.1) that are handled individually. */
export const RV = {
  deviceError: 0x30,
  deviceRemoved: 0x32,
  functionNotSupported: 0x54,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLenRange: 0xa2,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionHandleInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  userNotLoggedIn: 0x101,
  alreadyInitialized: 0x191,
} as const;

type CardErrorArguments = ConstructorParameters<typeof CardError>;
const removed: CardErrorArguments = ['card_removed', 'The card was taken out of the reader.'];

const known = new Map<number, CardErrorArguments>([
  [RV.deviceRemoved, removed],
  [RV.tokenNotPresent, removed],
  [RV.sessionClosed, removed],
  [RV.sessionHandleInvalid, removed],
  [RV.tokenNotRecognized, ['not_a_piv_card', 'The middleware does not know this card.']],
  [RV.pinLocked, ['pin_blocked', 'The PIN is blocked.', { attemptsLeft: 0 }]],
  [RV.userNotLoggedIn, ['pin_required', 'The card wants the PIN first.']],
]);

const codeOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
};

/** Returns whether a call of the module failed with this return value. */
export const isPkcs11 = (error: unknown, value: number): boolean => codeOf(error) === value;

/** Converts an error of the module to a CardError. */
export function failureOf(error: unknown): CardError {
  if (error instanceof CardError) return error;
  const code = codeOf(error);
  const own = code === undefined ? undefined : known.get(code);
  if (own) return new CardError(...own);
  const name = code === undefined ? 'an unknown reason' : `0x${code.toString(16)}`;
  return new CardError('transaction_failed', `The middleware of the card failed (${name}).`, {
    cause: error,
  });
}
