import { reasonOf } from '@alongside/kernel/errors';
import pg from 'pg';
import { RowError, StatementError, StorageError } from './database.ts';

// Features, cardinality, data, integrity, syntax and access, checks: errors of the statement (PostgreSQL, Appendix A).
const atFault = /^(0A|21|22|23|42|44)/;

/** Returns the error for callers: StatementError or StorageError. */
export function failureOf(what: string, error: unknown): Error {
  if (error instanceof StorageError || error instanceof RowError) return error;
  const statement =
    error instanceof pg.DatabaseError ? atFault.test(error.code ?? '') : error instanceof TypeError;
  const message = `${what}: ${reasonOf(error)}.`;
  return new (statement ? StatementError : StorageError)(message, { cause: error });
}
