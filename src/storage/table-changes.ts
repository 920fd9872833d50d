import type { CacheKind } from './database.ts';
import { announcedTables } from './migrations/0017-announced-changes.ts';
import { announcedRevocations } from './migrations/0022-token-grants.ts';
import { announcedDefinitions } from './migrations/0025-api-definitions.ts';
import { announcedKeys } from './migrations/0037-announced-keys.ts';
import type { Announcements } from './seldom-rows.ts';
import { busy, type SqliteConnection } from './sqlite-connection.ts';

/** The tables of which every change that matters to a kind of cache is announced. */
export const announced: Readonly<Record<CacheKind, ReadonlySet<string>>> = {
  rows: new Set([...announcedTables, ...announcedDefinitions, ...announcedKeys]),
  found: new Set(announcedRevocations),
};

/**
 * The changes of tables by other processes on the same SQLite file, which triggers count in `table_change`. The caller asks after each
 * foreign commit, most of which changed none of these tables.
 */
export class TableChanges implements Announcements {
  readonly tables = announced;
  readonly #connection: SqliteConnection;
  #sum: number | undefined;
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  changed(): readonly string[] | undefined {
    try {
      const before = this.#sum;
      const [total] = this.#all('SELECT TOTAL(count) AS count FROM table_change');
      this.#sum = total?.count ?? 0;
      if (this.#sum === before) return [];
      const counts = new Map(
        this.#all('SELECT name, count FROM table_change').map(({ name, count }) => [name, count] as const),
      );
      const tables = [...counts.keys()].filter((name) => counts.get(name) !== this.#counts.get(name));
      this.#counts = counts;
      return before === undefined ? undefined : tables;
    } catch (error) {
      this.#sum = undefined;
      // The caller tries again. Otherwise the schema has no counts yet.
      if (busy(error)) throw error;
      return undefined;
    }
  }

  #all(text: string): { name: string; count: number }[] {
    return this.#connection.prepare(text).prepared.all() as { name: string; count: number }[];
  }
}
