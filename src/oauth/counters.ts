import type { Clock } from '@alongside/kernel/clock';
import { type Database, sql } from '../storage/database.ts';

/** Stored counts, for all processes together. */
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

/** Returns the window of a quota in milliseconds; an unknown unit is a minute. */
export const windowOf = ({ interval, timeunit }: { interval: number; timeunit: string }): number =>
  Math.max(1, interval) * (units[timeunit] ?? minute);

/** Returns the minimum milliseconds between two requests: 333 for `3ps`, 200 for `300pm`. Returns undefined for another text. */
export function gapOf(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,8})p([sm])$/.exec(rate) ?? [];
  return count === undefined ? undefined : Math.floor((unit === 's' ? 1_000 : minute) / Number(count));
}

/** Counts one request in the current window and returns the count. One write, so each process gets another number. */
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

/** Admits a request if the last admitted one is long enough ago, like Apigee's SpikeArrest. Bursts do not accumulate. */
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
