import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { seldom, sql } from './database.ts';
import { migrate } from './migrations.ts';
import { PostgresDatabase } from './postgres.ts';

const name = (code: string) =>
  seldom(sql('SELECT name FROM organisation WHERE code = ?', code), 'organisation');
const add = (code: string, text: string) =>
  sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, text);
const rename = (code: string, text: string) =>
  sql('UPDATE organisation SET name = ? WHERE code = ?', text, code);

describe('the cache of rarely written rows on PostgreSQL', () => {
  let server: TestDatabases;
  let url: string;
  let admin: pg.Client;
  before(async () => {
    server = await sharePostgres();
    url = await server.create('cache');
    const database = await PostgresDatabase.open(url);
    await migrate(database);
    await database.close();
    admin = new pg.Client({ connectionString: url, application_name: 'admin' });
    await admin.connect();
  });
  after(async () => {
    await admin.end();
    await server.stop();
  });

  /** Opens a database as a server does, and waits until it caches. */
  async function open(t: TestContext): Promise<PostgresDatabase> {
    const database = await PostgresDatabase.open(url);
    t.after(() => database.close());
    database.onForeignChange(() => undefined);
    await untilCached(database);
    return database;
  }

  async function untilCached(database: PostgresDatabase): Promise<void> {
    await admin.query("INSERT INTO organisation VALUES ('probe', '') ON CONFLICT DO NOTHING");
    const read = () => database.get(name('probe'));
    for (let last = await read(), next = await read(); next !== last; [last, next] = [next, await read()])
      await nextTurn();
  }

  const nameIn = async (database: PostgresDatabase, code: string) =>
    (await database.get<{ name: string }>(name(code)))?.name;

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await nextTurn();
  }

  test('returns the same frozen objects until their table is written', async (t) => {
    const database = await open(t);
    assert.equal(await nameIn(database, 'A1'), undefined);
    await database.run(add('A1', 'One'));
    assert.equal(await nameIn(database, 'A1'), 'One', 'after an empty result');
    await database.run(rename('A1', 'Two'));
    assert.equal(await nameIn(database, 'A1'), 'Two');
    // On a loaded machine, the cache cannot be trusted for a while.
    await until(async () => {
      await untilCached(database);
      const first = await database.get(name('A1'));
      assert.ok(Object.isFrozen(first));
      await database.run(sql('DELETE FROM refresh_token WHERE hash = ?', 'unknown'));
      return (await database.get(name('A1'))) === first;
    });
  });

  test('returns what another process, an older version or an administrator has written', async (t) => {
    const [here, there] = [await open(t), await open(t)];
    await here.run(add('B1', 'One'));
    await until(async () => (await nameIn(there, 'B1')) === 'One');
    await admin.query("UPDATE organisation SET name = 'By hand' WHERE code = 'B1'");
    await until(
      async () => (await nameIn(here, 'B1')) === 'By hand' && (await nameIn(there, 'B1')) === 'By hand',
    );
    await admin.query('TRUNCATE organisation');
    await until(
      async () => (await nameIn(here, 'B1')) === undefined && (await nameIn(there, 'B1')) === undefined,
    );
  });

  test('holds signing keys until a key changes', async (t) => {
    const database = await open(t);
    const stamp = () => database.stampOf(['signing_key']);
    await until(async () => stamp() !== undefined);
    const before = stamp();
    await admin.query(
      `INSERT INTO signing_key (service, kid, algorithm, public_jwk, private_sealed, announced_at, signs_from)
       VALUES ('test', 'by-hand', 'ES256', '{}', '', 1, 1)`,
    );
    await until(async () => (stamp() ?? before) !== before);
  });

  test('is not used while notifications cannot arrive', async (t) => {
    const database = await open(t);
    await database.run(add('C1', 'One'));
    await untilCached(database);
    // LISTEN keeps its connection idle with its last statement.
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name <> 'admin' AND query LIKE ANY (ARRAY['SELECT pg_listening_channels()%', 'LISTEN %'])`,
    );
    assert.ok((rowCount ?? 0) > 0);
    await admin.query("UPDATE organisation SET name = 'Two' WHERE code = 'C1'");
    await until(async () => (await nameIn(database, 'C1')) === 'Two');
    await untilCached(database);
  });

  test('reads statements of other tables each time', async (t) => {
    const database = await open(t);
    const statement = seldom(sql('SELECT 1 AS one'), 'event_block');
    assert.notEqual(await database.get(statement), await database.get(statement));
  });

  test('is not used by a process that does not listen', async (t) => {
    const database = await PostgresDatabase.open(url);
    t.after(() => database.close());
    await database.run(add('D1', 'One'));
    assert.notEqual(await database.get(name('D1')), await database.get(name('D1')));
  });

  test('reads again after a failed read', async (t) => {
    const database = await open(t);
    const broken = seldom(sql('SELECT missing FROM organisation'), 'organisation');
    await assert.rejects(database.all(broken));
    await admin.query('ALTER TABLE organisation ADD COLUMN missing TEXT');
    t.after(() => admin.query('ALTER TABLE organisation DROP COLUMN missing'));
    assert.ok(Array.isArray(await database.all(broken)));
  });
});
