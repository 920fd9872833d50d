import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relativeTime, shownTime, timeAt } from './clock.ts';

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

const request = Date.parse('2026-12-03T05:22:22.500Z');
const stored: [at: string, text: string][] = [
  ['2026-12-03T05:20:58.500Z', '05:20:58 UTC, 84 s before the request'],
  ['2026-12-03T05:25:22.500Z', '05:25:22 UTC, 3 min after the request'],
  ['2026-12-03T05:22:22.416Z', '05:22:22 UTC, 84 ms before the request'],
  ['2026-12-03T05:22:22.500Z', '05:22:22 UTC, the time of the request'],
  ['2026-12-01T05:22:22.500Z', '2026-12-01 05:22:22 UTC, 2 days before the request'],
  ['never', 'no valid time'],
];
for (const [at, text] of stored)
  test(`shows ${at} as "${text}", whenever it is read`, () =>
    assert.equal(timeAt(Date.parse(at), request), text));

test('names the event that a time is compared with', () => {
  assert.match(timeAt(request - 2_000, request, 'this check'), /, 2 s before this check$/);
});

test('shows a time claim with its distance from the request, and other values unchanged', () => {
  assert.equal(shownTime(1_100, 1_000), '1100 (00:18:20 UTC, 100 s after the request)');
  assert.equal(shownTime(1e300, 1_000), '1e+300 (no valid time)');
  assert.equal(shownTime('soon', 1_000), '"soon"');
  assert.equal(shownTime(undefined, 1_000), 'missing');
});
