import {
  type AppendedList,
  type BatchResult,
  type Row,
  type Statement,
  StatementError,
  type StatementResult,
} from './database.ts';
import type { SeldomRows } from './seldom-rows.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

type Cache = Pick<SeldomRows<unknown>, 'wrote'>;
/** The result of a batch, or why it was refused. */
type Outcome = BatchResult | Error;
/** The new entries of a transaction, by their list. */
type Appended = Map<AppendedList, unknown[]>;

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
    const appended: Appended = new Map();
    const outcomes = batches.map((batch) => execute(connection, cache, batch, appended));
    const committed = [...appended].map(([list, entries]) => append(connection, cache, list, entries));
    connection.commit();
    for (const each of committed) each();
    return outcomes;
  } catch (error) {
    connection.rollback();
    if (error instanceof MustUndo && batches.length === 1) return [error.outcome];
    throw error;
  }
}

/** Adds the entries of a transaction to a list. @throws MustUndo if that is refused: then the batches without entries are executed. */
function append(
  connection: SqliteConnection,
  cache: Cache,
  list: AppendedList,
  entries: readonly unknown[],
): () => void {
  try {
    return list.append(entries, (statement) => run(connection, cache, statement));
  } catch (error) {
    if (!connection.inTransaction) throw error;
    throw new MustUndo(connection.failureOf('A statement was refused', error));
  }
}

function execute(
  connection: SqliteConnection,
  cache: Cache,
  batch: readonly Statement[],
  appended: Appended,
): Outcome {
  const results: StatementResult[] = [];
  for (const statement of batch) {
    if (statement.appends) {
      const { list, entry } = statement.appends;
      const entries = appended.get(list);
      if (entries) entries.push(entry);
      else appended.set(list, [entry]);
      results.push({ changes: 1, rows: [] });
      continue;
    }
    const outcome = executeOne(connection, cache, statement, results);
    if (!outcome) continue;
    // SQLite undoes a single statement by itself.
    if (results.length === 0) return outcome;
    throw new MustUndo(outcome);
  }
  return { done: true, results };
}

function run(
  connection: SqliteConnection,
  cache: Cache,
  { text, values, condition }: Statement,
): StatementResult {
  const { prepared, givesRows, onlyReads, writes, onlyAdds } = connection.prepare(text);
  const kindOfWrite = givesRows ? 'returns' : 'writes';
  const kind = onlyReads ? 'reads' : kindOfWrite;
  // PostgreSQL must know it before it prepares the statement.
  if (condition && condition !== kind)
    throw new TypeError(`a condition that ${kind} is marked as one that ${condition}`);
  if (!onlyReads) cache.wrote(writes, onlyAdds);
  const rows = givesRows ? (prepared.all(...values) as Row[]) : [];
  return { changes: givesRows ? rows.length : Number(prepared.run(...values).changes), rows };
}

/** Adds the result of a statement, or returns the outcome of its batch if it fails. */
function executeOne(
  connection: SqliteConnection,
  cache: Cache,
  statement: Statement,
  results: StatementResult[],
): Outcome | undefined {
  try {
    const result = run(connection, cache, statement);
    const { changes } = result;
    if (statement.condition && changes === 0) return { done: false, failed: statement, results: [] };
    if (statement.condition && changes > 1 && results.length > 0)
      return new StatementError('A condition after the first statement changed several rows.');
    results.push(result);
    return undefined;
  } catch (error) {
    // A full disk or a lost file rolls back the whole transaction; then no write of it succeeds.
    if (!connection.inTransaction) throw error;
    return connection.failureOf('A statement was refused', error);
  }
}
