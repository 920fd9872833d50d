import type { Clock } from '@alongside/kernel/clock';
import { type Database, type Statement, sql } from '../storage/database.ts';
import { integer, row } from '../storage/row.ts';

/** Stored counts, for all processes together. */
export interface Counters {
  database: Database;
  clock: Clock;
}

/** At most `limit` requests in each window of `interval` units. */
interface Quota {
  limit: number;
  interval: number;
  timeunit: string;
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

/** Returns the start of the current window. */
function startOf(quota: Quota, clock: Clock): number {
  const length = windowOf(quota);
  return Math.floor(clock.now() / length) * length;
}

/** Returns the minimum milliseconds between two requests: 333 for `3ps`, 200 for `300pm`. Returns undefined for another text. */
export function gapOf(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,8})p([sm])$/.exec(rate) ?? [];
  return count === undefined ? undefined : Math.floor((unit === 's' ? 1_000 : minute) / Number(count));
}

/** Returns the statement that counts one request in the current window, unless the limit is reached: then it changes no row. */
export function quotaStatement(clock: Clock, name: string, quota: Quota): Statement {
  return sql(
    `INSERT INTO counter (name, window_start, count) SELECT ?, CAST(? AS BIGINT), 1 WHERE CAST(? AS INTEGER) > 0
     ON CONFLICT (name) DO UPDATE SET
       count = CASE WHEN counter.window_start = excluded.window_start THEN counter.count + 1 ELSE 1 END,
       window_start = excluded.window_start
     WHERE counter.window_start <> excluded.window_start OR counter.count < ?`,
    name,
    startOf(quota, clock),
    quota.limit,
    quota.limit,
  );
}

/** Counts one request by `quotaStatement`. Returns false, and counts nothing, once the limit is reached. */
export async function withinQuota(
  { database, clock }: Counters,
  name: string,
  quota: Quota,
): Promise<boolean> {
  return (await database.run(quotaStatement(clock, name, quota))).changes === 1;
}

/**
 * Returns the statement that admits a request if the last admitted one is `gap` milliseconds ago, like Apigee's SpikeArrest;
 * otherwise it changes no row. Bursts do not accumulate.
 */
export const spikeStatement = (clock: Clock, name: string, gap: number): Statement =>
  // A last time in the future means that the clock was set back.
  sql(
    `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
     ON CONFLICT (name) DO UPDATE SET window_start = excluded.window_start, count = counter.count + 1
     WHERE counter.window_start + ? <= excluded.window_start OR counter.window_start > excluded.window_start`,
    name,
    clock.now(),
    gap,
  );

/**
 * Counts one request unless `most` were counted in the last second, like Apigee's SpikeArrest with UseEffectiveCount: a sliding window
 * that does not smooth. Each of its places is free again one second after its last request.
 */
export async function withinSecond(
  { database, clock }: Counters,
  name: string,
  most: number,
): Promise<boolean> {
  for (let place = 1; place <= most; place++)
    if ((await database.run(spikeStatement(clock, `${name}:${place}`, 1_000))).changes === 1) return true;
  return false;
}

const counterRow = row('counter', { window_start: integer, count: integer });

const readCounter = ({ database }: Counters, name: string) =>
  database.get(sql('SELECT window_start, count FROM counter WHERE name = ?', name), counterRow);

/** Returns whether `quotaStatement` would count. */
export async function isWithinQuota(counters: Counters, name: string, quota: Quota): Promise<boolean> {
  const found = await readCounter(counters, name);
  return (found?.window_start === startOf(quota, counters.clock) ? found.count : 0) < quota.limit;
}

/** Returns whether `spikeStatement` would admit. */
export async function isAfterGap(counters: Counters, name: string, gap: number): Promise<boolean> {
  const last = (await readCounter(counters, name))?.window_start;
  const now = counters.clock.now();
  return last === undefined || last > now || last + gap <= now;
}
