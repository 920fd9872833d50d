import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import { Gate } from './hash.ts';

test('limits concurrent calls, keeps their order, and loses none', async () => {
  const gate = new Gate(2, 10);
  const open: (() => void)[] = [];
  const begun: number[] = [];
  const all = Array.from({ length: 6 }, (_, index) =>
    gate.through(async () => {
      begun.push(index);
      await new Promise<void>((resolve) => open.push(resolve));
      return index;
    }),
  );
  for (let turn = 0; turn < 6; turn++) {
    assert.ok(begun.length <= turn + 2);
    open[turn]?.();
    await all[turn];
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4, 5]);
});

test('attack: refuses a flood while the queue is full, and recovers', async () => {
  const gate = new Gate(1, 3);
  let release = () => undefined as void;
  const first = gate.through(() => new Promise<void>((resolve) => (release = resolve)));
  const others = Array.from({ length: 10 }, () => gate.through(async () => 'in').catch((error) => error));
  release();
  await first;
  const outcomes = await Promise.all(others);
  assert.equal(outcomes.filter((one) => one === 'in').length, 3);
  assert.equal(outcomes.filter((one) => one instanceof Refusal && one.entry.status === 503).length, 7);
  assert.equal(await gate.through(async () => 'again'), 'again');
});

test('frees the slot of a failed call', async () => {
  const gate = new Gate(1, 3);
  await assert.rejects(gate.through(async () => Promise.reject(new Error('no'))));
  assert.equal(await gate.through(async () => 'next'), 'next');
});

test('attack: lets calls from other places pass a flood from one place', async () => {
  const gate = new Gate(1, 10);
  const order: string[] = [];
  let release = () => undefined as void;
  const first = gate.through(() => new Promise<void>((resolve) => (release = resolve)), 'flood');
  const from = (place: string, name: string) =>
    gate
      .through(async () => {
        order.push(name);
        return true;
      }, place)
      .catch(() => false);
  const flood = Array.from({ length: 30 }, (_, index) => from('flood', `flood ${index}`));
  const others = [from('ward', 'ward 1'), from('ward', 'ward 2'), from('clinic', 'clinic 1')];
  release();
  await first;
  assert.deepEqual(await Promise.all(others), [true, true, true]);
  assert.equal((await Promise.all(flood)).filter(Boolean).length, 7);
  assert.deepEqual(order.slice(0, 5), ['flood 0', 'ward 1', 'clinic 1', 'flood 1', 'ward 2']);
  assert.equal(await gate.through(async () => 'again'), 'again');
});

test('displaces no call while all places queue equally', async () => {
  const gate = new Gate(1, 4);
  let release = () => undefined as void;
  const first = gate.through(() => new Promise<void>((resolve) => (release = resolve)));
  const from = (place: string) => gate.through(async () => place, place).catch(() => 'busy');
  const all = [from('a'), from('a'), from('b'), from('b'), from('a'), from('c'), from('b')];
  release();
  await first;
  assert.deepEqual(await Promise.all(all), ['a', 'busy', 'b', 'b', 'busy', 'c', 'busy']);
});
