import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { sql } from './database.ts';
import { connectDatabase } from './dialects.ts';
import { SqliteDatabase } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-pages-'));
// After all connections were closed: Windows removes no open file.
after(() => rmSync(root, { recursive: true, force: true }));

const pageSize = 4_096;

/** Returns a closed database of about 100 pages. */
async function filled(): Promise<string> {
  const file = join(mkdtempSync(join(root, 'test-')), 'test.db');
  const database = new SqliteDatabase(file);
  await database.run(sql('CREATE TABLE kept (n INTEGER PRIMARY KEY, text TEXT)'));
  await database.batch(
    Array.from({ length: 400 }, (_, n) => sql('INSERT INTO kept VALUES (?, ?)', n, 'x'.repeat(1_000))),
  );
  await database.close();
  return file;
}

function overwrite(file: string, offset: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(pageSize, 0xff), 0, pageSize, offset);
  closeSync(handle);
}

function opened(t: TestContext, file: string): SqliteDatabase {
  const database = new SqliteDatabase(file);
  t.after(() => database.close());
  return database;
}

const namesTheWayOut =
  (file: string) =>
  (text = '') => {
    assert.ok(text.startsWith(`The database file ${file} is damaged: `), text);
    assert.match(text, /"alongside backup --verify BACKUP".*"alongside restore BACKUP --force"\.$/);
    return true;
  };

describe('a damaged page', () => {
  test('is found by the check of all pages, and keeps the instance from being ready', async (t) => {
    const file = await filled();
    overwrite(file, 50 * pageSize);
    const database = opened(t, file);
    assert.deepEqual(await database.healthy(), { ok: true });
    namesTheWayOut(file)(await database.checkPages());
    const health = await database.healthy();
    namesTheWayOut(file)(health.ok ? undefined : health.reason);
  });

  test('fails who reads it with the file and the way out, and keeps the instance from being ready', async (t) => {
    const file = await filled();
    overwrite(file, 50 * pageSize);
    const database = opened(t, file);
    await assert.rejects(database.all(sql('SELECT * FROM kept')), (error: Error) => {
      assert.equal(error.name, 'StorageError');
      return namesTheWayOut(file)(error.message);
    });
    assert.equal((await database.healthy()).ok, false);
  });

  test('fails who writes it likewise', async (t) => {
    const file = await filled();
    overwrite(file, 50 * pageSize);
    const database = opened(t, file);
    await assert.rejects(database.run(sql("UPDATE kept SET text = ''")), (error: Error) =>
      namesTheWayOut(file)(error.message),
    );
  });

  test('that is the first prevents a start', async () => {
    const file = await filled();
    overwrite(file, 0);
    await assert.rejects(connectDatabase(`sqlite:${file}`, ''), (error: Error) => {
      assert.equal(error.name, 'OperatorError');
      return namesTheWayOut(file)(error.message);
    });
  });
});

describe('the check of all pages', () => {
  test('finds nothing in a whole file, also while it is written', async (t) => {
    const database = opened(t, await filled());
    const check = database.checkPages();
    await database.run(sql("UPDATE kept SET text = 'y'"));
    assert.equal(await check, undefined);
    assert.deepEqual(await database.healthy(), { ok: true });
  });

  test('ends with the database', async () => {
    const database = new SqliteDatabase(await filled());
    const check = database.checkPages();
    await database.close();
    assert.equal(await check, undefined);
  });

  test('has nothing to read in memory', async (t) => {
    assert.equal(await opened(t, ':memory:').checkPages(), undefined);
  });
});
