import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../../test/testing/postgres.ts';
import { type FaultyProxy, startProxy } from '../../test/testing/proxy.ts';
import { must, StatementError, StorageError, sql } from './database.ts';
import { PostgresDatabase, type PostgresOptions } from './postgres.ts';

let server: TestPostgres;
let count = 0;

// Long enough for a loaded machine: these tests wait for events, not for time.
const patient = { timeout: 60_000, connectTimeout: 60_000 };
const hasty = { timeout: 300, connectTimeout: 300 };

before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

/** A database with one counter at 0, a connection that can inspect the server, and one that can lock. */
async function counting(t: TestContext, { through }: { through?: FaultyProxy } = {}) {
  count += 1;
  const name = `faults_${count}`;
  const direct = await server.create(name);
  const url = through ? `postgres://alongside@127.0.0.1:${through.port}/${name}` : direct;
  const connect = async () => {
    const client = new pg.Client({ connectionString: direct, application_name: 'operator' });
    client.on('error', () => undefined);
    t.after(() => client.end().catch(() => undefined));
    await client.connect();
    return client;
  };
  // A transaction sees the activity as of its first read, so the locking connection cannot watch.
  const [operator, locker] = [await connect(), await connect()];
  await operator.query('CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)');
  await operator.query('INSERT INTO counter VALUES (1, 0)');
  await operator.query('CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  return {
    operator,
    locker,
    async open(options: PostgresOptions = patient) {
      const database = await PostgresDatabase.open(url, options);
      t.after(() => database.close());
      return database;
    },
    /** Ends every other connection to this database in a given state. */
    async terminate(condition: string): Promise<number> {
      const { rowCount } = await operator.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name <> 'operator' AND ${condition}`,
      );
      return rowCount ?? 0;
    },
    async untilLocked(count = 1): Promise<void> {
      for (;;) {
        const { rowCount } = await operator.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if ((rowCount ?? 0) >= count) return;
        await pause(5);
      }
    },
  };
}

const increment = sql('UPDATE counter SET n = n + 1 WHERE id = 1');
const value = sql('SELECT n FROM counter WHERE id = 1');

/** Retries until success or the test's own time limit. */
async function until<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      assert.ok(error instanceof StorageError, String(error));
      await pause(10);
    }
  }
}

describe('a lost PostgreSQL connection', () => {
  test('fails its write, and the next write uses another', async (t) => {
    const { locker, open, terminate, untilLocked } = await counting(t);
    const database = await open();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE counter');
    const writing = database.run(increment);
    const failing = assert.rejects(writing, StorageError);
    await untilLocked();
    assert.equal(await terminate("wait_event_type = 'Lock'"), 1);
    await failing;
    await locker.query('ROLLBACK');
    await database.run(increment);
    assert.deepEqual(await database.get(value), { n: 1 });
  });

  test('is replaced if a batch has not sent its commit, and the batch is executed once', async (t) => {
    const { locker, open, terminate, untilLocked } = await counting(t);
    const database = await open();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE counter');
    const writing = database.batch([must(increment), increment]);
    await untilLocked();
    assert.equal(await terminate("wait_event_type = 'Lock'"), 1);
    await untilLocked();
    await locker.query('ROLLBACK');
    assert.equal((await writing).done, true);
    assert.deepEqual(await database.get(value), { n: 2 });
  });

  test('is replaced for a read', async (t) => {
    const { locker, open, terminate, untilLocked } = await counting(t);
    const database = await open();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE counter IN ACCESS EXCLUSIVE MODE');
    const reading = database.get(value);
    await untilLocked();
    await terminate("wait_event_type = 'Lock'");
    await untilLocked();
    await locker.query('ROLLBACK');
    assert.deepEqual(await reading, { n: 0 });
  });

  test('is replaced if a newer version added a column to a prepared statement', async (t) => {
    const { locker, open } = await counting(t);
    const database = await open();
    const whole = sql('SELECT * FROM counter');
    const change = must(sql('UPDATE counter SET n = n + 1 RETURNING *'), 'returns');
    await database.get(whole);
    await database.run(change);
    await locker.query("ALTER TABLE counter ADD COLUMN note TEXT NOT NULL DEFAULT ''");
    assert.deepEqual(await database.get(whole), { id: 1, n: 1, note: '' });
    assert.deepEqual((await database.run(change)).rows, [{ id: 1, n: 2, note: '' }]);
  });

  test('is replaced if it was idle', async (t) => {
    const { open, terminate } = await counting(t);
    const database = await open();
    await database.run(increment);
    assert.ok((await terminate('TRUE')) >= 2);
    await until(() => database.run(increment));
    assert.ok(await database.get(value));
  });

  test('does not lose notifications of other processes', async (t) => {
    const { open, terminate } = await counting(t);
    const [one, two] = [await open(), await open()];
    let heard = 0;
    one.onForeignChange(() => undefined);
    two.onForeignChange(() => {
      heard += 1;
    });
    const hears = async () => {
      const before = heard;
      while (heard === before) {
        await until(() => one.run(increment));
        await pause(20);
      }
    };
    await hears();
    // The last statement of a connection that listens.
    assert.ok(
      (await terminate("query LIKE 'SELECT pg_listening_channels()%' OR query LIKE 'LISTEN %'")) >= 1,
    );
    await hears();
  });
});

describe('a PostgreSQL server', () => {
  test('loses no confirmed write in a crash under load, and service resumes by itself', async (t) => {
    const { open } = await counting(t);
    const databases = [await open(), await open()];
    await databases[0]?.run(sql('CREATE TABLE acknowledged (id TEXT PRIMARY KEY)'));
    const acknowledged = new Set<string>();
    let isOver = false;
    let failures = 0;
    const lane = async (name: number) => {
      for (let n = 0; !isOver; n++) {
        const database = databases[n % 2];
        const id = `${name}-${n}`;
        try {
          await database?.batch([sql('INSERT INTO acknowledged VALUES (?)', id), increment]);
          acknowledged.add(id);
          await database?.get(value);
        } catch (error) {
          assert.ok(error instanceof StorageError, String(error));
          failures += 1;
          await pause(2);
        }
      }
    };
    const lanes = Promise.all(Array.from({ length: 12 }, (_, name) => lane(name)));
    while (acknowledged.size < 50) await pause(5);
    await server.crash();
    while (failures < 24) await pause(5);
    const health = await databases[0]?.healthy();
    assert.equal(health?.ok, false);
    await server.restart();
    const before = acknowledged.size;
    while (acknowledged.size < before + 50) await pause(5);
    isOver = true;
    await lanes;
    const rows = await databases[1]?.all<{ id: string }>(sql('SELECT id FROM acknowledged'));
    const kept = new Set(rows?.map(({ id }) => id));
    assert.deepEqual(
      [...acknowledged].filter((id) => !kept.has(id)),
      [],
    );
    for (const database of databases) assert.deepEqual(await database.healthy(), { ok: true });
  });

  test('fails reads and writes in time if it accepts connections and never responds', async (t) => {
    const proxy = await startProxy({ path: server.socket });
    t.after(() => proxy.close());
    const { open } = await counting(t, { through: proxy });
    const database = await until(() => open(hasty));
    await until(() => database.run(increment));
    proxy.stall();
    await assert.rejects(database.run(increment), StorageError);
    await assert.rejects(database.batch([increment, increment]), StorageError);
    await assert.rejects(database.get(value), StorageError);
    const health = await database.healthy();
    assert.equal(health.ok, false);
    assert.match(health.ok ? '' : health.reason, /not answered|timeout/);
    proxy.resume();
    await until(() => database.run(increment));
    assert.deepEqual(await database.healthy(), { ok: true });
  });

  test('does not block shutdown if it never responds', async (t) => {
    const proxy = await startProxy({ path: server.socket });
    t.after(() => proxy.close());
    const { open } = await counting(t, { through: proxy });
    const database = await until(() => open(hasty));
    database.onForeignChange(() => undefined);
    await until(() => database.run(increment));
    proxy.stall();
    const writing = assert.rejects(database.run(increment), StorageError);
    const reading = assert.rejects(database.get(value), StorageError);
    await database.close();
    await Promise.all([writing, reading]);
  });

  test('is not healthy and accepts no writes as a standby', async (t) => {
    const { operator, open } = await counting(t);
    const { rows } = await operator.query('SELECT current_database() AS name');
    await operator.query(`ALTER DATABASE ${rows[0].name} SET default_transaction_read_only = on`);
    const database = await open();
    await assert.rejects(database.run(increment), StorageError);
    const health = await database.healthy();
    assert.match(health.ok ? '' : health.reason, /read-only/);
    await operator.query(`ALTER DATABASE ${rows[0].name} SET default_transaction_read_only = off`);
    await until(() => database.run(increment));
  });

  test('is not healthy while its writes wait for a lost synchronous standby', async (t) => {
    const { operator, open } = await counting(t);
    const database = await open();
    await operator.query("INSERT INTO setting VALUES ('schema', '1')");
    const standbys = async (statement: string) => {
      await operator.query(`ALTER SYSTEM ${statement}`);
      await operator.query('SELECT pg_reload_conf()');
    };
    await standbys("SET synchronous_standby_names = 'lost'");
    // The server reads its settings a moment later: until then, a write does not wait.
    let writing = database.run(increment);
    while (await Promise.race([writing.then(() => true), pause(500).then(() => false)]))
      writing = database.run(increment);
    try {
      const began = performance.now();
      while ((await database.healthy()).ok) {
        assert.ok(performance.now() - began < 10_000, 'it is healthy');
        await pause(50);
      }
      // Checks that wait share a connection.
      for (let n = 0; n < 3; n++) assert.equal((await database.healthy()).ok, false);
      assert.equal(database.pool().used, 2);
    } finally {
      await standbys('RESET synchronous_standby_names');
    }
    await writing;
    assert.deepEqual(await database.healthy(), { ok: true });
  });

  test('fails a statement that takes too long, except in a batch without a time limit', async (t) => {
    const { open } = await counting(t);
    const database = await open({ ...patient, timeout: 1_000 });
    const slow = sql('SELECT pg_sleep(1.5)');
    await assert.rejects(database.batch([slow, increment]), StorageError);
    assert.equal((await database.batch([slow, increment], { patient: true })).done, true);
    assert.deepEqual(await until(() => database.get(value)), { n: 1 });
  });

  test('stays healthy after it refuses a statement', async (t) => {
    const { open } = await counting(t);
    const database = await open();
    const again = sql('INSERT INTO counter VALUES (1, 0)');
    await assert.rejects(database.run(again), StatementError);
    await assert.rejects(database.batch([increment, again]), StatementError);
    await assert.rejects(database.get(sql('SELECT nothing FROM counter')), StatementError);
    assert.deepEqual(await database.healthy(), { ok: true });
  });
});

test('waiting reads do not block later reads', async (t) => {
  const { operator, open, untilLocked } = await counting(t);
  const database = await open();
  await operator.query('SELECT pg_advisory_lock(1)');
  const waiting: Promise<unknown>[] = [];
  for (let n = 1; n <= 3; n++) {
    waiting.push(database.get(sql('SELECT pg_advisory_lock_shared(1)')));
    await untilLocked(n);
  }
  for (let n = 0; n < 5; n++) assert.deepEqual(await database.get(value), { n: 0 });
  await operator.query('SELECT pg_advisory_unlock(1)');
  await Promise.all(waiting);
});

test('a change is announced to other processes as soon as a connection is free', {
  timeout: 60_000,
}, async (t) => {
  const { locker, open, untilLocked } = await counting(t);
  const writer = await open({ ...patient, connections: 1, connectTimeout: 1_000 });
  const other = await open();
  // A process announces its own changes if it listens itself.
  writer.onForeignChange(() => undefined);
  let changes = 0;
  other.onForeignChange(() => {
    changes += 1;
  });
  await until(() => writer.run(increment));
  while (changes === 0) await pause(5);
  for (let isEarly = true; isEarly; ) {
    await locker.query('SELECT pg_advisory_lock(1)');
    const before = changes;
    await until(() => writer.run(increment));
    // Takes the only connection and changes nothing, so that nothing else would announce the change later.
    const reading = writer.run(sql('SELECT pg_advisory_xact_lock(1)'));
    await untilLocked();
    // The announcement waits for the connection, and gives up; unless it came before the reader.
    while (writer.pool().waiting === 0 && changes === before) await pause(5);
    isEarly = changes !== before;
    while (writer.pool().waiting > 0) await pause(5);
    await locker.query('SELECT pg_advisory_unlock(1)');
    await reading;
    while (changes === before) await pause(5);
  }
});
