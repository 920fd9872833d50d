import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharePostgres } from '../../test/testing/postgres.ts';
import { type Statement, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { OldRows } from './old-rows.ts';

const rows = 20_000;
/** The plan of a DELETE, with the scan that finds its rows. */
interface Explained {
  'QUERY PLAN': [{ Plan: { Plans: [{ 'Plan Rows': number }] } }];
}

test('PostgreSQL expects few rows in each window of a large table', async (t) => {
  const server = await sharePostgres();
  t.after(() => server.stop());
  const database = await openDatabase(await server.create('old'), '');
  t.after(() => database.close());
  await database.run(
    sql(
      `INSERT INTO refresh_token (id, hash, grant_id, grant_part, issued_at, expires_at)
       SELECT i, 'h' || i, i, i, 0, 1 FROM generate_series(1, ${rows}) AS i`,
    ),
  );
  await database.run(sql('ANALYZE refresh_token'));
  const expected: number[] = [];
  const run = database.run.bind(database);
  t.mock.method(database, 'run', async (statement: Statement) => {
    const explained = await database.get<Explained>(
      sql(`EXPLAIN (FORMAT JSON) ${statement.text}`, ...statement.values),
    );
    expected.push(explained?.['QUERY PLAN'][0].Plan.Plans[0]['Plan Rows'] ?? Number.POSITIVE_INFINITY);
    return run(statement);
  });
  await new OldRows(database, 'refresh_token', 'hash').sweep(1_000, 1_000);
  assert.deepEqual(await database.all(sql('SELECT id FROM refresh_token')), []);
  assert.ok(expected.length > 10 && Math.max(...expected) < 1_000, String(expected));
});
