import { AsyncLocalStorage } from 'node:async_hooks';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { StatementSync } from 'node:sqlite';
import { getHeapStatistics } from 'node:v8';
import pg from 'pg';
import type { Statement } from '../../src/storage/database.ts';
import { SqliteDatabase } from '../../src/storage/sqlite.ts';

/** Costs of a process's operations, apart from time. */
export interface Costs {
  /** Statements that read rows. */
  reads: number;
  /** Statements that write rows, other than events, which are written later in groups. */
  writes: number;
  /** Rows that these wrote. */
  rows: number;
  /** Transactions with such a statement. */
  transactions: number;
  fsyncs: number;
  /** Statements and transaction controls that were sent to PostgreSQL. */
  sent: number;
  /** Waits for PostgreSQL: statements that are sent before the first of them is answered share one, on each connection. */
  roundTrips: number;
  /** Reads of the request that is under way from its context, instead of passing it. The listener of each request makes one. */
  lookups: number;
  /** Memory allocated by JavaScript, by the client of the test too, in thousands of bytes. */
  kilobytes: number;
}

const costs: Costs = {
  reads: 0,
  writes: 0,
  rows: 0,
  transactions: 0,
  fsyncs: 0,
  sent: 0,
  roundTrips: 0,
  lookups: 0,
  kilobytes: 0,
};
/** Statements of each connection without an answer. */
const waiting = new WeakMap<pg.Client, number>();

/** Tables that are used some time after the response, so that their counts depend on the time. */
const later = /\b(?:INTO|FROM|UPDATE) (?:event_\w+|journey_\w+|refusal|lease|audit\w*)\b/i;
let hasWritten = false;

type Method = (this: StatementSync, ...values: never[]) => unknown;

function count(method: 'get' | 'all' | 'run'): void {
  const original = StatementSync.prototype[method] as Method;
  const counted: Method = function counted(...values) {
    const text = this.sourceSQL;
    const result = original.apply(this, values);
    if (later.test(text)) return result;
    if (/^\s*(?:SELECT|WITH)\b/i.test(text)) costs.reads += 1;
    else if (/^\s*(?:INSERT|UPDATE|DELETE)\b/i.test(text)) {
      hasWritten = true;
      costs.writes += 1;
      costs.rows += Array.isArray(result)
        ? result.length
        : Number((result as { changes?: number })?.changes ?? 0);
    } else if (text === 'COMMIT') {
      costs.transactions += Number(hasWritten);
      hasWritten = false;
    }
    return result;
  };
  Object.assign(StatementSync.prototype, { [method]: counted });
}

/** The texts of statements of which SQLite cached rows, with the tables that they declare. */
export const cachedTables = new Map<string, readonly string[]>();

function noteCached(method: 'get' | 'all'): void {
  const original = SqliteDatabase.prototype[method] as (statement: Statement, ...more: unknown[]) => unknown;
  const noting = function noting(this: SqliteDatabase, statement: Statement, ...more: unknown[]) {
    if (statement.caches) cachedTables.set(statement.text, statement.caches.tables);
    return original.call(this, statement, ...more);
  };
  Object.assign(SqliteDatabase.prototype, { [method]: noting });
}

/** Counts all later statements, fsyncs and lookups of this process. */
export function startCounting(): void {
  for (const method of ['get', 'all', 'run'] as const) count(method);
  for (const method of ['get', 'all'] as const) noteCached(method);
  const query = pg.Client.prototype.query as (...values: unknown[]) => Promise<unknown>;
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...values: unknown[]) {
      const before = waiting.get(this) ?? 0;
      costs.sent += 1;
      costs.roundTrips += Number(before === 0);
      waiting.set(this, before + 1);
      return query.apply(this, values).finally(() => waiting.set(this, (waiting.get(this) ?? 0) - 1));
    },
  });
  const { getStore } = AsyncLocalStorage.prototype;
  Object.assign(AsyncLocalStorage.prototype, {
    getStore(this: AsyncLocalStorage<unknown>) {
      costs.lookups += 1;
      return getStore.call(this);
    },
  });
  const { fdatasync } = fs;
  Object.assign(fs, {
    fdatasync(...values: Parameters<typeof fdatasync>) {
      costs.fsyncs += 1;
      fdatasync(...values);
    },
  });
  syncBuiltinESMExports();
}

/** Returns the bytes allocated so far, which the types of Node.js lack. */
const allocated = (): number =>
  (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? 0;

/** Returns the costs so far. */
export const costsNow = (): Costs => ({
  ...costs,
  kilobytes: allocated() / 1_000,
});

/** Returns the costs between two moments. */
export const difference = (end: Costs, start: Costs): Costs => ({
  reads: end.reads - start.reads,
  writes: end.writes - start.writes,
  rows: end.rows - start.rows,
  transactions: end.transactions - start.transactions,
  fsyncs: end.fsyncs - start.fsyncs,
  sent: end.sent - start.sent,
  roundTrips: end.roundTrips - start.roundTrips,
  lookups: end.lookups - start.lookups,
  kilobytes: end.kilobytes - start.kilobytes,
});

export function lesser(one: Costs, other: Costs = one): Costs {
  return {
    reads: Math.min(one.reads, other.reads),
    writes: Math.min(one.writes, other.writes),
    rows: Math.min(one.rows, other.rows),
    transactions: Math.min(one.transactions, other.transactions),
    fsyncs: Math.min(one.fsyncs, other.fsyncs),
    sent: Math.min(one.sent, other.sent),
    roundTrips: Math.min(one.roundTrips, other.roundTrips),
    lookups: Math.min(one.lookups, other.lookups),
    kilobytes: Math.min(one.kilobytes, other.kilobytes),
  };
}
