import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Statement, sql, type Value } from './database.ts';

/** Rows that one statement of regular work touches at most. */
export const batchSize = 500;
/** Batches of one round. */
const mostBatches = 100;

/** Rows of a table that are old: what `removeSomeStatement` removes. Names are literals of the caller, never input. */
interface OldRows {
  table: string;
  /** Primary key, columns separated by commas. */
  key: string;
  /** The indexed column that decides, and the value below which a row is old. */
  column: string;
  before: Value;
  /** A further condition without values. */
  and?: string;
}

/** Selects the keys of the oldest old rows, one batch. The order makes both dialects read by the index. */
export const someStatement = ({ table, key, column, before, and }: OldRows): Statement =>
  sql(
    `SELECT ${key} FROM ${table} WHERE ${column} < ?${and ? ` AND ${and}` : ''} ORDER BY ${column} LIMIT ${batchSize}`,
    before,
  );

/** Removes one batch of the oldest old rows. */
export function removeSomeStatement(rows: OldRows): Statement {
  const { text, values } = someStatement(rows);
  return sql(`DELETE FROM ${rows.table} WHERE (${rows.key}) IN (${text})`, ...values);
}

/**
 * Does one batch after the other, with a turn of the event loop between two, until one is not full.
 * @param step does one batch and returns how many rows it touched
 * @returns whether more is left after a bounded number of batches
 */
export async function inBatches(step: () => Promise<number>): Promise<boolean> {
  for (let batch = 0; batch < mostBatches; batch++) {
    if ((await step()) < batchSize) return false;
    await nextTurn();
  }
  return true;
}
