import { performance } from 'node:perf_hooks';
import type { CacheKind, Database, Statement, Value } from './database.ts';

const { nodeTiming } = performance;
/** Writes of all connections of this process. */
let writes = 0;

/** Maximum number of cached results of one statement. */
const most = { rows: 1_000, found: 5_000 } as const;

/** Tables whose changes by other connections are announced, so that a commit elsewhere leaves the rows of the others cached. */
export interface Announcements {
  /** The tables of which every change that matters to a kind of cache is announced. */
  readonly tables: Readonly<Record<CacheKind, ReadonlySet<string>>>;
  /** Returns the tables that were changed since the last call; undefined if that is unknown. */
  changed(): readonly string[] | undefined;
}

interface Remembered<Rows> {
  readonly stamp: number;
  readonly rows: Rows;
}

const keyOf = (values: readonly Value[]): Value =>
  values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);

/** Returns the table that a statement writes; undefined if unknown. */
export const tableOf = (text: string): string | undefined =>
  /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/.exec(text)?.[1];

/** Returns the tables that a statement writes, also in its common table expressions (`WITH`); empty if unknown. */
export function writtenTablesOf(text: string): string[] {
  const table = tableOf(text);
  if (table !== undefined) return [table];
  if (!/^\s*WITH\b/.test(text)) return [];
  return [...text.matchAll(/[()]\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/g)].map(([, written]) =>
    String(written),
  );
}

/** Whether a statement only reads, as the condition of a batch. */
export const onlyReads = (text: string): boolean => /^\s*SELECT\b/.test(text);

/** Whether a statement only adds rows. */
export const onlyAdds = (text: string): boolean =>
  /^\s*INSERT INTO/.test(text) && !/\bON CONFLICT\b/.test(text);

/**
 * Caches the rows of statements marked `seldom` until their tables are written, and of those marked `found` until rows of their
 * tables are changed or deleted: by this process, table by table, or by any other connection. `Rows` are the rows, or a promise
 * of them.
 */
export class SeldomRows<Rows> {
  readonly #read: (statement: Statement) => Rows;
  readonly #foreignVersion: () => string | number | undefined;
  readonly #isEmpty: (rows: Rows) => boolean;
  readonly #announcements: Announcements | undefined;
  readonly #known = new Map<string, Map<Value, Remembered<Rows>>>();
  readonly #written = new Map<string, number>();
  readonly #changed = new Map<string, number>();
  /** Number of changes that may concern every table, and of commits of other connections. */
  #unknown = 0;
  #foreign = 0;
  #version: string | number | undefined;
  /** When the version was read: turns of the event loop and writes of this process until then. */
  #lookedAt = -1;

  /**
   * @param read returns rows that may be shared
   * @param foreignVersion returns a value that changes after each commit of another connection that `wrote` does not report;
   * undefined if that is unknown: then nothing is cached
   * @param isEmpty returns whether a read found no row
   * @param announcements without them, a commit of another connection may concern every table
   */
  constructor(
    read: (statement: Statement) => Rows,
    foreignVersion: () => string | number | undefined,
    isEmpty: (rows: Rows) => boolean = () => false,
    announcements?: Announcements,
  ) {
    this.#announcements = announcements;
    this.#isEmpty = isEmpty;
    this.#read = read;
    this.#foreignVersion = foreignVersion;
  }

  /** Returns the current rows of a statement, cached or read. */
  of(statement: Statement): Rows {
    if (!statement.caches) return this.#read(statement);
    const { kind, tables } = statement.caches;
    const stamp = this.stampOf(tables, kind);
    if (stamp === undefined) return this.#read(statement);
    let known = this.#known.get(statement.text);
    if (!known) {
      known = new Map();
      this.#known.set(statement.text, known);
    }
    const key = keyOf(statement.values);
    const found = known.get(key);
    if (found?.stamp === stamp) return found.rows;
    const rows = this.#read(statement);
    if (kind === 'found' && this.#isEmpty(rows)) return rows;
    if (known.size >= most[kind]) known.clear();
    known.set(key, { stamp, rows });
    return rows;
  }

  /** Removes the cached rows of a statement, because reading them failed. */
  forget({ text, values }: Statement): void {
    this.#known.get(text)?.delete(keyOf(values));
  }

  /** Registers a write to a table, or to an unknown one, and whether it only added rows. */
  wrote(table: string | undefined, onlyAdded = false): void {
    writes += 1;
    if (table === undefined) this.#unknown += 1;
    else this.#count(table, onlyAdded);
  }

  #count(table: string, onlyAdded: boolean): void {
    this.#written.set(table, (this.#written.get(table) ?? 0) + 1);
    if (!onlyAdded) this.#changed.set(table, (this.#changed.get(table) ?? 0) + 1);
  }

  /**
   * Returns a number that increases with each write to these tables, or with each change and deletion of their rows (`found`);
   * undefined if that is unknown.
   */
  stampOf(tables: readonly string[], kind: CacheKind = 'rows'): number | undefined {
    this.#look();
    if (this.#version === undefined) return undefined;
    const writes = kind === 'found' ? this.#changed : this.#written;
    let stamp = this.#unknown;
    const announced = this.#announcements?.tables[kind];
    let isAnnounced = announced !== undefined;
    for (const table of tables) {
      stamp += writes.get(table) ?? 0;
      isAnnounced &&= announced?.has(table) === true;
    }
    return isAnnounced ? stamp : stamp + this.#foreign;
  }

  /**
   * Reads the version once in each turn of the event loop, for all requests that it found waiting: a commit of another connection
   * during the turn may be seen in the next.
   */
  #look(): void {
    const now = nodeTiming.uvMetricsInfo.loopCount + writes;
    if (now === this.#lookedAt) return;
    // It throws while another process blocks the file; then the version is still unread.
    const version = this.#foreignVersion();
    if (version !== this.#version) this.#noteForeign();
    this.#lookedAt = now;
    this.#version = version;
  }

  #noteForeign(): void {
    this.#foreign += 1;
    if (!this.#announcements) return;
    const tables = this.#announcements.changed();
    if (tables) for (const table of tables) this.#count(table, false);
    else this.#unknown += 1;
  }
}

/** Freezes rows that are shared. */
export function shared<R extends object>(rows: readonly R[]): readonly R[] {
  for (const row of rows) Object.freeze(row);
  return rows;
}

/** Maximum number of cached values. */
const maxKnown = 1_000;

/**
 * Values computed from rows of rarely written tables, such as an application with its developer and products. Each is computed
 * again once one of these tables was written, in any process; as `seldom` rows, it is as current as the last commit.
 */
export class Derived<V> {
  readonly #database: Database;
  readonly #tables: readonly string[];
  readonly #compute: (key: string) => Promise<V>;
  readonly #known = new Map<string, { readonly stamp: number; readonly value: V }>();

  /** @param compute reads rows of these tables alone */
  constructor(database: Database, tables: readonly string[], compute: (key: string) => Promise<V>) {
    this.#database = database;
    this.#tables = tables;
    this.#compute = compute;
  }

  /** Returns the current value, without a promise if it is known. */
  of(key: string): V | Promise<V> {
    const stamp = this.#database.stampOf(this.#tables);
    const known = this.#known.get(key);
    return known !== undefined && known.stamp === stamp ? known.value : this.#computed(key, stamp);
  }

  /** @param stamp from before the rows are read: a concurrent write makes the value outdated at once */
  async #computed(key: string, stamp: number | undefined): Promise<V> {
    const value = await this.#compute(key);
    if (stamp === undefined) return value;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(key, { stamp, value });
    return value;
  }
}
