import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from './database.ts';
import { SqliteDatabase } from './sqlite.ts';

/** A database whose way to the disk is as slow, and as sure, as the test wants it. */
function slowDatabase(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-durability-'));
  const running: ((error: Error | null) => void)[] = [];
  let begun = 0;
  const database = new SqliteDatabase(join(folder, 'test.db'), {
    sync: (done) => {
      begun += 1;
      running.push(done);
    },
    close: () => undefined,
  });
  t.after(async () => {
    const closing = database.close();
    await settle();
    while (running.length > 0) running.shift()?.(null);
    await closing;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    database,
    file: join(folder, 'test.db'),
    begun: () => begun,
    end: (error: Error | null = null) => running.shift()?.(error),
    write: (n: number, options = {}) => database.batch([sql('INSERT INTO kept (n) VALUES (?)', n)], options),
    open: () => database.run(sql('CREATE TABLE kept (n INTEGER)')),
  };
}

/** Lets everything happen that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

/** One whose first answer has been given. */
async function quietDatabase(t: TestContext) {
  const slow = slowDatabase(t);
  await slow.open();
  const opened = slow.database.durable();
  await settle();
  slow.end();
  await opened;
  return slow;
}

/** Whether a promise has come to its end by now. */
async function state(promise: Promise<unknown>): Promise<'waits' | 'done' | 'failed'> {
  let now: 'waits' | 'done' | 'failed' = 'waits';
  promise.then(
    () => (now = 'done'),
    () => (now = 'failed'),
  );
  await settle();
  return now;
}

describe('the way to the disk', () => {
  test('a write is seen once it is committed, and an answer waits for the disk', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    await slow.write(1);
    assert.equal((await slow.database.all(sql('SELECT n FROM kept'))).length, 1);
    const answer = slow.database.durable();
    assert.equal(await state(answer), 'waits');
    slow.end();
    assert.equal(await state(answer), 'done');
  });

  test('all who wait in one turn share one fsync', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    await Promise.all([slow.write(1), slow.write(2), slow.write(3)]);
    const answers = [slow.database.durable(), slow.database.durable(), slow.database.durable()];
    await settle();
    slow.end();
    await Promise.all(answers);
    assert.equal(slow.begun(), 1);
  });

  test('whoever committed while one ran waits for the next', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const first = slow.database.durable();
    await settle();
    await slow.write(1);
    const second = slow.database.durable();
    const third = slow.database.durable();
    slow.end();
    await first;
    assert.equal(await state(second), 'waits');
    slow.end();
    await Promise.all([second, third]);
    assert.equal(slow.begun(), 2);
  });

  test('an answer made of what is on its way waits for it, one made of nothing new does not', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const writer = slow.database.durable();
    await settle();
    const reader = slow.database.durable();
    assert.equal(await state(reader), 'waits');
    slow.end();
    await Promise.all([writer, reader]);
    await slow.database.durable();
    assert.equal(slow.begun(), 1);
  });

  test('no answer waits for what was written lazily', async (t) => {
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    await slow.database.durable();
    assert.equal(slow.begun(), 1);
  });

  test('what nobody waits for is brought to the disk soon all the same', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    await settle();
    assert.equal(slow.begun(), 1);
    t.mock.timers.tick(50);
    await settle();
    assert.equal(slow.begun(), 2);
  });

  test('closing brings to the disk what nobody waits for', async (t) => {
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    const closing = slow.database.close();
    assert.equal(await state(closing), 'waits');
    assert.equal(slow.begun(), 2);
    slow.end();
    await closing;
  });

  test("an answer waits for another connection's commit, which may not be on the disk yet", async (t) => {
    const slow = await quietDatabase(t);
    const other = new SqliteDatabase(slow.file);
    await other.run(sql('INSERT INTO kept (n) VALUES (7)'));
    assert.equal((await slow.database.all(sql('SELECT n FROM kept'))).length, 1);
    const answer = slow.database.durable();
    assert.equal(await state(answer), 'waits');
    slow.end();
    await answer;
    await slow.database.durable();
    assert.equal(slow.begun(), 2);
    await other.close();
  });

  test('the first answer waits for what stood in the log before, whoever wrote it', async (t) => {
    const slow = slowDatabase(t);
    const answer = slow.database.durable();
    assert.equal(await state(answer), 'waits');
    slow.end();
    await answer;
  });

  test('after an fsync that failed no answer is given, and nothing more is written', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const answer = slow.database.durable();
    const other = slow.database.durable();
    await settle();
    slow.end(new Error('input/output error'));
    await assert.rejects(answer, /input\/output error/);
    await assert.rejects(other, /input\/output error/);
    await assert.rejects(slow.database.durable(), /input\/output error/);
    await assert.rejects(slow.write(1), /input\/output error/);
    assert.deepEqual(await slow.database.healthy(), {
      ok: false,
      reason: 'Writing failed: input/output error.',
    });
  });
});

test('the write-ahead log that is brought to the disk stands beside the file that a link leads to', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-link-'));
  mkdirSync(join(folder, 'real'));
  const link = join(folder, 'link.db');
  symlinkSync(join(folder, 'real', 'kept.db'), link);
  const database = new SqliteDatabase(link);
  t.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await database.run(sql('CREATE TABLE kept (n INTEGER)'));
  await database.durable();
});
