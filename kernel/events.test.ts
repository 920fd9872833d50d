import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from './clock.ts';
import { EventRecorder, type EventStore, type Keeping, type Outcome } from './events.ts';

function recorderOf(keeping?: Keeping) {
  const kept: string[][] = [];
  let down = false;
  const store: EventStore = {
    journeyOf: async () => undefined,
    durable: async () => undefined,
    async append(events) {
      if (down) throw new Error('no storage');
      kept.push(events.map(({ name }) => name));
    },
  };
  const recorder = new EventRecorder(new ManualClock(0), store, keeping);
  return {
    kept,
    recorder,
    breakDown: () => {
      down = true;
    },
    record: (name: string, outcome: Outcome = 'ok') =>
      recorder.record({ keys: [name], from: 'browser', to: 'cis2', name, outcome }),
  };
}

describe('events of a request', () => {
  test('are stored before the response by default', async () => {
    const { recorder, record, kept } = recorderOf();
    record('a');
    await recorder.flush();
    assert.deepEqual(kept, [['a']]);
  });

  // Too long for the timer to fire during a test.
  const long = { gather: 60_000 };

  test('may be stored after the response if they are gathered and all succeeded', async () => {
    const { recorder, record, kept } = recorderOf(long);
    record('a');
    await recorder.flush();
    record('b');
    await recorder.flush();
    assert.deepEqual(kept, []);
    await recorder.keep();
    assert.deepEqual(kept, [['a', 'b']]);
  });

  for (const outcome of ['refused', 'failed'] as const)
    test(`are stored in order before the response if one is ${outcome}`, async () => {
      const { recorder, record, kept } = recorderOf(long);
      record('a');
      record('b', outcome);
      record('c');
      await recorder.flush();
      record('d');
      await recorder.flush();
      assert.deepEqual(kept, [['a', 'b', 'c']]);
    });

  test('are stored before the response if many are gathered', async () => {
    const { recorder, record, kept } = recorderOf(long);
    for (let n = 0; n < 199; n++) record('a');
    await recorder.flush();
    assert.equal(kept.length, 0);
    record('a');
    await recorder.flush();
    assert.equal(kept[0]?.length, 200);
  });

  test('are stored soon after the response without another request, and notify the listeners', async () => {
    const { recorder, record, kept } = recorderOf({ gather: 1 });
    const told = new Promise<void>((resolve) => recorder.listen(resolve));
    record('a');
    const running = setInterval(() => undefined, 1_000);
    await told;
    clearInterval(running);
    assert.deepEqual(kept, [['a']]);
  });

  test('report to onLost when storing fails without a waiting request', async () => {
    let lost: (error: unknown) => void = () => undefined;
    const told = new Promise<unknown>((resolve) => {
      lost = resolve;
    });
    const { record, breakDown } = recorderOf({ gather: 1, onLost: (error) => lost(error) });
    breakDown();
    record('a');
    const running = setInterval(() => undefined, 1_000);
    assert.match(String(await told), /no storage/);
    clearInterval(running);
  });
});
