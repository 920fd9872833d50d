import { join } from 'node:path';
import type { Database } from './database.ts';
import { migrate } from './migrations.ts';
import type { PostgresOptions } from './postgres.ts';

interface Dialect {
  /** Returns whether this dialect handles the `--database` setting. */
  accepts(setting: string): boolean;
  open(setting: string, dataFolder: string, options?: PostgresOptions): Promise<Database>;
}

/** Returns the file of a SQLite database, or undefined for another database. */
export function sqliteFileOf(setting: string, dataFolder: string): string | undefined {
  if (setting !== '' && !setting.startsWith('sqlite:')) return undefined;
  return setting.replace(/^sqlite:/, '') || join(dataFolder, 'alongside.db');
}

// Loaded only when used: a start on SQLite does not load the PostgreSQL driver.
const dialects: readonly Dialect[] = [
  {
    accepts: (setting) => /^postgres(ql)?:\/\//.test(setting),
    open: async (setting, _folder, options) =>
      (await import('./postgres.ts')).PostgresDatabase.open(setting, options),
  },
  {
    accepts: (setting) => setting === ':memory:',
    open: async () => new (await import('./sqlite.ts')).SqliteDatabase(':memory:'),
  },
  {
    accepts: (setting) => sqliteFileOf(setting, '') !== undefined,
    open: async (setting, folder) =>
      new (await import('./sqlite.ts')).SqliteDatabase(sqliteFileOf(setting, folder) ?? ''),
  },
];

/** Returns whether `--database` has a valid form. */
export const isDatabaseSetting = (setting: string): boolean =>
  dialects.some((dialect) => dialect.accepts(setting));

/**
 * Connects to storage without changing its schema.
 * @param setting `postgres://…`, `sqlite:FILE`, `:memory:`, or empty for a SQLite file in the data folder
 * @param options connections and time limits; PostgreSQL only
 */
export async function connectDatabase(
  setting: string,
  dataFolder: string,
  options?: PostgresOptions,
): Promise<Database> {
  const dialect = dialects.find((candidate) => candidate.accepts(setting));
  if (!dialect) throw new Error(`No dialect serves the database setting ${setting}.`);
  return dialect.open(setting, dataFolder, options);
}

/** Connects to storage and migrates its schema. */
export async function openDatabase(setting: string, dataFolder: string): Promise<Database> {
  const database = await connectDatabase(setting, dataFolder);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
