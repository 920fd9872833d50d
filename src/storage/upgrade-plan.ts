import { type Database, sql } from './database.ts';
import { lowestAfter, migrationStatements, migrations, movesRows, schemaOf } from './migrations.ts';

/** The size of a table. PostgreSQL estimates rows. */
export interface TableSize {
  rows: number;
  /** With indexes; null for SQLite, which counts whole files only. */
  bytes: number | null;
}

/** How long a migration keeps others from a table that has rows. */
export interface TableLock {
  table: string;
  /** `writes`: an index is built while writes wait. `all`: reads wait too, until the migration ends. */
  waits: 'writes' | 'all';
  size: TableSize;
}

export interface PlannedMigration {
  number: number;
  creates: string[];
  drops: string[];
  /** Tables whose rows one transaction reads or changes. */
  rewrites: string[];
  /** Whether it moves rows in many small transactions, and continues after an interruption. */
  movesRows: boolean;
  locks: TableLock[];
  /** Estimated duration. */
  seconds: number;
}

export interface UpgradePlan {
  /** Schema of the database; 0 for an empty one. */
  schema: number;
  migrations: PlannedMigration[];
  /** The lowest schema that a version must know to run afterwards. */
  lowest: number;
  /** Bytes of the whole database. */
  bytes: number;
  /** Estimated seconds for all migrations. */
  estimate: number;
}

const sizeQuery: Readonly<Record<Database['dialect'], string>> = {
  sqlite: 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  postgres: 'SELECT pg_database_size(current_database()) AS bytes',
};

/** Returns the size of a table; undefined if there is no such table. */
async function sizeOf(database: Database, table: string): Promise<TableSize | undefined> {
  if (database.dialect === 'sqlite') {
    const known = await database.get(
      sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?", table),
    );
    if (!known) return undefined;
    const row = await database.get(sql(`SELECT COUNT(*) AS n FROM ${table}`));
    return { rows: Number(row?.n), bytes: null };
  }
  const row = await database.get(
    sql(
      'SELECT GREATEST(reltuples, 0)::bigint AS n, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE oid = to_regclass(?)',
      table,
    ),
  );
  return row && { rows: Number(row.n), bytes: Number(row.bytes) };
}

/** Microseconds for a row, as measured on two cores with a local disk: in a new index, and read or changed by one statement. */
const rowTimes = {
  indexed: { sqlite: 1, postgres: 1 },
  rewritten: { sqlite: 3, postgres: 5 },
} as const;
/** Seconds for a migration of empty tables. */
const shortest = 0.01;

/** Tables of the migration itself and of SQLite. */
const ownTables: ReadonlySet<string> = new Set(['setting', 'sqlite_sequence']);

/** Returns the first group of each match. */
const named = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name]) => String(name));

// Our own statements, with one space between words.
const patterns = {
  creates: /\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/g,
  drops: /\bDROP TABLE (\w+)/g,
  renames: /\bALTER TABLE \w+ RENAME TO (\w+)/g,
  alters: /\b(?:ALTER TABLE|DROP TABLE) (\w+)/g,
  triggers: / ON (\w+) FOR EACH\b/g,
  indexes: /\bCREATE (?:UNIQUE )?INDEX \w+ ON (\w+)/g,
  rewrites: /\b(?:UPDATE|DELETE FROM|FROM|JOIN) (\w+)/g,
};

async function planned(
  database: Database,
  number: number,
  list: typeof migrations,
): Promise<PlannedMigration> {
  const texts = migrationStatements(number, database.dialect, list).map(({ text }) =>
    // A function that is created touches no row yet.
    text
      .split('$$')
      .filter((_, n) => n % 2 === 0)
      .join('')
      .replace(/\s+/g, ' '),
  );
  const of = (pattern: RegExp) => [...new Set(texts.flatMap((text) => named(text, pattern)))];
  const creates = of(patterns.creates);
  const isNew = new Set([...creates, ...of(patterns.renames)]);
  const old = (names: string[]) => names.filter((name) => !isNew.has(name));
  const all = old([...new Set([...of(patterns.alters), ...of(patterns.triggers)])]);
  const writes = old(of(patterns.indexes)).filter((table) => !all.includes(table));
  const locks: TableLock[] = [];
  const rewrites: string[] = [];
  const { dialect } = database;
  let seconds = shortest;
  for (const [waits, tables] of [['all', all] as const, ['writes', writes] as const])
    for (const table of tables) {
      const size = await sizeOf(database, table);
      if (!size) continue;
      locks.push({ table, waits, size });
      if (waits === 'writes') seconds += (size.rows * rowTimes.indexed[dialect]) / 1e6;
    }
  for (const table of old(of(patterns.rewrites))) {
    const size = ownTables.has(table) ? undefined : await sizeOf(database, table);
    if (!size) continue;
    rewrites.push(table);
    seconds += (size.rows * rowTimes.rewritten[dialect]) / 1e6;
  }
  const migration = list[number - 1] ?? [];
  const isMove = movesRows(migration);
  if (isMove) {
    const moved = await sizeOf(database, migration.from);
    seconds += ((moved?.rows ?? 0) * migration.rowTime[dialect]) / 1e6;
  }
  return { number, creates, drops: of(patterns.drops), rewrites, movesRows: isMove, locks, seconds };
}

/** Returns what `migrate` would do to a database, without changing it. */
export async function planUpgrade(database: Database, list = migrations): Promise<UpgradePlan> {
  const schema = await schemaOf(database);
  const steps: PlannedMigration[] = [];
  for (let number = schema + 1; number <= list.length; number++)
    steps.push(await planned(database, number, list));
  const row = await database.get(sql(sizeQuery[database.dialect]));
  return {
    schema,
    migrations: steps,
    lowest: schema === 0 ? list.length : await lowestAfter(database, schema, list),
    bytes: Number(row?.bytes),
    estimate: Math.ceil(steps.reduce((sum, { seconds }) => sum + seconds, 0)),
  };
}
