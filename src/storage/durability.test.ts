import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from './database.ts';
import { SqliteDatabase } from './sqlite.ts';

/**
 * A database with a disk of which the test controls the speed and errors.
 * @param passTime lets a gathering end, before it closes
 */
function slowDatabase(t: TestContext, passTime = () => undefined as unknown) {
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
    passTime();
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

/** Lets everything run that only waits for its turn. */
async function settle(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

/** A database that has already served its first response. */
async function quietDatabase(t: TestContext, passTime?: () => unknown) {
  const slow = slowDatabase(t, passTime);
  await slow.open();
  const opened = slow.database.durable();
  await settle();
  slow.end();
  await opened;
  return slow;
}

/** Returns whether a promise has settled. */
async function state(promise: Promise<unknown> | undefined): Promise<'waits' | 'done' | 'failed'> {
  let now: 'waits' | 'done' | 'failed' = 'waits';
  Promise.resolve(promise).then(
    () => (now = 'done'),
    () => (now = 'failed'),
  );
  await settle();
  return now;
}

describe('Durability', () => {
  test('shows a write once it is committed, and lets a response wait for the disk', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    await slow.write(1);
    assert.equal((await slow.database.all(sql('SELECT n FROM kept'))).length, 1);
    const answer = slow.database.durable();
    assert.equal(await state(answer), 'waits');
    slow.end();
    assert.equal(await state(answer), 'done');
  });

  test('shares one fsync among all that wait in one turn', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    await Promise.all([slow.write(1), slow.write(2), slow.write(3)]);
    const answers = [slow.database.durable(), slow.database.durable(), slow.database.durable()];
    await settle();
    slow.end();
    await Promise.all(answers);
    assert.equal(slow.begun(), 1);
  });

  test('commits writes during an fsync once it has ended, and uses another for them', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const first = slow.database.durable();
    await settle();
    const writes = Promise.all([slow.write(1), slow.write(2)]);
    assert.equal(await state(writes), 'waits');
    slow.end();
    await Promise.all([first, writes]);
    const second = slow.database.durable();
    const third = slow.database.durable();
    assert.equal(await state(second), 'waits');
    slow.end();
    await Promise.all([second, third]);
    assert.equal(slow.begun(), 2);
  });

  test('commits writes before an fsync begins, which covers them', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const first = slow.database.durable();
    const write = slow.write(1);
    await Promise.all([write, settle()]);
    const second = slow.database.durable();
    assert.equal(await state(second), 'waits');
    slow.end();
    await Promise.all([first, second]);
    assert.equal(slow.begun(), 1);
  });

  test('rejects a batch that waits for an fsync that fails', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const first = slow.database.durable();
    await settle();
    const last = slow.write(1);
    slow.end(new Error('input/output error'));
    await assert.rejects(Promise.resolve(first), /input\/output error/);
    await assert.rejects(last, /input\/output error/);
  });

  test('lets a response wait for pending commits, but not without new ones', async (t) => {
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

  test('lets no response wait for lazy writes', async (t) => {
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    await slow.database.durable();
    assert.equal(slow.begun(), 1);
  });

  test('soon syncs commits that nothing waits for', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    await settle();
    assert.equal(slow.begun(), 1);
    t.mock.timers.tick(50);
    await settle();
    assert.equal(slow.begun(), 2);
  });

  test('syncs commits that nothing waits for when it closes', async (t) => {
    const slow = await quietDatabase(t);
    await slow.write(1, { lazy: true });
    const closing = slow.database.close();
    assert.equal(await state(closing), 'waits');
    assert.equal(slow.begun(), 2);
    slow.end();
    await closing;
  });

  test("lets a response wait for another connection's commit, which may not be on the disk yet", async (t) => {
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

  test('lets the first response wait for everything in the log, from any process', async (t) => {
    const slow = slowDatabase(t);
    const answer = slow.database.durable();
    assert.equal(await state(answer), 'waits');
    slow.end();
    await answer;
  });

  test('sends no response and writes nothing after a failed fsync', async (t) => {
    const slow = slowDatabase(t);
    await slow.open();
    const answer = slow.database.durable();
    const other = slow.database.durable();
    await settle();
    slow.end(new Error('input/output error'));
    await assert.rejects(async () => answer, /input\/output error/);
    await assert.rejects(async () => other, /input\/output error/);
    await assert.rejects(async () => slow.database.durable(), /input\/output error/);
    await assert.rejects(slow.write(1), /input\/output error/);
    assert.deepEqual(await slow.database.healthy(), {
      ok: false,
      reason: 'Writing failed: input/output error.',
    });
  });
});

/** A database of which an fsync has just released `callers` callers. Timers of a gathering end only by `t.mock.timers.tick`. */
async function databaseAfterCrowd(t: TestContext, callers: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slow = await quietDatabase(t, () => t.mock.timers.tick(1));
  /** A request: its response waits until its write is on the disk. */
  const request = async (n: number) => {
    await slow.write(n);
    await slow.database.durable();
  };
  const released = Promise.all(Array.from({ length: callers }, (_, n) => request(n)));
  await settle();
  slow.end();
  await released;
  return { ...slow, request, before: slow.begun() };
}

describe('A crowd that an fsync has released', () => {
  test('shares the next commit and fsync', async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    const three = [1, 2, 3].map((n) => slow.write(n));
    assert.equal(await state(Promise.any(three)), 'waits');
    const answers = Promise.all(
      [...three, slow.write(4)].map((write) => write.then(() => slow.database.durable())),
    );
    assert.equal(await state(Promise.all(three)), 'done');
    slow.end();
    await answers;
    assert.equal(slow.begun(), slow.before + 1);
  });

  test('shares them with those that arrived during the fsync', async (t) => {
    const slow = await databaseAfterCrowd(t, 1);
    const released = Promise.all([1, 2, 3].map((n) => slow.request(n)));
    await settle();
    const arrived = Promise.all([4, 5].map((n) => slow.write(n)));
    slow.end();
    await released;
    const two = Promise.all([6, 7].map((n) => slow.write(n)));
    assert.equal(await state(Promise.any([arrived, two])), 'waits');
    await Promise.all([slow.write(8), arrived, two]);
  });

  test('is waited for during a millisecond', async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    const write = slow.write(1);
    assert.equal(await state(write), 'waits');
    t.mock.timers.tick(1);
    assert.equal(await state(write), 'done');
  });

  test('is waited for longer while more of it arrive in each turn of the event loop', async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    const writes = [slow.write(1)];
    let committed = 0;
    writes[0]?.then(() => (committed += 1));
    t.mock.timers.tick(1);
    for (const n of [2, 3]) {
      writes.push(slow.write(n));
      await turn();
      assert.equal(committed, 0);
    }
    assert.equal(await state(Promise.all(writes)), 'done');
  });

  test('is not waited for by a caller after a smaller group', async (t) => {
    const slow = await databaseAfterCrowd(t, 3);
    await slow.write(1);
  });

  test('is waited for once, not by each later caller', async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    const first = slow.request(1);
    await settle();
    t.mock.timers.tick(1);
    await settle();
    slow.end();
    await first;
    await slow.write(2);
  });

  test('is not waited for by lazy writes', async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    await slow.write(1, { lazy: true });
  });

  test("is waited for by a response that depends on another connection's commit", async (t) => {
    const slow = await databaseAfterCrowd(t, 4);
    const other = new SqliteDatabase(slow.file);
    await other.run(sql('INSERT INTO kept (n) VALUES (7)'));
    const answer = slow.database.durable();
    await settle();
    assert.equal(slow.begun(), slow.before);
    t.mock.timers.tick(1);
    await settle();
    slow.end();
    await answer;
    await other.close();
  });
});

test('WriteAheadLog uses the log next to the file that a link points to', async (t) => {
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
