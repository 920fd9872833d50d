import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import { printable } from './secrets.ts';
import { misfit, type Shape } from './shape.ts';

/** The flow of a transaction, so that one flow cannot finish another's. */
export type TransactionKind = 'combined' | 'cis2' | 'fapi2';

/** State to keep while the browser is away. */
export interface Transaction {
  kind: TransactionKind;
  /** The expected `state` of the response. */
  state: string;
  /** When it began, in milliseconds since the epoch. */
  startedAt: number;
  /** The PKCE verifier, if used. */
  verifier?: string;
  /** The expected nonce of the ID token. */
  nonce?: string;
  /** Oldest acceptable authentication, in seconds. */
  maxAge?: number;
  /** Whether the user had to authenticate again (`prompt=login`). */
  fresh?: boolean;
  /** The requested authentication level, 1 to 3. */
  level?: number;
}

/** Time limit of a sign-in. */
export const TRANSACTION_LIFETIME_MS = 15 * 60_000;

const LONGEST_TRANSACTION = 4096;

const FORM: Shape = {
  state: 'text',
  verifier: 'text',
  nonce: 'text',
  startedAt: 'number',
  maxAge: 'number',
  level: 'number',
  fresh: 'flag',
};

/** Serialises a transaction as one opaque string. It contains secrets: keep it in the web session on the server. */
export function packTransaction(transaction: Transaction): string {
  return Buffer.from(JSON.stringify(transaction), 'utf8').toString('base64url');
}

/** Restores a transaction. Throws `transaction_invalid` or `transaction_expired`. */
export function unpackTransaction(kind: TransactionKind, packed: unknown, clock: Clock): Transaction {
  const transaction = parsed(packed);
  if (!transaction || transaction.kind !== kind)
    throw new ClientError(
      'transaction_invalid',
      'There is no sign-in under way in this session: keep the state of begin() and give it to finish().',
      { expected: `the state of a ${kind} sign-in`, received: describeReceived(packed, transaction) },
    );
  // Another process with a slightly faster clock may have started it.
  if (Math.abs(clock.now() - transaction.startedAt) > TRANSACTION_LIFETIME_MS) {
    const minutes = Math.round((clock.now() - transaction.startedAt) / 60_000);
    throw new ClientError('transaction_expired', 'The sign-in took too long. Start again.', {
      expected: `an answer within ${TRANSACTION_LIFETIME_MS / 60_000} minutes`,
      received: `one after ${minutes} minutes`,
    });
  }
  return transaction;
}

/** Returns the `state` that the response to a sign-in will have; a pushed request does not show it in its address. */
export const stateOf = (packed: string): string => parsed(packed)?.state ?? '';

function describeReceived(packed: unknown, transaction: Transaction | undefined): string {
  if (transaction) return `the state of a ${printable(String(transaction.kind)).slice(0, 20)} sign-in`;
  return packed === undefined || packed === null || packed === '' ? 'nothing' : 'something else';
}

function parsed(packed: unknown): Transaction | undefined {
  if (typeof packed !== 'string' || packed.length === 0 || packed.length > LONGEST_TRANSACTION)
    return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(packed, 'base64url').toString('utf8'));
    return isTransaction(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTransaction(value: unknown): value is Transaction {
  if (misfit(value, FORM) !== undefined) return false;
  const { state, verifier, nonce, startedAt, maxAge = 0, level = 0 } = value as Partial<Transaction>;
  const texts = state !== undefined && ![state, verifier, nonce].includes('');
  return texts && [startedAt, maxAge, level].every(Number.isFinite);
}
