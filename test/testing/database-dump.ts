import { type Database, sql } from '../../src/storage/database.ts';
import { connectDatabase } from '../../src/storage/dialects.ts';

const tables: Record<Database['dialect'], string> = {
  sqlite: "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name",
  postgres: "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
};

/** Returns every table of a database with every row as comparable text. Changes nothing. */
export async function databaseDump(setting: string): Promise<string> {
  const database = await connectDatabase(setting, '');
  try {
    const found = await database.all<{ name: string }>(sql(tables[database.dialect]));
    const rows = await Promise.all(found.map(({ name }) => database.all(sql(`SELECT * FROM ${name}`))));
    return JSON.stringify(
      found.map((table, index) => [table, rows[index]?.map((row) => JSON.stringify(row)).sort()]),
    );
  } finally {
    await database.close();
  }
}
