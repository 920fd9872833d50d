import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, type Statement, sql, type Value } from './database.ts';

/** Maximum number of rows that one statement of regular work changes. */
export const batchSize = 500;
/** Maximum number of batches in one round. */
const maxBatches = 100;

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

/** Returns the statement that selects the keys of the oldest rows. The order makes both dialects use the index. */
const oldestText = ({ table, key, column, and }: Selection): string =>
  `SELECT ${key} FROM ${table} WHERE ${column} < ?${and ? ` AND ${and}` : ''} ORDER BY ${column} LIMIT ${batchSize}`;

/**
 * Removes old rows, the oldest first.
 * @returns whether old rows remain after a limited number of batches
 */
export function removeOld(database: Database, selection: Selection): Promise<boolean> {
  const { table, key, before } = selection;
  const remove = sql(`DELETE FROM ${table} WHERE (${key}) IN (${oldestText(selection)})`, before);
  return inBatches(async () => (await database.run(remove)).changes);
}

/**
 * Removes old rows with the rows of another table that name them in a column. `key` is one column. Both tables lose the rows of
 * the same keys: another process may remove some of them between two statements.
 * @returns whether old rows remain after a limited number of batches
 */
export function removeOldWith(
  database: Database,
  selection: Selection,
  dependants: { table: string; column: string },
): Promise<boolean> {
  const { table, key, before } = selection;
  const oldest = sql(oldestText(selection), before);
  const removeStatement = (from: string, column: string, keys: Value[]): Statement =>
    sql(`DELETE FROM ${from} WHERE ${column} IN (${marks(keys.length)})`, ...keys);
  return inBatches(async () => {
    const rows = await database.all(oldest);
    const keys = pieces(rows.map((found) => found[key] ?? null));
    if (rows.length > 0)
      await database.batch([
        ...keys.map((some) => removeStatement(dependants.table, dependants.column, some)),
        ...keys.map((some) => removeStatement(table, key, some)),
      ]);
    return rows.length;
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

/** Returns the placeholders for `count` values, or rows of values. */
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
  for (let batch = 0; batch < maxBatches; batch++) {
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
