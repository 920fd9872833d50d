import { sha256 } from '@alongside/kernel/secrets';
import type pg from 'pg';
import type { BatchResult, Row, Statement, StatementResult } from './database.ts';
import { combined, combinedOf, failedCondition, resultsOf } from './postgres-combined.ts';
import type { PostgresConnection } from './postgres-connection.ts';

const prepared = new Map<string, { text: string; name: string }>();
/** Converts `?` to `$1`, `$2`, …: our literals never contain a question mark. Prepared once for each connection. */
function prepare(text: string): { text: string; name: string } {
  let made = prepared.get(text);
  if (made === undefined) {
    let count = 0;
    made = { text: text.replace(/\?/g, () => `$${++count}`), name: sha256(text) };
    prepared.set(text, made);
  }
  return made;
}

export const toQuery = ({ text, values }: Statement): pg.QueryConfig => ({
  ...prepare(text),
  values: [...values],
});

const resultOf = ({ rowCount, rows }: pg.QueryResult): StatementResult => ({
  changes: rowCount ?? 0,
  rows: rows as Row[],
});

/** The progress of a batch. */
export interface Progress {
  /** Set before anything is sent that may commit it: from then on, a lost connection leaves the outcome unknown. */
  mayHaveCommitted: boolean;
  isLost: boolean;
}

const withoutLimit: Statement = { text: 'SET LOCAL statement_timeout = 0', values: [] };

/** Runs a single statement, which is a transaction by itself. */
async function runOne(
  connection: PostgresConnection,
  statement: Statement,
  progress: Progress,
): Promise<pg.QueryResult> {
  if (connection.failure) throw connection.failure;
  progress.mayHaveCommitted = true;
  return connection.send(toQuery(statement));
}

/**
 * Sends all statements at once, then `COMMIT`: until that, a batch with a condition can be repeated on another connection. A
 * condition that changes no row fails, and so does all that follows.
 */
async function runTransaction(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<StatementResult[]> {
  const conditions = statements.map((statement, n) =>
    statement.mustChange ? combinedOf([statement], n) : undefined,
  );
  const queries = statements.map((statement, n) =>
    toQuery({ text: conditions[n]?.text ?? statement.text, values: statement.values }),
  );
  if (connection.failure) throw connection.failure;
  const isConditional = conditions.some(Boolean);
  const ends = isConditional ? [] : ['COMMIT'];
  progress.mayHaveCommitted = !isConditional;
  try {
    const answers = await sendTogether(connection, ['BEGIN', ...queries, ...ends]);
    if (isConditional) {
      if (connection.failure) throw connection.failure;
      progress.mayHaveCommitted = true;
      await connection.send('COMMIT');
    }
    return statements.flatMap((_, n) => {
      const [answer, condition] = [answers[n + 1] as pg.QueryResult, conditions[n]];
      return condition ? resultsOf(condition, answer.rows[0]) : resultOf(answer);
    });
  } catch (error) {
    // If this fails, the connection is lost.
    if (!connection.isLost(error))
      await connection.send('ROLLBACK').catch((failure: Error) => connection.abandon(failure));
    throw error;
  }
}

/**
 * Runs a batch as one transaction: in one round trip if its statements are independent. An error leaves no transaction open, unless
 * the connection is lost.
 */
export async function runBatch(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<BatchResult> {
  const [only] = statements;
  if (only && statements.length === 1) {
    const result = resultOf(await runOne(connection, only, progress));
    if (only.mustChange && result.changes === 0) return { done: false, failed: only, results: [] };
    return { done: true, results: [result] };
  }
  const whole = combined(statements);
  try {
    if (!whole) return { done: true, results: await runTransaction(connection, statements, progress) };
    const values = statements.flatMap((statement) => statement.values);
    const { rows } = await runOne(connection, { text: whole.text, values }, progress);
    return { done: true, results: resultsOf(whole, rows[0]) };
  } catch (error) {
    const failed = statements[failedCondition(error) ?? -1];
    if (failed) return { done: false, failed, results: [] };
    throw error;
  }
}

/** Does the same without a time limit. */
export async function runPatiently(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<BatchResult> {
  const result = await connection.patiently(() =>
    runBatch(connection, [withoutLimit, ...statements], progress),
  );
  return result.done ? { done: true, results: result.results.slice(1) } : result;
}

/** Sends several queries at once. Throws the first error after all have completed. */
async function sendTogether(
  connection: PostgresConnection,
  queries: readonly (string | pg.QueryConfig)[],
): Promise<pg.QueryResult[]> {
  const uncork = connection.cork();
  const sent = queries.map((query) => connection.send(query));
  uncork();
  const settled = await Promise.allSettled(sent);
  const refused = settled.find((one) => one.status === 'rejected');
  if (refused) throw refused.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<pg.QueryResult>).value);
}
