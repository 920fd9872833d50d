import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from './clock.ts';
import { EventRecorder, type EventStore, type Keeping, type NewEvent, type Outcome } from './events.ts';
import type { JourneyLink } from './journeys.ts';
import { stateKey } from './journeys.ts';
import { sha256 } from './secrets.ts';

function recorderOf(keeping?: Keeping) {
  const kept: string[][] = [];
  const journeys = new Map<string, string>();
  const links: JourneyLink[] = [];
  const asked: string[] = [];
  let down = false;
  const store: EventStore = {
    async journeysOf(values) {
      asked.push(...values);
      return new Map(links.map(({ value, journey }) => [value, journey]));
    },
    durable: () => undefined,
    async append(events, newLinks) {
      if (down) throw new Error('no storage');
      kept.push(events.map(({ name }) => name));
      for (const { name, journey } of events) journeys.set(name, journey);
      links.push(...newLinks);
    },
  };
  const recorder = new EventRecorder(new ManualClock(0), store, keeping);
  return {
    kept,
    journeys,
    links,
    asked,
    recorder,
    breakDown: (isDown = true) => {
      down = isDown;
    },
    record: (name: string, outcome: Outcome = 'ok') =>
      recorder.record({ journey: name, from: 'browser', to: 'cis2', name, outcome }),
    happen: (name: string, keys: Pick<NewEvent, 'journey' | 'keys' | 'lasting'>) =>
      recorder.record({ ...keys, from: 'browser', to: 'cis2', name }),
  };
}

describe('the journey of a request without events', () => {
  const state = 'a-state-of-32-random-characters-';
  const other = 'the-id-of-an-interaction-of-that';

  test('is that of the first known value, which the others join', async () => {
    const { recorder, happen } = recorderOf({ alone: true });
    happen('a', { journey: 'j', keys: [state] });
    assert.equal(recorder.finder({ keys: [other] }), undefined);
    assert.equal(recorder.finder({ keys: [state, other] }), 'j');
    assert.equal(recorder.finder({ keys: [other] }), 'j');
    assert.equal(recorder.finder({ journey: 'k', keys: [state] }), 'k');
  });

  test('is read from storage if another process may know it, and is not made up', async () => {
    const { recorder, links, asked } = recorderOf();
    assert.equal(await recorder.finder({ keys: [state] }), undefined);
    links.push({ value: sha256(state), journey: 'j' });
    assert.equal(await recorder.finder({ keys: [state] }), 'j');
    assert.deepEqual(asked, [sha256(state), sha256(state)]);
    const family = '0190a5a0-0000-7000-8000-000000000000';
    assert.equal(await recorder.finder({ lasting: family }), family);
  });

  test('is not found by a short value, which others may use too', () => {
    const { recorder, happen } = recorderOf({ alone: true });
    const short = stateKey({ clientId: 'a-client-with-a-long-id', state: 'x' });
    happen('a', { journey: 'j', keys: ['x', short] });
    assert.equal(recorder.finder({ keys: ['x', short] }), undefined);
  });

  test('is found by the state of the same client only', () => {
    const { recorder, happen } = recorderOf({ alone: true });
    const id = '0190a5a0-0000-7000-8000-000000000000';
    for (const sent of [state, id]) {
      happen('a', { journey: id, keys: [stateKey({ clientId: 'one', state: sent })] });
      assert.equal(recorder.finder({ keys: [stateKey({ clientId: 'one', state: sent })] }), id);
      assert.equal(recorder.finder({ keys: [stateKey({ clientId: 'two', state: sent })] }), undefined);
    }
    assert.equal(stateKey({ clientId: 'one', state: null }), '');
    assert.equal(stateKey({ clientId: 'one', state: 'x', journeyKey: 'key' }), 'key');
  });
});

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
    assert.equal(recorder.flush(), undefined);
    record('b');
    assert.equal(recorder.flush(), undefined);
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

const family = '0190a5d0-0000-7000-8000-000000000001';

describe('a process that is alone', () => {
  const alone = { gather: 60_000, alone: true };

  test('finds journeys by values that it made, without a stored link', async () => {
    const { recorder, happen, journeys, links, asked } = recorderOf(alone);
    happen('authorize', { keys: ['state'] });
    happen('code', { keys: ['state', 'code'] });
    await recorder.keep();
    happen('token', { keys: ['code'] });
    assert.equal(recorder.flush(), undefined);
    await recorder.keep();
    assert.equal(journeys.get('token'), journeys.get('authorize'));
    assert.equal(journeys.get('code'), journeys.get('authorize'));
    assert.deepEqual([links, asked], [[], []]);
  });

  test('needs no link for a family that begins a journey, not even after a restart', async () => {
    const before = recorderOf(alone);
    before.happen('token', { journey: family });
    before.happen('call', { lasting: family });
    await before.recorder.keep();
    const after = recorderOf(alone);
    after.happen('later', { lasting: family });
    await after.recorder.keep();
    assert.deepEqual([...before.journeys.values(), ...after.journeys.values()], [family, family, family]);
    assert.deepEqual([before.links, before.asked, after.links], [[], [], []]);
  });

  test('stores the link of a family that joins the journey of another value', async () => {
    const { recorder, happen, journeys, links } = recorderOf(alone);
    happen('authorize', { keys: ['state'] });
    happen('code', { keys: ['state'], lasting: family });
    await recorder.keep();
    assert.deepEqual(links, [{ value: family, journey: journeys.get('authorize') }]);
  });
});

describe('one of several processes', () => {
  const shared = { gather: 60_000 };

  test('stores the links of new values before the response', async () => {
    const { recorder, happen, kept, links } = recorderOf(shared);
    happen('authorize', { keys: ['state'] });
    await recorder.flush();
    assert.deepEqual([kept.length, links.length], [1, 1]);
  });

  test('stores an event without a new value after the response', async () => {
    const { recorder, happen, kept } = recorderOf(shared);
    happen('token', { journey: family });
    happen('call', { lasting: family });
    assert.equal(recorder.flush(), undefined);
    assert.deepEqual(kept, []);
  });

  test('stores a link again if storing it failed', async () => {
    const { recorder, happen, breakDown, links } = recorderOf(shared);
    breakDown(true);
    happen('authorize', { keys: ['state'] });
    await assert.rejects(async () => recorder.flush());
    breakDown(false);
    happen('authorize again', { keys: ['state'] });
    await recorder.flush();
    assert.equal(links.length, 1);
  });
});

test('a response waits for its refusal while another response stores it', async () => {
  const { recorder, record, kept } = recorderOf({ gather: 60_000 });
  record('refused', 'refused');
  const first = recorder.flush();
  const second = recorder.flush();
  assert.ok(first && second);
  await second;
  assert.deepEqual(kept, [['refused']]);
  await first;
});
