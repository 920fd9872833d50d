import { sha256 } from '@alongside/kernel/secrets';
import type pg from 'pg';
import type { BatchResult, Row, Statement, StatementResult } from './database.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { onlyReads, tableOf, tablesOf } from './seldom-rows.ts';

/**
 * A statement that executes several in their order, as one transaction without further messages. Its name in the query is `s` and
 * their number.
 */
interface Combined {
  readonly text: string;
  /** Whether each of them returns rows. */
  readonly givesRows: readonly boolean[];
}

const givesRows = ({ text }: Statement): boolean => /\bRETURNING\b/.test(text) || onlyReads(text);

/** `INSERT INTO … VALUES …` */
const isPlainInsert = (text: string): boolean =>
  /^\s*INSERT INTO\b/.test(text) && !/\b(?:SELECT|ON CONFLICT)\b/.test(text);

/** Whether a condition depends on its own row alone, or may see other tables as they were at the start. */
const dependsOnItsRow = ({ text, mustChange, readsAsOfStart }: Statement): boolean =>
  mustChange === true && (readsAsOfStart === true || !/\bSELECT\b/.test(text) || tablesOf(text).length === 0);

/**
 * Returns whether a batch has the same effect as one statement, in which none sees the writes of another, nor what others commit
 * while the first waits for a lock. A condition finds its row by key, and PostgreSQL looks at the newest version of that row. A
 * statement may read a table that a later one writes.
 */
function areIndependent(statements: readonly Statement[]): boolean {
  const written = new Set<string>();
  for (const [n, statement] of statements.entries()) {
    const table = tableOf(statement.text);
    if (table === undefined && !onlyReads(statement.text)) return false;
    if (tablesOf(statement.text).some((read) => read !== table && written.has(read))) return false;
    const plain = isPlainInsert(statement.text);
    if (n > 0 && !plain && !dependsOnItsRow(statement)) return false;
    // A row that is added later changes nothing for an earlier write of its table.
    if (table === undefined) continue;
    if (written.has(table) && !plain) return false;
    written.add(table);
  }
  return true;
}

/** Fails with the number of the condition. The count keeps PostgreSQL from evaluating the text in advance. */
const failure = (n: number, count: string): string =>
  `CASE WHEN ${count} = 0 THEN CAST('condition ${n} ' || ${count} AS INTEGER) END AS f${n}`;

/** Nobody may change the row of a condition that only reads, until the batch is committed. */
const endingOf = ({ text }: Statement): string => (onlyReads(text) ? ' FOR SHARE' : ' RETURNING 1');

/**
 * Writes statements as one; `first` is the number of the first one in its batch. A condition alone becomes a statement that fails, so
 * that the next one can be sent without its result.
 */
function combinedOf(statements: readonly Statement[], first = 0): Combined {
  const parts: string[] = [];
  const columns: string[] = [];
  for (const [n, statement] of statements.entries()) {
    const rows = givesRows(statement);
    const count = `(SELECT count(*) FROM s${n})`;
    parts.push(`s${n} AS (${statement.text}${rows ? '' : endingOf(statement)})`);
    // PostgreSQL executes a part when a column first asks for it, and so in this order.
    if (statement.mustChange) columns.push(failure(first + n, count));
    columns.push(rows ? `(SELECT json_agg(s${n}) FROM s${n}) AS r${n}` : `${count} AS n${n}`);
  }
  return {
    text: `WITH ${parts.join(', ')} SELECT ${columns.join(', ')}`,
    givesRows: statements.map(givesRows),
  };
}

const known = new Map<string, Combined | undefined>();
/** Maximum number of texts that are remembered: they vary with the length of lists. */
const mostKnown = 1_000;

/** Returns the one statement for a batch; undefined if the statements depend on each other. */
function combined(statements: readonly Statement[]): Combined | undefined {
  const key = statements
    .map(
      ({ text, mustChange, readsAsOfStart }) =>
        `${mustChange ? '!' : ' '}${readsAsOfStart ? '@' : ''}${text}`,
    )
    .join(';');
  if (!known.has(key)) {
    if (known.size >= mostKnown) known.clear();
    known.set(key, areIndependent(statements) ? combinedOf(statements) : undefined);
  }
  return known.get(key);
}

const resultsOf = ({ givesRows }: Combined, row: Record<string, unknown>): StatementResult[] =>
  givesRows.map((hasRows, n) => {
    if (!hasRows) return { changes: Number(row[`n${n}`]), rows: [] };
    const rows = (row[`r${n}`] ?? []) as Row[];
    return { changes: rows.length, rows };
  });

const invalidText = '22P02';

/** Returns the number of the condition that made a statement fail. */
function failedCondition(error: unknown): number | undefined {
  const { code, message = '' } = error as { code?: string; message?: string };
  const number = code === invalidText ? /"condition (\d+) 0"/.exec(message)?.[1] : undefined;
  return number === undefined ? undefined : Number(number);
}

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
