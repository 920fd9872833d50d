import {
  type BatchResult,
  type Row,
  type Statement,
  StatementError,
  type StatementResult,
} from './database.ts';
import type { SeldomRows } from './seldom-rows.ts';
import { failureOf, type SqliteConnection } from './sqlite-connection.ts';

type Cache = Pick<SeldomRows<unknown>, 'wrote'>;
/** The result of a batch, or why it was refused. */
type Outcome = BatchResult | Error;

/** A batch failed after it had written, so its transaction must be rolled back. */
export class MustUndo extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('A batch must be undone.');
    this.outcome = outcome;
  }
}

/**
 * Commits batches in one transaction and returns their outcomes. Savepoints would cost each batch more than the few that fail.
 * @param cache has to know of each write
 * @throws MustUndo if one of several must be undone: then none was executed, and each needs its own transaction
 */
export function executeTogether(
  connection: SqliteConnection,
  cache: Cache,
  batches: readonly (readonly Statement[])[],
): Outcome[] {
  // An unfinished transaction would include this one.
  connection.rollback();
  try {
    connection.begin();
    const outcomes = batches.map((batch) => execute(connection, cache, batch));
    connection.commit();
    return outcomes;
  } catch (error) {
    connection.rollback();
    if (error instanceof MustUndo && batches.length === 1) return [error.outcome];
    throw error;
  }
}

function execute(connection: SqliteConnection, cache: Cache, batch: readonly Statement[]): Outcome {
  const results: StatementResult[] = [];
  for (const statement of batch) {
    const outcome = executeOne(connection, cache, statement, results);
    if (!outcome) continue;
    // SQLite undoes a single statement by itself.
    if (results.length === 0) return outcome;
    throw new MustUndo(outcome);
  }
  return { done: true, results };
}

/** Adds the result of a statement, or returns the outcome of its batch if it fails. */
function executeOne(
  connection: SqliteConnection,
  cache: Cache,
  statement: Statement,
  results: StatementResult[],
): Outcome | undefined {
  try {
    const { prepared, givesRows, onlyReads, writes, onlyAdds } = connection.prepare(statement.text);
    if (!onlyReads) cache.wrote(writes, onlyAdds);
    const rows = givesRows ? (prepared.all(...statement.values) as Row[]) : [];
    const changes = givesRows ? rows.length : Number(prepared.run(...statement.values).changes);
    if (statement.mustChange && changes === 0) return { done: false, failed: statement, results: [] };
    if (statement.mustChange && changes > 1 && results.length > 0)
      return new StatementError('A condition after the first statement changed several rows.');
    results.push({ changes, rows });
    return undefined;
  } catch (error) {
    // A full disk or a lost file rolls back the whole transaction; then no write of it succeeds.
    if (!connection.inTransaction) throw error;
    return failureOf('A statement was refused', error);
  }
}
