import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { orderedId, randomToken, uuid } from '@alongside/kernel/ids';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { firstIdAt, idFromHash, keyOfId, OrderedIds, PlacedValues } from './placed-values.ts';

const time = 1_795_000_000_000;
const key = new Uint8Array(32).fill(7);
const valuesWith = (master: Uint8Array, purpose = 'test', clock = new ManualClock(time)) =>
  new PlacedValues(new Vault(master), clock, purpose);

describe('OrderedIds', () => {
  test('are in the order of time, also beyond 2,048 in a millisecond', () => {
    const clock = new ManualClock(time);
    const ids = new OrderedIds(clock);
    const made = Array.from({ length: 5_000 }, () => ids.next());
    clock.advance(1);
    made.push(ids.next());
    assert.equal(made[0], firstIdAt(time));
    assert.equal(made.at(-1), firstIdAt(time + 1_000));
    assert.ok(made.every((id, n) => n === 0 || id > Number(made[n - 1])));
  });

  test('follow a clock that is set back', () => {
    const clock = new ManualClock(time);
    const ids = new OrderedIds(clock);
    ids.next();
    clock.advance(-3_600);
    assert.equal(ids.next(), firstIdAt(time - 3_600_000));
  });

  test('are safe integers until 2109', () => {
    const clock = new ManualClock(Date.UTC(2109, 0, 1));
    assert.ok(Number.isSafeInteger(new OrderedIds(clock).next()));
  });
});

describe('PlacedValues', () => {
  test('carry their place for every process with the key', () => {
    const values = valuesWith(key);
    for (let n = 0; n < 100; n++) {
      const value = values.make(n % 3);
      assert.match(value, /^[\w-]{44}$/);
      assert.deepEqual(valuesWith(key).placeOf(value), { tag: n % 3, id: firstIdAt(time) + n });
    }
    const largest = { tag: 2_047, id: Number.MAX_SAFE_INTEGER };
    assert.deepEqual(values.placeOf(values.make(largest.tag, largest.id)), largest);
  });

  test('differ when two processes make the same id', () => {
    const [one, other] = [valuesWith(key).make(), valuesWith(key).make()];
    assert.deepEqual(valuesWith(key).placeOf(one), valuesWith(key).placeOf(other));
    assert.notEqual(one.slice(0, 22), other.slice(0, 22));
    assert.notEqual(one.slice(22), other.slice(22));
  });

  test('do not reveal their time: values made together do not share a prefix', () => {
    const values = valuesWith(key);
    const beginnings = Array.from({ length: 200 }, () => values.make().slice(0, 4));
    assert.ok(new Set(beginnings).size > 190);
  });

  test('have another place under another key or purpose', () => {
    const value = valuesWith(key).make();
    for (const other of [valuesWith(new Uint8Array(32).fill(8)), valuesWith(key, 'other')])
      assert.notEqual(other.placeOf(value)?.id, valuesWith(key).placeOf(value)?.id);
  });

  for (const [name, value] of [
    ['empty', ''],
    ['of 43 characters', randomToken(32)],
    ['of 45 characters', 'A'.repeat(45)],
    ['of other characters', `${'A'.repeat(43)}+`],
    ['very long', 'A'.repeat(1_000_000)],
  ] as const)
    test(`do not have a place when the value is ${name}`, () => {
      assert.equal(valuesWith(key).placeOf(value), undefined);
    });
});

test('idFromHash returns an id before every id of a time', () => {
  const ids = Array.from({ length: 100 }, () => idFromHash(sha256(randomToken())));
  assert.ok(ids.every((id) => id >= 0 && id < firstIdAt(Date.UTC(1975, 0, 1))));
  assert.equal(new Set(ids).size, 100);
});

describe('keyOfId', () => {
  test('returns the time of an ordered id', () => {
    const before = firstIdAt(Date.now());
    const name = orderedId();
    const { id, part } = keyOfId(name);
    assert.deepEqual(keyOfId(name), { id, part });
    assert.ok(id >= before && id < firstIdAt(Date.now() + 1));
    assert.notEqual(keyOfId(orderedId()).part, part);
  });

  test('returns different keys for other names', () => {
    const late = 'ffffffff-ffff-7fff-8fff-ffffffffffff';
    const keys = [uuid(), randomToken(), 'family', '', late].map((name) => keyOfId(name));
    assert.ok(keys.every(({ id, part }) => id < 2 ** 48 && part < 2 ** 48 && id >= 0 && part >= 0));
    assert.equal(new Set(keys.map(({ id, part }) => `${id} ${part}`)).size, keys.length);
  });
});
