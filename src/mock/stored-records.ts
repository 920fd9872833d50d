import type { z } from 'zod';
import { type Database, sql } from '../storage/database.ts';
import { storedJson } from '../storage/row.ts';
import { Settings } from '../storage/settings.ts';

/** JSON records under one prefix. Each is its own setting, so that concurrent additions lose none. */
export class StoredRecords<T> {
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #prefix: string;
  readonly #shape: z.ZodType<T>;

  constructor(database: Database, prefix: string, shape: z.ZodType<T>) {
    this.#database = database;
    this.#settings = new Settings(database);
    this.#prefix = prefix;
    this.#shape = shape;
  }

  /** Returns the records whose names start with a text, in the order of their names. */
  async list(start = ''): Promise<T[]> {
    const records = [...(await this.#settings.under(this.#prefix + start))];
    return records.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => this.#read(value));
  }

  async find(name: string): Promise<T | undefined> {
    const value = await this.#settings.get(this.#prefix + name);
    return value === undefined ? undefined : this.#read(value);
  }

  /** Adds a record, or replaces the one with the same name. */
  put(name: string, record: T): Promise<void> {
    return this.#settings.set(this.#prefix + name, JSON.stringify(record));
  }

  /** Returns false if there is no record with this name. */
  async remove(name: string): Promise<boolean> {
    const statement = sql('DELETE FROM setting WHERE name = ?', this.#prefix + name);
    return (await this.#database.run(statement)).changes === 1;
  }

  async clear(): Promise<void> {
    await this.#database.run(
      sql('DELETE FROM setting WHERE substr(name, 1, ?) = ?', this.#prefix.length, this.#prefix),
    );
  }

  #read(value: string): T {
    return storedJson(this.#shape, value, `setting ${this.#prefix}`);
  }
}
