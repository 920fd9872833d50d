import { reasonOf } from '@alongside/kernel/errors';
import { RowError, StatementError, StorageError } from './database.ts';

// Primary result codes of errors in the statement: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE.
const atFault = new Set([1, 18, 19, 20, 21, 25]);

/** Returns the error for callers: StatementError or StorageError. */
export function failureOf(what: string, error: unknown): Error {
  if (error instanceof StorageError || error instanceof RowError) return error;
  const { errcode } = error as { errcode?: number };
  const statement = errcode === undefined || atFault.has(errcode % 256);
  const message = `${what}: ${reasonOf(error)}.`;
  return new (statement ? StatementError : StorageError)(message, { cause: error });
}
