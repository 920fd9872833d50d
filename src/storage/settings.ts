import { type Database, type Statement, seldom, sql } from './database.ts';

/** Name of the setting that holds how far a developer has moved the clock, in milliseconds. */
export const clockOffsetSetting = 'clock.offset';

/** Small facts of an installation that all processes share, such as the offset of a moved clock. */
export class Settings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<string | undefined> {
    return (
      await this.#database.get<{ value: string }>(sql('SELECT value FROM setting WHERE name = ?', name))
    )?.value;
  }

  /** @param others writes of the same act, such as its audit record */
  async set(name: string, value: string, ...others: Statement[]): Promise<void> {
    await this.#database.batch([this.setStatement(name, value), ...others]);
  }

  /** Returns the write that sets a value. */
  setStatement(name: string, value: string): Statement {
    return sql(
      'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }

  /** Every setting whose name begins so, by name. */
  async under(prefix: string): Promise<Map<string, string>> {
    const rows = await this.#database.all<{ name: string; value: string }>(
      sql('SELECT name, value FROM setting WHERE substr(name, 1, ?) = ?', prefix.length, prefix),
    );
    return new Map(rows.map(({ name, value }) => [name, value]));
  }

  /** The names among these that have a setting that is not empty. */
  async anyOf(names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const marks = names.map(() => '?').join(', ');
    const rows = await this.#database.all<{ name: string }>(
      seldom(sql(`SELECT name FROM setting WHERE name IN (${marks}) AND value <> ''`, ...names)),
    );
    return rows.map(({ name }) => name);
  }

  /** Replaces a value where it is still the one that was read; false when somebody else was first. */
  async swap(name: string, before: string, value: string): Promise<boolean> {
    const { changes } = await this.#database.run(
      sql('UPDATE setting SET value = ? WHERE name = ? AND value = ?', value, name, before),
    );
    return changes === 1;
  }

  /** Keeps a value unless there is one already; answers with the one that stands. */
  async first(name: string, value: string): Promise<string> {
    await this.#database.run(
      sql('INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', name, value),
    );
    return (await this.get(name)) ?? value;
  }
}
