import { sha256 } from '@alongside/kernel/secrets';
import type pg from 'pg';
import type { BatchResult, Row, Statement, StatementResult } from './database.ts';
import type { PostgresConnection } from './postgres-connection.ts';

interface Prepared {
  text: string;
  name?: string;
}

const prepared = new Map<string, Prepared>();
/** Converts `?` to `$1`, `$2`, …: our statements have no question mark in a literal. Prepared once for each connection. */
function prepare(text: string): Prepared {
  let made = prepared.get(text);
  if (made === undefined) {
    let count = 0;
    made = { text: text.replace(/\?/g, () => `$${++count}`) };
    // A plan of `SELECT *` would fail when a newer version adds a column.
    if (!text.includes('*')) made.name = sha256(text);
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
const failed = ({ mustChange }: Statement, result: StatementResult): boolean =>
  mustChange === true && result.changes === 0;

/** Splits statements into groups, each of which ends with a condition. */
function groupsOf(statements: readonly Statement[]): Statement[][] {
  const groups: Statement[][] = [[]];
  for (const statement of statements) {
    groups.at(-1)?.push(statement);
    if (statement.mustChange) groups.push([]);
  }
  return groups;
}

/** The progress of a batch. */
export interface Progress {
  /** Set before anything is sent that may commit it: from then on, a lost connection leaves the outcome unknown. */
  mayHaveCommitted: boolean;
  isLost: boolean;
}

const withoutLimit: Statement = { text: 'SET LOCAL statement_timeout = 0', values: [] };

/** A single statement is a transaction by itself. */
async function runOne(
  connection: PostgresConnection,
  statement: Statement,
  progress: Progress,
): Promise<BatchResult> {
  if (connection.failure) throw connection.failure;
  progress.mayHaveCommitted = true;
  const result = resultOf(await connection.send(toQuery(statement)));
  if (failed(statement, result)) return { done: false, failed: statement, results: [] };
  return { done: true, results: [result] };
}

/** Uses one round trip for each condition and one for the rest, including `BEGIN` and `COMMIT`. */
async function runTransaction(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<BatchResult> {
  const results: StatementResult[] = [];
  const groups = groupsOf(statements);
  for (const [n, group] of groups.entries()) {
    const queries: (string | pg.QueryConfig)[] = group.map(toQuery);
    if (n === 0) queries.unshift('BEGIN');
    if (connection.failure) throw connection.failure;
    if (n === groups.length - 1) {
      queries.push('COMMIT');
      progress.mayHaveCommitted = true;
    }
    const answers = (await sendTogether(connection, queries)).slice(n === 0 ? 1 : 0);
    results.push(...answers.slice(0, group.length).map(resultOf));
    const last = group.at(-1);
    const lastResult = results.at(-1);
    if (last && lastResult && failed(last, lastResult)) {
      await connection.send('ROLLBACK');
      return { done: false, failed: last, results: [] };
    }
  }
  return { done: true, results };
}

/** Runs a batch as one transaction. An error leaves no transaction open, unless the connection is lost. */
export async function runBatch(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<BatchResult> {
  const [only] = statements;
  if (only && statements.length === 1) return runOne(connection, only, progress);
  try {
    return await runTransaction(connection, statements, progress);
  } catch (error) {
    // If this fails, the connection is lost.
    if (!connection.isLost(error))
      await connection.send('ROLLBACK').catch((failure: Error) => connection.abandon(failure));
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

/** Sends several queries at once. Throws the first error after all have completed. `COMMIT` after an error rolls back. */
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
