import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import workerThreads from 'node:worker_threads';
import { sql } from './database.ts';
import { LogCopier, rowsBetween } from './log-copier.ts';
import { SqliteDatabase } from './sqlite.ts';
import { Connect } from './sqlite-connection.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-log-copier-'));
// After all connections were closed: Windows removes no open file.
after(() => rmSync(root, { recursive: true, force: true }));

async function fileDatabase(t: TestContext) {
  const folder = mkdtempSync(join(root, 'test-'));
  const file = join(folder, 'test.db');
  const database = new SqliteDatabase(file);
  await database.run(sql('CREATE TABLE kept (n INTEGER)'));
  t.after(() => database.close());
  /** Returns the number of rows in the file without its log. */
  const copied = (): number => {
    const alone = join(folder, 'alone.db');
    rmSync(alone, { force: true });
    copyFileSync(file, alone);
    const handle = new Connect(alone);
    try {
      return Number(handle.prepare('SELECT COUNT(*) AS count FROM kept').get()?.count);
    } catch {
      // Without the log there is not even the table.
      return 0;
    } finally {
      handle.close();
    }
  };
  const add = (count: number) =>
    database.batch(Array.from({ length: count }, (_, n) => sql('INSERT INTO kept (n) VALUES (?)', n)));
  return { folder, file, database, copied, add };
}

describe('LogCopier', () => {
  test('copies the log to the file, also twice and next to open transactions', async (t) => {
    const { file, add, copied } = await fileDatabase(t);
    const copier = new LogCopier(file);
    t.after(() => copier.close());
    await add(10);
    assert.equal(copied(), 0);
    await copier.copy();
    assert.equal(copied(), 10);
    const writer = new Connect(file);
    t.after(() => writer.close());
    writer.exec('INSERT INTO kept (n) VALUES (11); BEGIN IMMEDIATE; INSERT INTO kept (n) VALUES (12)');
    await copier.copy();
    assert.equal(copied(), 11);
    writer.exec('ROLLBACK');
    const reader = new Connect(file);
    t.after(() => reader.close());
    reader.exec('BEGIN; SELECT n FROM kept');
    await add(4);
    await copier.copy();
    reader.exec('ROLLBACK');
    await copier.copy();
    assert.equal(copied(), 15);
  });

  test('leaves the changes in the log if the file cannot be opened', async (t) => {
    const { folder, file, database, add } = await fileDatabase(t);
    const copier = new LogCopier(join(folder, 'no such folder', 'test.db'));
    t.after(() => copier.close());
    await add(10);
    await copier.copy();
    assert.equal((await database.all(sql('SELECT n FROM kept'))).length, 10, file);
  });

  test('ends while it copies, and without a copy', async (t) => {
    const { file } = await fileDatabase(t);
    await new LogCopier(file).close();
    const copier = new LogCopier(file);
    copier.committed(rowsBetween);
    await copier.close();
  });
});

describe('SqliteDatabase', () => {
  test('copies no log within a commit, but afterwards in a thread', async (t) => {
    const { database, copied } = await fileDatabase(t);
    // 3 pages a row: some 23 MB in the log.
    const insert = sql('INSERT INTO kept (n) VALUES (zeroblob(12000))');
    const add = () => database.batch(Array.from({ length: 100 }, () => insert));
    for (let rows = 100; rows < rowsBetween; rows += 100) {
      await add();
      assert.equal(copied(), 0);
    }
    await add();
    while (copied() !== rowsBetween) await turn();
  });

  test('copies the log after one statement of many rows', async (t) => {
    const { database, add, copied } = await fileDatabase(t);
    await add(rowsBetween / 2);
    await database.run(sql('UPDATE kept SET n = n + 1'));
    while (copied() !== rowsBetween / 2) await turn();
  });

  test('fails no write if the machine starts no further thread', async (t) => {
    const { Worker } = workerThreads;
    class NoThread {
      constructor() {
        throw new Error('ERR_WORKER_INIT_FAILED');
      }
    }
    Object.assign(workerThreads, { Worker: NoThread });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(workerThreads, { Worker });
      syncBuiltinESMExports();
    });
    const { database, add } = await fileDatabase(t);
    assert.equal((await add(rowsBetween)).done, true);
    assert.equal((await add(rowsBetween)).done, true);
    const counted = await database.get(sql('SELECT COUNT(*) AS count FROM kept'));
    assert.equal(counted?.count, 2 * rowsBetween);
  });
});
