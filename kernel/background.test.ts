import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Background } from './background.ts';
import { type Log, silentLog } from './log.ts';

test('background work: settled waits for work that was started and for work that this work starts', async () => {
  const background = new Background();
  const ended: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  background.run(silentLog, 'first', async () => {
    await held;
    ended.push('first');
    background.run(silentLog, 'second', async () => {
      await turn();
      ended.push('second');
    });
  });
  const settled = background.settled();
  await turn();
  assert.deepEqual(ended, []);
  release();
  assert.equal(await settled, 0);
  assert.deepEqual(ended, ['first', 'second']);
});

test('background work: logs an error, thrown at once or later, and does not reject', async () => {
  const background = new Background();
  const told: unknown[] = [];
  const log: Log = { ...silentLog, error: ({ reason }, message) => told.push([message, reason]) };
  await background.run(log, 'it failed at once', () => {
    throw new Error('so');
  });
  await background.run(log, 'it failed later', async () => {
    await turn();
    throw new Error('or so');
  });
  assert.deepEqual(told, [
    ['it failed at once', 'so'],
    ['it failed later', 'or so'],
  ]);
  assert.equal(await background.settled(), 0);
});

test('background work: settled stops waiting at the limit and returns the number of unfinished tasks', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const background = new Background();
  background.run(silentLog, 'never', () => new Promise(() => undefined));
  const settled = background.settled();
  t.mock.timers.tick(5_000);
  assert.equal(await settled, 1);
});

test('background work: end aborts running work, and does not log its failure', async () => {
  const background = new Background();
  const told: unknown[] = [];
  const log: Log = { ...silentLog, error: ({ reason }, message) => told.push([message, reason]) };
  background.run(log, 'it was ended', async () => {
    await once(background.ending, 'abort');
    throw new Error('too late');
  });
  await background.end();
  assert.equal(await background.settled(), 0);
  assert.deepEqual(told, []);
});
