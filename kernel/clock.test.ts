import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relativeTime, shownTime } from './clock.ts';

const table: [number, string][] = [
  [0, 'now'],
  [-20, '20 s ago'],
  [60, 'in 60 s'],
  [-180, '3 min ago'],
  [-7_200, '2 h ago'],
  [864_000, 'in 10 days'],
  [Number.NaN, 'at no time'],
];
for (const [seconds, text] of table)
  test(`shows ${seconds} s from now as "${text}"`, () => assert.equal(relativeTime(seconds), text));

test('shows a time claim with its distance from now, and other values unchanged', () => {
  assert.equal(shownTime(1_100, 1_000), '1100 (in 100 s)');
  assert.equal(shownTime('soon', 1_000), '"soon"');
  assert.equal(shownTime(undefined, 1_000), 'missing');
});
