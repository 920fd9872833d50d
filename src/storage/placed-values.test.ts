import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { firstIdAt, OrderedIds, PlacedValues, placeFromHash } from './placed-values.ts';

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
  test('carry their id for every process with the key', () => {
    const values = valuesWith(key);
    for (let n = 0; n < 100; n++) {
      const { id, value } = values.make();
      assert.match(value, /^[\w-]{44}$/);
      assert.equal(valuesWith(key).idOf(value), id);
    }
  });

  test('differ when two processes make the same id', () => {
    const [one, other] = [valuesWith(key).make(), valuesWith(key).make()];
    assert.equal(one.id, other.id);
    assert.notEqual(one.value.slice(0, 22), other.value.slice(0, 22));
    assert.notEqual(one.value.slice(22), other.value.slice(22));
  });

  test('do not show their time: the values of two milliseconds have no common beginning', () => {
    const values = valuesWith(key);
    const beginnings = Array.from({ length: 200 }, () => values.make().value.slice(0, 4));
    assert.ok(new Set(beginnings).size > 190);
  });

  test('have no known id under another key or purpose', () => {
    for (const other of [valuesWith(new Uint8Array(32).fill(8)), valuesWith(key, 'other')]) {
      const { id, value } = valuesWith(key).make();
      assert.notEqual(other.idOf(value), id);
    }
  });

  for (const [name, value] of [
    ['empty', ''],
    ['of 43 characters', randomToken(32)],
    ['of 45 characters', 'A'.repeat(45)],
    ['of other characters', `${'A'.repeat(43)}+`],
    ['very long', 'A'.repeat(1_000_000)],
  ] as const)
    test(`return no id for a value that is ${name}`, () => {
      assert.equal(valuesWith(key).idOf(value), undefined);
    });
});

test('placeFromHash returns a place before every id', () => {
  const places = Array.from({ length: 100 }, () => placeFromHash(sha256(randomToken())));
  assert.ok(places.every((place) => place < 0 && Number.isSafeInteger(place)));
  assert.equal(new Set(places).size, 100);
});
