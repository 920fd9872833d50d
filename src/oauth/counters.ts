import type { Clock } from '@alongside/kernel/clock';
import { type Database, sql } from '../storage/database.ts';

/** Where counts are kept, so that any number of processes count as one. */
export interface Counters {
  database: Database;
  clock: Clock;
}

const minute = 60_000;
const units: Readonly<Record<string, number>> = {
  second: 1_000,
  minute,
  hour: 60 * minute,
  day: 1_440 * minute,
  week: 10_080 * minute,
  month: 43_200 * minute,
};

/** Length of a quota's window in milliseconds; an unknown unit counts as a minute. */
export const windowOf = ({ interval, timeunit }: { interval: number; timeunit: string }): number =>
  Math.max(1, interval) * (units[timeunit] ?? minute);

/** Shortest time between two requests in milliseconds: `3ps` is one every 333 ms, `300pm` one every 200 ms. Undefined when it is no rate. */
export function gapOf(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,8})p([sm])$/.exec(rate) ?? [];
  return count === undefined ? undefined : Math.floor((unit === 's' ? 1_000 : minute) / Number(count));
}

/** Counts one request in the window that runs now, and answers how many it has. One write, so no two processes get the same number. */
export async function counted(
  { database, clock }: Counters,
  name: string,
  quota: { interval: number; timeunit: string },
): Promise<number> {
  const length = windowOf(quota);
  const start = Math.floor(clock.now() / length) * length;
  const { rows } = await database.run(
    sql(
      `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
       ON CONFLICT (name) DO UPDATE SET
         count = CASE WHEN counter.window_start = excluded.window_start THEN counter.count + 1 ELSE 1 END,
         window_start = excluded.window_start
       RETURNING count`,
      name,
      start,
    ),
  );
  return Number(rows[0]?.count ?? 0);
}

/** Lets a request through when the last one let through is long enough ago. Smoothing, as Apigee's SpikeArrest: no burst is saved up. */
export async function admitted({ database, clock }: Counters, name: string, rate: string): Promise<boolean> {
  const gap = gapOf(rate);
  if (gap === undefined) return true;
  // A last time in the future comes from a clock that was moved back.
  const { changes } = await database.run(
    sql(
      `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
       ON CONFLICT (name) DO UPDATE SET window_start = excluded.window_start, count = counter.count + 1
       WHERE counter.window_start + ? <= excluded.window_start OR counter.window_start > excluded.window_start`,
      name,
      clock.now(),
      gap,
    ),
  );
  return changes === 1;
}

/** Reads counters without counting: the start of the window, or the time of the last admission, and the count. */
export async function readCounts(
  { database }: Counters,
  names: readonly string[],
): Promise<ReadonlyMap<string, { start: number; count: number }>> {
  const rows = await database.all<{ name: string; window_start: number; count: number }>(
    sql(
      `SELECT name, window_start, count FROM counter WHERE name IN (${names.map(() => '?').join(', ')})`,
      ...names,
    ),
  );
  return new Map(
    rows.map(({ name, window_start, count }) => [
      name,
      { start: Number(window_start), count: Number(count) },
    ]),
  );
}
