import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errors } from '../model/errors.ts';
import { causesOf } from './refusal-causes.ts';

type Counted = [bucket: number, cause: string, count: number];

const grouped = (counted: readonly Counted[]) =>
  causesOf({
    from: Date.parse('2026-03-02T08:00:00Z'),
    width: 3_600_000,
    buckets: 2,
    uncounted: undefined,
    counted: counted.map(([bucket, cause, count]) => ({ bucket, cause, count })),
  });

const many = (causes: number): Counted[] =>
  Array.from({ length: causes }, (_, index) => [index % 2, `old.cause${index}`, 10 - index]);

describe('causes of refusals', () => {
  const table: readonly [
    name: string,
    counted: readonly Counted[],
    causes: readonly (readonly [cause: string | null, count: number, counts: readonly number[]])[],
  ][] = [
    ['are none without refusals', [], []],
    [
      'are the most frequent first, then by name',
      [
        [0, 'old.b', 2],
        [1, 'old.a', 2],
        [1, 'old.c', 3],
      ],
      [
        ['old.c', 3, [0, 3]],
        ['old.a', 2, [0, 2]],
        ['old.b', 2, [2, 0]],
      ],
    ],
    [
      'are added up where one was counted several times',
      [
        [0, 'old.a', 1],
        [0, 'old.a', 2],
        [1, 'old.a', 4],
      ],
      [['old.a', 7, [3, 4]]],
    ],
    [
      'have the id of the catalogue, which is stored in lower case',
      [[0, errors.refusalUnknown.entry.id.toLowerCase(), 1]],
      [[errors.refusalUnknown.entry.id, 1, [1, 0]]],
    ],
    [
      'are six without another',
      many(6),
      many(6).map(([bucket, cause, count]) => [cause, count, bucket === 0 ? [count, 0] : [0, count]]),
    ],
    [
      'are five and the others, which are last although they are more',
      many(9),
      [
        ...many(5).map(
          ([bucket, cause, count]) => [cause, count, bucket === 0 ? [count, 0] : [0, count]] as const,
        ),
        [null, 5 + 4 + 3 + 2, [4 + 2, 5 + 3]],
      ],
    ],
    [
      'leave out what is outside the buckets, and answers that are nobody’s fault',
      [
        [2, 'old.a', 1],
        [-1, 'old.a', 1],
        [0, 'authorisation.logoutunknown', 5],
      ],
      [],
    ],
  ];
  for (const [name, counted, causes] of table)
    test(name, () => {
      const found = grouped(counted);
      assert.deepEqual(
        found.causes.map(({ cause, count, counts }) => [cause, count, counts]),
        causes,
      );
      assert.equal(
        found.count,
        causes.reduce((sum, [, count]) => sum + count, 0),
      );
      assert.deepEqual(
        found.counts,
        [0, 1].map((bucket) => causes.reduce((sum, [, , counts]) => sum + (counts[bucket] ?? 0), 0)),
      );
    });

  test('are named by their headline, their status or the id of another version', () => {
    const { causes } = grouped([
      [0, errors.refusalUnknown.entry.id.toLowerCase(), 3],
      [0, '503', 2],
      [0, 'old.gone', 1],
      ...many(6).map(([bucket, cause]): Counted => [bucket, cause, 0]),
    ]);
    const { description } = errors.refusalUnknown.entry;
    assert.equal(causes[0]?.headline.slice(0, 10), description.slice(0, 10));
    assert.deepEqual(
      causes.slice(1, 3).map(({ headline }) => headline),
      ['Failed with 503', 'old.gone'],
    );
    assert.equal(causes.at(-1)?.headline, '4 other causes');
  });
});
