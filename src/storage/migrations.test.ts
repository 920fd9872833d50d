import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bothDialects } from '../../test/testing/dialects.ts';
import { postgresMissing } from '../../test/testing/postgres.ts';
import { insertStatement } from './batches.ts';
import { type Database, sql } from './database.ts';
import { connectDatabase } from './dialects.ts';
import type { DataMigration, Migration } from './migration.ts';
import { migrate } from './migrations.ts';
import { computed, integer, row, text } from './row.ts';

const oldTable: Migration = ['CREATE TABLE old (id BIGINT PRIMARY KEY, name TEXT NOT NULL)'];
const later: Migration = ['CREATE TABLE later (id BIGINT PRIMARY KEY)'];
const rows = 95;
const batch = 10;
// Computed, because the schema of the product has no such table.
const oldRow = row('old', { id: computed(integer), name: computed(text) });

/** Moves ten rows at a time. @param failAfter fails before this batch, as a killed process does */
const moving = (failAfter = Number.POSITIVE_INFINITY): DataMigration => {
  let batches = 0;
  return {
    from: 'old',
    rowTime: { sqlite: 1, postgres: 1 },
    before: ['CREATE TABLE new (id BIGINT PRIMARY KEY, name TEXT NOT NULL)'],
    async nextBatch(database, position) {
      if (++batches > failAfter) throw new Error('killed');
      const found = await database.all(
        sql(`SELECT id, name FROM old WHERE id > ? ORDER BY id LIMIT ${batch}`, Number(position || -1)),
        oldRow,
      );
      const last = found.at(-1);
      if (!last) return undefined;
      const moved = found.map(({ id, name }) => [id, `new ${name}`]);
      return {
        statements: [insertStatement('new', ['id', 'name'], moved)],
        position: String(last.id),
        count: found.length,
      };
    },
    after: ['DROP TABLE old'],
  };
};

const subjects = bothDialects();

async function filled(url: string): Promise<Database> {
  const database = await connectDatabase(url, '');
  await migrate(database, { list: [oldTable] });
  await database.run(
    insertStatement(
      'old',
      ['id', 'name'],
      Array.from({ length: rows }, (_, n) => [n, `name ${n}`]),
    ),
  );
  return database;
}

async function checkMoved(database: Database): Promise<void> {
  const { count } = (await database.get<{ count: number }>(
    sql("SELECT COUNT(*) AS count FROM new WHERE name = 'new name ' || id"),
  )) ?? { count: 0 };
  assert.equal(count, rows);
  await assert.rejects(database.all(sql('SELECT * FROM old')));
  const settings = await database.all(sql("SELECT name, value FROM setting WHERE name LIKE 'schema%'"));
  assert.deepEqual(
    settings.map((setting) => ({ ...setting })),
    [{ name: 'schema', value: '3' }],
  );
}

for (const [name, create] of subjects)
  describe(`A migration that moves rows in ${name}`, () => {
    test('moves all of them and then removes the old table', async () => {
      const database = await filled(await create());
      const lines: string[] = [];
      await migrate(database, {
        list: [oldTable, moving(), later],
        report: (line) => void lines.push(line),
      });
      await checkMoved(database);
      assert.deepEqual(lines, [`Migration 2: ${rows} rows moved.`]);
      await database.close();
    });

    test('continues behind the last batch after an interruption', async () => {
      const url = await create();
      const interrupted = await filled(url);
      await assert.rejects(
        migrate(interrupted, { list: [oldTable, moving(4), later] }),
        (error: Error) => error.message === 'killed',
      );
      const { value } = (await interrupted.get<{ value: string }>(
        sql("SELECT value FROM setting WHERE name = 'schema.progress'"),
      )) ?? { value: '' };
      assert.equal(value, `2 ${4 * batch - 1}`);
      await interrupted.close();
      const database = await connectDatabase(url, '');
      await migrate(database, { list: [oldTable, moving(), later] });
      await checkMoved(database);
      await database.close();
    });

    test('continues if another process removes the old table before it reads', async () => {
      const url = await create();
      const [database, other] = [await filled(url), await connectDatabase(url, '')];
      const move = moving();
      let isFirst = true;
      const overtaken: DataMigration = {
        ...move,
        async nextBatch(reader, position) {
          if (isFirst) {
            isFirst = false;
            await migrate(other, { list: [oldTable, moving(), later] });
          }
          return move.nextBatch(reader, position);
        },
      };
      await migrate(database, { list: [oldTable, overtaken, later] });
      await checkMoved(database);
      await Promise.all([database.close(), other.close()]);
    });

    test('moves each row once when several processes start together', async () => {
      const url = await create();
      const first = await filled(url);
      const all = [first, await connectDatabase(url, ''), await connectDatabase(url, '')];
      await Promise.all(all.map((database) => migrate(database, { list: [oldTable, moving(), later] })));
      await checkMoved(first);
      for (const database of all) await database.close();
    });
  });

test('processes that start together on PostgreSQL migrate one after another, without a deadlock', {
  skip: postgresMissing,
}, async () => {
  const [, create] = subjects.find(([name]) => name === 'PostgreSQL') ?? [];
  const url = (await create?.()) ?? '';
  const open = () => connectDatabase(url, '');
  const gate = await open();
  await gate.run(sql('SELECT pg_advisory_lock(1)'));
  // Like a new trigger of the table, it needs a lock that no writer of the table may hold.
  const list = [['SELECT pg_advisory_xact_lock(1)', 'LOCK TABLE setting IN SHARE ROW EXCLUSIVE MODE']];
  const both = [await open(), await open()];
  const migrated = Promise.all(both.map((database) => migrate(database, { list })));
  const waiting = sql(
    "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  const isWaiting = async () => (await gate.get<{ count: number }>(waiting))?.count === both.length;
  while (!(await isWaiting())) await new Promise(setImmediate);
  await gate.close();
  await migrated;
  // The server counts what a connection did when it ends.
  for (const database of both) await database.close();
  const later = await open();
  const counted = sql('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
  assert.deepEqual(await later.get(counted), { deadlocks: 0 });
  await later.close();
});
