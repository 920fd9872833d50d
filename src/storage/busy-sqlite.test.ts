import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { after, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Database, must, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { SqliteDatabase } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-busy-'));
// After the databases were closed: Windows removes no open file.
after(() => rmSync(root, { recursive: true, force: true }));

const newFolder = (): string => mkdtempSync(join(root, 'test-'));

/** A table with a deferred foreign key, so that the commit fails. */
async function strict(file: string): Promise<Database> {
  const database = new SqliteDatabase(file);
  await database.run(sql('CREATE TABLE parent (id INTEGER PRIMARY KEY)'));
  await database.run(
    sql('CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)'),
  );
  return database;
}

const orphan = sql('INSERT INTO child (parent) VALUES (404)');
const parent = (id: number) => sql('INSERT INTO parent (id) VALUES (?)', id);

/** The kind of SQLite error, above the lowest byte. */
const busyError = (errcode: number) =>
  Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode });
const recovery = 261;
const snapshot = 517;

/** Makes SQLite fail at the next statement with this beginning. */
function failNext(t: TestContext, method: 'all' | 'get' | 'run', begins: string, errcode: number) {
  const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown;
  let open = true;
  t.mock.method(StatementSync.prototype, method, function (this: StatementSync, ...values: unknown[]) {
    if (open && this.sourceSQL.startsWith(begins)) {
      open = false;
      throw busyError(errcode);
    }
    return original.apply(this, values);
  });
}

describe('other processes on the same SQLite file', () => {
  test('block each other for a moment without failing a request', async () => {
    const folder = newFolder();
    const program = fileURLToPath(import.meta.resolve('./testing/coming-and-going.ts'));
    const rounds = 100;
    const codes = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => {
        const child = spawn(process.execPath, [program, folder, name, String(rounds)], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const [code] = await once(child, 'exit');
        return code;
      }),
    );
    assert.deepEqual(codes, [0, 0, 0, 0]);
    const database = await openDatabase('', folder);
    assert.deepEqual(
      { ...(await database.get(sql('SELECT COUNT(*) AS n FROM organisation'))) },
      { n: 4 * rounds },
    );
    await database.close();
  });

  for (const [name, errcode] of [
    ['a log that is being recovered', recovery],
    ['a snapshot that was overtaken', snapshot],
  ] as const)
    test(`are waited for: ${name}`, async (t) => {
      const database = await strict(join(newFolder(), 'test.db'));
      failNext(t, 'run', 'BEGIN', errcode);
      await database.run(parent(1));
      failNext(t, 'all', 'SELECT', errcode);
      assert.equal((await database.all(sql('SELECT id FROM parent'))).length, 1);
      failNext(t, 'get', 'SELECT', errcode);
      assert.ok(await database.get(sql('SELECT id FROM parent')));
      failNext(t, 'run', 'COMMIT', errcode);
      await Promise.all([database.run(parent(2)), database.run(parent(3))]);
      assert.equal((await database.all(sql('SELECT id FROM parent'))).length, 3);
      await database.close();
    });

  test('cannot prevent pending writes at the end, although another holds the lock for a moment', async () => {
    const file = join(newFolder(), 'test.db');
    const database = await strict(file);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const writing = database.run(parent(1));
    const closing = database.close();
    setImmediate(() => other.close());
    assert.equal((await writing).changes, 1);
    await closing;
    await assert.rejects(database.run(parent(2)), /closed/);
    await assert.rejects(database.get(sql('SELECT id FROM parent')), /closed/);
    assert.deepEqual(await database.healthy(), { ok: false, reason: 'The database is closed.' });
  });
});

describe('a SQLite transaction that fails', () => {
  test('fails all its writes with the first reason if no rollback is possible, and the next works', async (t) => {
    const database = await strict(join(newFolder(), 'test.db'));
    const original = DatabaseSync.prototype.exec;
    let failures = 0;
    t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, text: string) {
      if (text !== 'ROLLBACK') return original.call(this, text);
      failures += 1;
      throw new Error('disk I/O error');
    });
    const outcomes = await Promise.allSettled([database.run(parent(1)), database.run(orphan)]);
    assert.equal(failures, 1);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.match(String((outcome as PromiseRejectedResult).reason), /FOREIGN KEY/);
    }
    await database.run(parent(2));
    assert.deepEqual(
      (await database.all(sql('SELECT id FROM parent'))).map((row) => row.id),
      [2],
    );
    await database.durable();
    await database.close();
  });

  test('is rolled back by the next one in memory, with a single connection', async (t) => {
    const database = await strict(':memory:');
    const original = DatabaseSync.prototype.exec;
    let failures = 0;
    t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, text: string) {
      if (text !== 'ROLLBACK' || failures > 0) return original.call(this, text);
      failures += 1;
      throw new Error('out of memory');
    });
    await assert.rejects(database.run(orphan), /FOREIGN KEY/);
    await database.run(parent(2));
    assert.equal((await database.all(sql('SELECT parent FROM child'))).length, 0);
    await database.close();
  });

  test('fails all its writes on a full disk, and leaves no transaction open', async () => {
    const database = await strict(join(newFolder(), 'test.db'));
    await database.run(sql('CREATE TABLE big (text TEXT)'));
    const { page_count: pages } = (await database.get(sql('PRAGMA page_count'))) as { page_count: number };
    await database.get(sql(`PRAGMA max_page_count = ${pages}`));
    const outcomes = await Promise.allSettled([
      database.run(parent(1)),
      database.batch([parent(2), sql('INSERT INTO big (text) VALUES (?)', 'x'.repeat(100_000))]),
      database.run(parent(3)),
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /full/);
    assert.equal(outcomes[1]?.status, 'rejected');
    await database.run(parent(4));
    const kept = (await database.all(sql('SELECT id FROM parent ORDER BY id'))).map((row) => row.id);
    // The results match what was written.
    const said = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
    assert.deepEqual(kept, [...said, 4]);
    await database.close();
  });

  test('makes storage unhealthy until a write succeeds', async (t) => {
    const database = await openDatabase(`sqlite:${join(newFolder(), 'test.db')}`, '');
    t.after(() => database.close());
    const full = 13;
    failNext(t, 'run', 'COMMIT', full);
    await assert.rejects(database.run(sql('DELETE FROM single_use')), /database is locked/);
    failNext(t, 'run', 'UPDATE', full);
    assert.equal((await database.healthy()).ok, false);
    assert.equal((await database.healthy()).ok, true);
    // Reads only: the write of the check has cleared the failure.
    failNext(t, 'run', 'UPDATE', full);
    assert.equal((await database.healthy()).ok, true);
  });

  test('does not fail the other batches, which are executed alone', async () => {
    const database = await strict(join(newFolder(), 'test.db'));
    const outcomes = await Promise.allSettled([
      database.run(parent(1)),
      database.batch([parent(2), parent(2)]),
      database.batch([parent(3), orphan]),
      database.batch([parent(4), must(sql('DELETE FROM parent WHERE id = 404'))]),
      database.run(parent(5)),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.match(String((outcomes[1] as PromiseRejectedResult).reason), /UNIQUE constraint/);
    assert.match(String((outcomes[2] as PromiseRejectedResult).reason), /FOREIGN KEY/);
    assert.deepEqual(
      (await database.all(sql('SELECT id FROM parent ORDER BY id'))).map((row) => row.id),
      [1, 5],
    );
    await database.close();
  });

  test('is continued after the committed batches if another process locks the file in between', async (t) => {
    const database = await strict(join(newFolder(), 'test.db'));
    let begun = 0;
    const original = StatementSync.prototype.run as (...values: unknown[]) => unknown;
    t.mock.method(StatementSync.prototype, 'run', function (this: StatementSync, ...values: unknown[]) {
      if (this.sourceSQL.startsWith('BEGIN') && ++begun === 3) throw busyError(recovery);
      return original.apply(this, values);
    });
    const outcomes = await Promise.allSettled([
      database.run(parent(1)),
      database.batch([parent(2), parent(2)]),
      database.run(parent(3)),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await database.all(sql('SELECT id FROM parent'))).length, 2);
    await database.close();
  });
});
