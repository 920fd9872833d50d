import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NoPlace, Places } from './places.ts';

const ages = 600_000;

describe('Places', () => {
  test('gives a place that is left to the call that waits longest, and to no later one', async () => {
    const places = new Places({ places: 1, queue: 2, queueTimeout: ages });
    const leave = await places.take();
    const order: string[] = [];
    const second = places.take().then((left) => {
      order.push('second');
      return left;
    });
    const third = places.take().then((left) => {
      order.push('third');
      return left;
    });
    await assert.rejects(places.take(), new NoPlace('3 calls are open'));
    leave();
    leave();
    const leaveSecond = await second;
    assert.deepEqual(order, ['second']);
    leaveSecond();
    (await third)();
    assert.deepEqual(order, ['second', 'third']);
    assert.equal(places.isEmpty, true);
  });

  test('refuses a call that has waited too long, which then takes no place in the queue', async () => {
    const places = new Places({ places: 1, queue: 1, queueTimeout: 0 });
    const leave = await places.take();
    for (let turn = 0; turn < 2; turn++)
      await assert.rejects(places.take(), new NoPlace('no free connection within 0 ms'));
    leave();
    assert.equal(places.isEmpty, true);
    (await places.take())();
  });

  test('lets a call leave the queue when its client has gone', async () => {
    const places = new Places({ places: 1, queue: 1, queueTimeout: ages });
    const leave = await places.take();
    const gone = new AbortController();
    const waiting = places.take(gone.signal);
    gone.abort();
    await assert.rejects(waiting, new NoPlace('the client has gone'));
    await assert.rejects(places.take(gone.signal), new NoPlace('the client has gone'));
    leave();
    assert.equal(places.isEmpty, true);
  });
});
