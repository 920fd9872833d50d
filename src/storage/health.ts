import { reasonOf } from '@alongside/kernel/errors';
import { type Database, type Health, sql } from './database.ts';

/** Milliseconds in which storage must respond. */
const limit = 1_000;

/** Runs a check of storage; it fails after a second. */
export async function checkWithin(check: () => Promise<unknown>): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The database has not answered for ${limit / 1000} s.`)),
      limit,
    );
  });
  try {
    await Promise.race([check(), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Rewrites a row: after a failed write, only a write shows that storage works again. */
export const checkWrite = (database: Database): Promise<unknown> =>
  database.run(sql("UPDATE setting SET value = value WHERE name = 'schema'"));
