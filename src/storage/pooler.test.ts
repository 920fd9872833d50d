import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import { type PoolMode, startPgBouncer } from '../../test/testing/pgbouncer.ts';
import { startPostgres, type TestPostgres } from '../../test/testing/postgres.ts';
import { seldom, sql } from './database.ts';
import { migrate } from './migrations.ts';
import { PostgresDatabase } from './postgres.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { Echo, Unheard } from './postgres-echo.ts';
import { PostgresHosts } from './postgres-hosts.ts';
import { PostgresWatcher } from './postgres-watcher.ts';

const program = process.env.ALONGSIDE_PGBOUNCER ?? '';

describe('PostgreSQL behind PgBouncer', { skip: program === '' && 'needs PgBouncer' }, () => {
  let server: TestPostgres;
  let name: string;
  before(async () => {
    server = await startPostgres();
    name = new URL(await server.create('pooled')).pathname.slice(1);
  });
  after(() => server?.stop());

  async function refusedIn(t: TestContext, mode: PoolMode, message: RegExp): Promise<void> {
    const pooler = await startPgBouncer(program, server.socket, mode);
    t.after(() => pooler.stop());
    await assert.rejects(PostgresDatabase.open(pooler.urlOf(name), { timeout: 1_000 }), {
      name: 'OperatorError',
      message,
    });
  }

  test('is refused in transaction mode, with the two ways out', (t) =>
    refusedIn(
      t,
      'transaction',
      /^PostgreSQL .* cannot be used: LISTEN receives no notifications, .* session mode \(pool_mode = session of PgBouncer\), or connect --database to the server directly\.$/,
    ));

  test('is refused in statement mode', (t) => refusedIn(t, 'statement', / cannot be used: .+\.$/));

  /** Connects to the database at this address. Returns the echo of one connection through notifications of another. */
  async function echoAt(t: TestContext, connectionString: string) {
    const options = {
      connectionString,
      hosts: new PostgresHosts(connectionString, 2_000),
      silence: 1_000,
      open: new Set<PostgresConnection>(),
    };
    const listening = new PostgresConnection(options);
    const other = new pg.Client(options);
    t.after(() => Promise.all([listening.end(), other.end()]));
    await Promise.all([listening.connect(), other.connect()]);
    const notify = async (to: string, payload: string) =>
      void (await other.query('SELECT pg_notify($1, $2)', [to, payload]));
    const echo = new Echo(listening, notify, 500);
    await echo.listen();
    return { listening, echo };
  }

  test('hides in transaction mode that a listening connection hears nothing, which the echo shows', async (t) => {
    const pooler = await startPgBouncer(program, server.socket, 'transaction');
    const { listening, echo } = await echoAt(t, pooler.urlOf(name));
    t.after(() => pooler.stop());
    assert.equal((await listening.send('SELECT 1 AS one')).rowCount, 1, 'the former proof');
    await assert.rejects(echo.prove(), Unheard);
  });

  test('leaves no listener of a proof on a connection, which proves every few seconds', async (t) => {
    const { listening, echo } = await echoAt(t, server.url);
    const count = () => ['notification', 'end'].map((event) => listening.listenerCount(event));
    const before = count();
    for (let n = 0; n < 3; n++) await echo.prove();
    assert.deepEqual(count(), before);
  });

  test('has nothing cached in transaction mode, whatever answers the watcher', async (t) => {
    const pooler = await startPgBouncer(program, server.socket, 'transaction');
    const options = {
      connectionString: pooler.urlOf(name),
      hosts: new PostgresHosts(pooler.urlOf(name), 2_000),
      silence: 500,
      open: new Set<PostgresConnection>(),
    };
    const other = new pg.Client(options);
    await other.connect();
    const notify = async (to: string, payload: string) =>
      void (await other.query('SELECT pg_notify($1, $2)', [to, payload]));
    let connections = 0;
    const versions: unknown[] = [];
    await new Promise<void>((resolve) => {
      const listeners = { alongside_change: () => undefined };
      const watcher: PostgresWatcher = new PostgresWatcher(
        options,
        listeners,
        () => {
          versions.push(watcher.version);
          connections += 1;
          if (connections === 2) resolve();
        },
        notify,
      );
      t.after(async () => {
        await Promise.all([watcher.end(), other.end()]);
        await pooler.stop();
      });
    });
    assert.deepEqual(versions, [undefined, undefined]);
  });

  test('serves several processes in session mode: caches, single use and migrations', async (t) => {
    const pooler = await startPgBouncer(program, server.socket, 'session');
    const open = () => PostgresDatabase.open(pooler.urlOf(name), { connections: 4, readers: 2 });
    const [here, there] = await Promise.all([open(), open()]);
    t.after(async () => {
      await Promise.all([here.close(), there.close()]);
      await pooler.stop();
    });
    await Promise.all([migrate(here), migrate(there)]);
    for (const database of [here, there]) database.onForeignChange(() => undefined);
    const statement = seldom(sql('SELECT name FROM organisation WHERE code = ?', 'P1'), 'organisation');
    await here.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'P1', 'One'));
    const read = () => there.get<{ name: string }>(statement);
    for (
      let last = await read(), next = await read();
      next !== last || !next;
      [last, next] = [next, await read()]
    )
      await nextTurn();
    await here.run(sql('UPDATE organisation SET name = ? WHERE code = ?', 'Two', 'P1'));
    while ((await read())?.name !== 'Two') await nextTurn();
    const lock = sql('SELECT pg_advisory_xact_lock(7)');
    const both = await Promise.all([here.batch([lock]), there.batch([lock])]);
    assert.deepEqual(
      both.map(({ done }) => done),
      [true, true],
    );
  });
});

describe('a server that speaks the protocol of PostgreSQL', () => {
  test('is refused without advisory locks', async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop());
    const url = await server.create('lockless');
    server.execute(
      'lockless',
      `CREATE SCHEMA other; CREATE FUNCTION other.pg_try_advisory_xact_lock_shared(int) RETURNS boolean LANGUAGE plpgsql AS
       'BEGIN RAISE feature_not_supported USING MESSAGE = ''advisory locks are not yet implemented''; END'`,
    );
    server.execute('lockless', 'ALTER DATABASE lockless SET search_path = other, pg_catalog');
    await assert.rejects(PostgresDatabase.open(url), {
      name: 'OperatorError',
      message:
        /cannot be used: the server has no advisory locks \(advisory locks are not yet implemented\)\. Use PostgreSQL itself\.$/,
    });
  });
});
