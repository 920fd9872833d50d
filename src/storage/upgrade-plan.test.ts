import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dialects, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { sql } from './database.ts';
import { connectDatabase } from './dialects.ts';
import type { Migration } from './migration.ts';
import { migrate, migrations, refuseNewerSchema, schemaOf } from './migrations.ts';
import { planUpgrade } from './upgrade-plan.ts';

const first: Migration = ['CREATE TABLE kept (id BIGINT PRIMARY KEY, name TEXT NOT NULL)'];
const adds: Migration = {
  adds: ['CREATE TABLE more (id BIGINT PRIMARY KEY)', 'CREATE INDEX kept_name ON kept (name)'],
};
const changes: Migration = [
  "ALTER TABLE kept ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
  'CREATE TABLE fresh (id BIGINT PRIMARY KEY)',
  'CREATE INDEX fresh_id ON fresh (id)',
  'INSERT INTO fresh (id) SELECT id FROM kept',
];
const defines: Migration = {
  adds: [
    {
      postgres: `CREATE FUNCTION count_kept() RETURNS BIGINT LANGUAGE plpgsql AS $$
        BEGIN RETURN (SELECT count(*) FROM kept); END $$`,
    },
  ],
};
const moves: Migration = {
  from: 'kept',
  rowTime: { sqlite: 2_000_000, postgres: 3_000_000 },
  before: ['CREATE TABLE moved (id BIGINT PRIMARY KEY)'],
  nextBatch: async () => undefined,
  after: ['DROP TABLE kept'],
};

for (const dialect of dialects('sqlite' as const, 'postgres' as const))
  describe(`the plan of an upgrade on ${dialect}`, () => {
    let server: TestDatabases | undefined;
    const folder = mkdtempSync(join(tmpdir(), 'alongside-plan-'));
    before(async () => {
      if (dialect === 'postgres') server = await sharePostgres();
    });
    after(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    async function opened(name: string) {
      const url = (await server?.create(name)) ?? `sqlite:${join(folder, `${name}.db`)}`;
      const database = await connectDatabase(url, '');
      await migrate(database, { list: [first] });
      await database.run(sql("INSERT INTO kept (id, name) VALUES (1, 'a'), (2, 'b')"));
      if (dialect === 'postgres') await database.run(sql('ANALYZE kept'));
      return database;
    }

    test('names no table that a new function reads later', async (t) => {
      const database = await opened('defines');
      t.after(() => database.close());
      const { migrations: steps } = await planUpgrade(database, [first, defines]);
      assert.deepEqual(
        steps.map(({ rewrites, locks }) => [rewrites, locks]),
        [[[], []]],
      );
    });

    test('names new and dropped tables, read rows, and locks with their sizes', async (t) => {
      const database = await opened('planned');
      t.after(() => database.close());
      const plan = await planUpgrade(database, [first, adds, changes, moves]);
      const { schema, lowest } = plan;
      const steps = plan.migrations.map(({ seconds, ...step }) => step);
      const bytes = steps[0]?.locks[0]?.size.bytes;
      assert.equal(typeof bytes, dialect === 'sqlite' ? 'object' : 'number');
      const lock = (waits: string) => [{ table: 'kept', waits, size: { rows: 2, bytes } }];
      assert.deepEqual([schema, lowest], [1, 4]);
      const none = { creates: [], drops: [], rewrites: [], movesRows: false };
      assert.deepEqual(steps, [
        { ...none, number: 2, creates: ['more'], locks: lock('writes') },
        { ...none, number: 3, creates: ['fresh'], rewrites: ['kept'], locks: lock('all') },
        { ...none, number: 4, creates: ['moved'], drops: ['kept'], movesRows: true, locks: lock('all') },
      ]);
    });

    test('estimates the duration by the numbers of rows', async (t) => {
      const database = await opened('estimated');
      t.after(() => database.close());
      const { migrations: steps, estimate } = await planUpgrade(database, [first, adds, changes, moves]);
      // Two rows, of 2 or 3 seconds each.
      const moving = dialect === 'sqlite' ? 4 : 6;
      assert.deepEqual(
        steps.map(({ seconds }) => Math.floor(seconds)),
        [0, 0, moving],
      );
      assert.equal(estimate, moving + 1);
      assert.equal((await planUpgrade(database, [first])).estimate, 0);
    });

    test('lets an older version run after migrations that only add, and no other', async (t) => {
      const database = await opened('returned');
      t.after(() => database.close());
      assert.equal((await planUpgrade(database, [first, adds])).lowest, 1);
      await migrate(database, { list: [first, adds] });
      await refuseNewerSchema(database, await schemaOf(database), 1);
      await migrate(database, { list: [first] });
      assert.equal(await schemaOf(database), 2);
      await migrate(database, { list: [first, adds, changes] });
      await assert.rejects(
        refuseNewerSchema(database, await schemaOf(database), 2),
        /schema 3, this version knows 2/,
      );
      await assert.rejects(migrate(database, { list: [first, adds] }), /schema 3, this version knows 2/);
    });

    test('covers every migration of the product', async (t) => {
      const url = (await server?.create('every')) ?? `sqlite:${join(folder, 'all.db')}`;
      const database = await connectDatabase(url, '');
      t.after(() => database.close());
      await migrate(database, { list: migrations.slice(0, 10) });
      const { migrations: steps, lowest } = await planUpgrade(database);
      // The newest ones only add, so an earlier version may still run.
      const needed = migrations.findLastIndex((migration) => !('adds' in migration)) + 1;
      assert.deepEqual([steps.length, lowest], [migrations.length - 10, needed]);
      const kinds = steps.map(({ movesRows }) => movesRows);
      assert.ok(kinds.includes(true) && kinds.includes(false));
    });
  });
