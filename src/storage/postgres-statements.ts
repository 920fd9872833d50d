import { sha256 } from '@alongside/kernel/secrets';
import pg from 'pg';
import type { BatchResult, Condition, Row, Statement, StatementResult } from './database.ts';
import type { PostgresConnection } from './postgres-connection.ts';

/** What follows a condition in its check. Nobody may change a row that it only reads, until the batch is committed. */
const endings: Readonly<Record<Condition, string>> = {
  writes: ' RETURNING 1',
  returns: '',
  reads: ' FOR SHARE',
};

/**
 * Returns the text of a condition that fails, by a division by zero, if it changes no row: what follows it can then be sent without
 * waiting for its result.
 */
const checkOf = (text: string, condition: Condition): string =>
  `WITH own AS (${text}${endings[condition]}) SELECT count(*) AS changes, 1 / count(*) AS checked${
    condition === 'returns' ? ', json_agg(own) AS rows' : ''
  } FROM own`;

type Prepared = Readonly<{ text: string; name: string }>;
const plain = new Map<string, Prepared>();
const checks = new Map<string, Prepared>();

/** Converts `?` to `$1`, `$2`, …: our literals never contain a question mark. Prepared once for each connection. */
function prepare(text: string, condition?: Condition): Prepared {
  const known = condition ? checks : plain;
  let made = known.get(text);
  if (made === undefined) {
    const whole = condition ? checkOf(text, condition) : text;
    let count = 0;
    made = { text: whole.replace(/\?/g, () => `$${++count}`), name: sha256(whole) };
    known.set(text, made);
  }
  return made;
}

export const toQuery = ({ text, values }: Statement, condition?: Condition): pg.QueryConfig => ({
  ...prepare(text, condition),
  values: [...values],
});

function resultOf({ rowCount, rows }: pg.QueryResult, condition?: Condition): StatementResult {
  if (!condition) return { changes: rowCount ?? 0, rows: rows as Row[] };
  const [check] = rows as { changes: number; rows?: Row[] }[];
  return { changes: check?.changes ?? 0, rows: check?.rows ?? [] };
}

const divisionByZero = '22012';

/** The progress of a batch. */
export interface Progress {
  /** Set before anything is sent that may commit it: from then on, a lost connection leaves the outcome unknown. */
  mayHaveCommitted: boolean;
  isLost: boolean;
}

const withoutLimit: Statement = { text: 'SET LOCAL statement_timeout = 0', values: [] };

/** Sends all statements of a transaction at once, with its end: a condition that fails undoes it. */
async function runTransaction(
  connection: PostgresConnection,
  statements: readonly Statement[],
  progress: Progress,
): Promise<BatchResult> {
  if (connection.failure) throw connection.failure;
  progress.mayHaveCommitted = true;
  const parts = statements.map((statement) => toQuery(statement, statement.condition));
  // After an error, COMMIT undoes the transaction.
  const [, ...settled] = await sendTogether(connection, ['BEGIN', ...parts, 'COMMIT']);
  const results: StatementResult[] = [];
  for (const [n, outcome] of settled.entries()) {
    const statement = statements[n];
    if (outcome.status === 'fulfilled') {
      if (statement) results.push(resultOf(outcome.value, statement.condition));
    } else if (statement?.condition && outcome.reason.code === divisionByZero)
      return { done: false, failed: statement, results: [] };
    else {
      // The server refused a statement, perhaps because it ends the connection: it did not reach COMMIT.
      if (statement && outcome.reason instanceof pg.DatabaseError) progress.mayHaveCommitted = false;
      throw outcome.reason;
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
  if (!only || statements.length > 1) return runTransaction(connection, statements, progress);
  if (connection.failure) throw connection.failure;
  progress.mayHaveCommitted = true;
  const result = resultOf(await connection.send(toQuery(only)));
  if (only.condition && result.changes === 0) return { done: false, failed: only, results: [] };
  return { done: true, results: [result] };
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

/** Sends several queries at once; resolves when all have completed. */
function sendTogether(
  connection: PostgresConnection,
  queries: readonly (string | pg.QueryConfig)[],
): Promise<PromiseSettledResult<pg.QueryResult>[]> {
  const uncork = connection.cork();
  const sent = queries.map((query) => connection.send(query));
  uncork();
  return Promise.allSettled(sent);
}
