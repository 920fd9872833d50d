import type { Database } from './database.ts';

/** Maximum number of cached values. */
const mostKnown = 1_000;

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
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(key, { stamp, value });
    return value;
  }
}
