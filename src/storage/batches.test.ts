import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createGate, type Gate } from '../../test/testing/gate.ts';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { batchSize, insertStatements, removeOldWith } from './batches.ts';
import { type Database, sql } from './database.ts';
import { connectDatabase } from './dialects.ts';

const rows = 2 * batchSize + 1;
const waitingForLocks = sql(
  "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
);

describe('removeOldWith, by two processes of PostgreSQL at once', () => {
  let postgres: TestDatabases;
  let one: Database;
  let two: Database;
  let gate: Gate;

  before(async () => {
    postgres = await sharePostgres();
    const setting = await postgres.create('sweeps');
    one = await connectDatabase(setting, '');
    two = await connectDatabase(setting, '');
    await one.run(sql('CREATE TABLE thing (id TEXT PRIMARY KEY, ended_at BIGINT)'));
    await one.run(sql('CREATE TABLE part (thing_id TEXT PRIMARY KEY)'));
    const things = Array.from({ length: rows }, (_, n): [string, number] => [`thing-${n}`, n]);
    const parts = things.map(([id]) => [id]);
    await one.batch([
      ...insertStatements('INSERT INTO thing (id, ended_at)', '(?, ?)', things),
      ...insertStatements('INSERT INTO part (thing_id)', '(?)', parts),
    ]);
    gate = await createGate(setting, 'BEFORE DELETE ON thing');
  });
  after(async () => {
    await gate?.remove();
    await one?.close();
    await two?.close();
    await postgres?.stop();
  });

  test('removes the dependants of all rows that it removes', async () => {
    const old = { table: 'thing', key: 'id', column: 'ended_at', before: rows };
    await gate.close();
    const first = `SELECT id FROM thing WHERE ended_at < ${batchSize}`;
    const others = two.batch([
      sql(`DELETE FROM part WHERE thing_id IN (${first})`),
      sql(`DELETE FROM thing WHERE id IN (${first})`),
    ]);
    await gate.untilWaiting(1, others);
    const sweep = removeOldWith(one, old, { table: 'part', column: 'thing_id' });
    // It wants to remove the same rows, and waits for the other process.
    while ((await one.all(waitingForLocks)).length < 2) await new Promise(setImmediate);
    await gate.open();
    await others;
    assert.equal(await sweep, false);
    assert.deepEqual(await one.all(sql('SELECT id FROM thing')), []);
    assert.deepEqual(await one.all(sql('SELECT thing_id FROM part')), []);
  });
});
