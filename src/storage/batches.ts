import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, type Statement, sql, type Value } from './database.ts';

/** Maximum number of rows that one statement of regular work changes. */
export const batchSize = 500;
/** Maximum number of batches in one round. */
const mostBatches = 100;

/** Old rows of a table. Names are literals of the caller, never input. */
interface Selection {
  table: string;
  /** Primary key, columns separated by commas. */
  key: string;
  /** The indexed column, and the value below which a row is old. */
  column: string;
  before: Value;
  /** A further condition without values. */
  and?: string;
}

/**
 * Removes old rows, the oldest first, each with the rows of another table that name them in a column.
 * @returns whether old rows remain after a limited number of batches
 */
export function removeOld(
  database: Database,
  { table, key, column, before, and }: Selection,
  dependants?: { table: string; column: string },
): Promise<boolean> {
  // The order makes both dialects use the index.
  const some = `SELECT ${key} FROM ${table} WHERE ${column} < ?${and ? ` AND ${and}` : ''} ORDER BY ${column} LIMIT ${batchSize}`;
  const remove = sql(`DELETE FROM ${table} WHERE (${key}) IN (${some})`, before);
  if (!dependants) return inBatches(async () => (await database.run(remove)).changes);
  const removeDependants = sql(
    `DELETE FROM ${dependants.table} WHERE ${dependants.column} IN (${some})`,
    before,
  );
  return inBatches(async () => {
    const { results } = await database.batch([removeDependants, remove]);
    return results[1]?.changes ?? 0;
  });
}

/**
 * Returns the statement that inserts rows into a table. Names are literals of the caller, never input.
 * @param rows values in the order of the columns; at least one row, and at most 32,000 values altogether (the limit of SQLite)
 */
export function insertStatement(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Statement {
  const marks = `(${columns.map(() => '?').join(', ')})`;
  const all = rows.map(() => marks).join(', ');
  return sql(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${all}`, ...rows.flat());
}

/** Returns the marks of so many values, or rows of values. */
export const marks = (count: number, row = '?'): string =>
  Array.from({ length: count }, () => row).join(', ');

/** Inserts rows with few statements of few different texts. */
export const insertStatements = (
  head: string,
  row: string,
  rows: readonly Value[][],
  tail = '',
): Statement[] =>
  pieces(rows).map((some) => sql(`${head} VALUES ${marks(some.length, row)}${tail}`, ...some.flat()));

/**
 * Runs one batch after another, with a turn of the event loop in between, until one is not full.
 * @param step runs one batch and returns the number of changed rows
 * @param full the number of rows of a full batch
 * @returns whether rows remain after a limited number of batches
 */
export async function inBatches(step: () => Promise<number>, full = batchSize): Promise<boolean> {
  for (let batch = 0; batch < mostBatches; batch++) {
    if ((await step()) < full) return false;
    await nextTurn();
  }
  return true;
}

/** Splits a list into parts of 32, 16, 8, 4, 2 and 1, so that there are few different statements. */
export function pieces<T>(list: readonly T[]): T[][] {
  const cut: T[][] = [];
  for (let from = 0, size = 32; from < list.length; ) {
    if (size > list.length - from) size /= 2;
    else {
      cut.push(list.slice(from, from + size));
      from += size;
    }
  }
  return cut;
}
