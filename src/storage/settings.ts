import type { AdjustableClock } from '@alongside/kernel/clock';
import { type Database, type Statement, seldom, sql } from './database.ts';
import { row, text } from './row.ts';
import { Derived } from './seldom-rows.ts';

/** Names of the settings of a developer's clock: its offset in milliseconds, and its time while it is frozen. */
export const clockSettings = { offset: 'clock.offset', frozenAt: 'clock.frozen' } as const;

const settingRow = row('setting', { name: text, value: text });

/** Small values of an installation that all processes share, such as the offset of a moved clock. */
export class Settings {
  readonly #database: Database;

  readonly #names: Derived<readonly string[]>;

  constructor(database: Database) {
    this.#database = database;
    this.#names = new Derived(database, ['setting'], async (prefix) => {
      const text = `SELECT name, value FROM setting WHERE substr(name, 1, ${prefix.length}) = ? AND value <> ''`;
      return (await database.all(sql(text, prefix), settingRow)).map(({ name }) => name);
    });
  }

  async get(name: string): Promise<string | undefined> {
    const statement = sql('SELECT name, value FROM setting WHERE name = ?', name);
    return (await this.#database.get(statement, settingRow))?.value;
  }

  /** Returns a value that changes seldom, if at all, from the cache. */
  async cached(name: string): Promise<string | undefined> {
    const statement = seldom(sql('SELECT name, value FROM setting WHERE name = ?', name), 'setting');
    return (await this.#database.get(statement, settingRow))?.value;
  }

  /** Moves a clock to its stored time. */
  async readClock(clock: AdjustableClock): Promise<void> {
    const stored = await this.under('clock.');
    const frozenAt = stored.get(clockSettings.frozenAt);
    if (frozenAt) clock.freeze(Number(frozenAt));
    else clock.setOffset(Number(stored.get(clockSettings.offset) ?? 0));
  }

  /** @param others writes of the same act, such as its audit record */
  async set(name: string, value: string, ...others: Statement[]): Promise<void> {
    await this.#database.batch([this.setStatement(name, value), ...others]);
  }

  setStatement(name: string, value: string): Statement {
    return sql(
      'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }

  /** Returns every setting with this prefix, by name. */
  async under(prefix: string): Promise<Map<string, string>> {
    const rows = await this.#database.all(
      sql('SELECT name, value FROM setting WHERE substr(name, 1, ?) = ?', prefix.length, prefix),
      settingRow,
    );
    return new Map(rows.map(({ name, value }) => [name, value]));
  }

  /** Returns the names with this prefix that have a non-empty setting, without a promise if they are known. */
  namesUnder(prefix: string): readonly string[] | Promise<readonly string[]> {
    return this.#names.of(prefix);
  }

  /** Replaces a value if it is unchanged since it was read; returns false otherwise. */
  async swap(name: string, before: string, value: string): Promise<boolean> {
    const { changes } = await this.#database.run(
      sql('UPDATE setting SET value = ? WHERE name = ? AND value = ?', value, name, before),
    );
    return changes === 1;
  }

  /** Stores a value unless there is one; returns the stored one. */
  async first(name: string, value: string): Promise<string> {
    await this.#database.run(
      sql('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', name, value),
    );
    return (await this.get(name)) ?? value;
  }
}
