import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Database, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { SqliteDatabase } from './sqlite.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-hindrance-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A table whose foreign key is looked at with the commit, so that the commit is what fails. */
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

/** As SQLite says it: the kind of hindrance above the lowest byte. */
const hindrance = (errcode: number) =>
  Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode });
const recovery = 261;
const snapshot = 517;

/** SQLite fails so at the next statement that begins so. */
function failNext(t: TestContext, method: 'all' | 'get' | 'run', begins: string, errcode: number) {
  const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown;
  let open = true;
  t.mock.method(StatementSync.prototype, method, function (this: StatementSync, ...values: unknown[]) {
    if (open && this.sourceSQL.startsWith(begins)) {
      open = false;
      throw hindrance(errcode);
    }
    return original.apply(this, values);
  });
}

describe('other processes at the same file', () => {
  test('processes that come and go hinder each other for a moment, and no request fails', async (t) => {
    const folder = folderOf(t);
    const program = fileURLToPath(import.meta.resolve('./coming-and-going.fixture.ts'));
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
    test(`${name} is waited for`, async (t) => {
      const database = await strict(join(folderOf(t), 'test.db'));
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

  test('what was handed in before the end is written, though another holds the lock for a moment', async (t) => {
    const file = join(folderOf(t), 'test.db');
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

describe('a transaction that cannot be made', () => {
  test('one that cannot even be undone fails all its writes with the first reason, and the next works', async (t) => {
    const database = await strict(join(folderOf(t), 'test.db'));
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

  test('in memory, where there is no other connection, the next one tries to undo it again', async (t) => {
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

  test('a full disk fails all that were to be written together, and leaves no transaction open', async (t) => {
    const database = await strict(join(folderOf(t), 'test.db'));
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
    // What was said is what happened.
    const said = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
    assert.deepEqual(kept, [...said, 4]);
    await database.close();
  });

  test('a failed write makes storage unhealthy until a write succeeds', async (t) => {
    const database = await openDatabase(`sqlite:${join(folderOf(t), 'test.db')}`, '');
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

  test('a batch that cannot be undone alone takes the others with it, and its own reason is told', async (t) => {
    const database = await strict(join(folderOf(t), 'test.db'));
    failNext(t, 'run', 'ROLLBACK TO', 10);
    const outcomes = await Promise.allSettled([
      database.run(parent(1)),
      database.batch([parent(2), parent(2)]),
    ]);
    for (const outcome of outcomes)
      assert.match(String((outcome as PromiseRejectedResult).reason), /UNIQUE constraint/);
    await database.run(parent(3));
    assert.equal((await database.all(sql('SELECT id FROM parent'))).length, 1);
    await database.close();
  });
});
