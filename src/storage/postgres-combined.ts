import type { Row, Statement, StatementResult } from './database.ts';
import { tableOf, tablesOf } from './seldom-rows.ts';

/**
 * A statement that executes several in their order, as one transaction without further messages. Its name in the query is `s` and
 * their number.
 */
export interface Combined {
  readonly text: string;
  /** Whether each of them returns rows. */
  readonly givesRows: readonly boolean[];
}

const givesRows = ({ text }: Statement): boolean => /\bRETURNING\b/.test(text);

/** `INSERT INTO … VALUES …` */
const isInsert = (text: string): boolean => /^\s*INSERT INTO\b/.test(text) && !/\bSELECT\b/.test(text);
const isPlainInsert = (text: string): boolean => isInsert(text) && !/\bON CONFLICT\b/.test(text);

/**
 * Returns whether a batch has the same effect as one statement, in which none sees the writes of another, nor what others commit
 * while the first waits for a lock. A condition finds its row by key, and PostgreSQL looks at the newest version of that row. A
 * statement may read a table that a later one writes.
 */
function areIndependent(statements: readonly Statement[]): boolean {
  const written = new Set<string>();
  for (const [n, { text, mustChange }] of statements.entries()) {
    const table = tableOf(text);
    if (table === undefined) return false;
    if (tablesOf(text).some((read) => read !== table && written.has(read))) return false;
    const plain = isPlainInsert(text);
    if (n > 0 && !plain && !(mustChange && (isInsert(text) || !/\bSELECT\b/.test(text)))) return false;
    // A row that is added later changes nothing for an earlier write of its table.
    if (written.has(table) && !plain) return false;
    written.add(table);
  }
  return true;
}

/** Fails with the number of the condition. The count keeps PostgreSQL from evaluating the text in advance. */
const failure = (n: number, count: string): string =>
  `CASE WHEN ${count} = 0 THEN CAST('condition ${n} ' || ${count} AS INTEGER) END AS f${n}`;

/**
 * Writes statements as one; `first` is the number of the first one in its batch. A condition alone becomes a statement that fails, so
 * that the next one can be sent without its result.
 */
export function combinedOf(statements: readonly Statement[], first = 0): Combined {
  const parts: string[] = [];
  const columns: string[] = [];
  for (const [n, statement] of statements.entries()) {
    const rows = givesRows(statement);
    const count = `(SELECT count(*) FROM s${n})`;
    parts.push(`s${n} AS (${statement.text}${rows ? '' : ' RETURNING 1'})`);
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
export function combined(statements: readonly Statement[]): Combined | undefined {
  const key = statements.map(({ text, mustChange }) => `${mustChange ? '!' : ' '}${text}`).join(';');
  if (!known.has(key)) {
    if (known.size >= mostKnown) known.clear();
    known.set(key, areIndependent(statements) ? combinedOf(statements) : undefined);
  }
  return known.get(key);
}

/** Returns the results of the parts from the row of a combined statement. */
export const resultsOf = ({ givesRows }: Combined, row: Record<string, unknown>): StatementResult[] =>
  givesRows.map((hasRows, n) => {
    if (!hasRows) return { changes: Number(row[`n${n}`]), rows: [] };
    const rows = (row[`r${n}`] ?? []) as Row[];
    return { changes: rows.length, rows };
  });

const invalidText = '22P02';

/** Returns the number of the condition that made a statement fail. */
export function failedCondition(error: unknown): number | undefined {
  const { code, message = '' } = error as { code?: string; message?: string };
  const number = code === invalidText ? /"condition (\d+) 0"/.exec(message)?.[1] : undefined;
  return number === undefined ? undefined : Number(number);
}
