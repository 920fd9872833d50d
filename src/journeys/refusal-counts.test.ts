import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bothDialects } from '../../test/testing/dialects.ts';
import { type Database, sql } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import type { JourneyPeriod, RefusalFilter } from './model.ts';
import { countRefusals, longestCause, maxCounted } from './refusal-counts.ts';

const hour = 3_600_000;
const now = Date.parse('2026-03-02T09:30:00Z');

for (const [dialect, create] of bothDialects())
  describe(`refusals by cause on ${dialect}`, () => {
    let database: Database;
    before(async () => {
      database = await openDatabase(await create(), '');
      for (const [id, application] of [
        ['j1', 'ward'],
        ['j2', "o'brien"],
        ['j3', null],
      ] as const)
        await database.run(
          sql(
            `INSERT INTO journey (id, started_at, ended_at, pattern, outcome, decided_at, headline, application, messages, wrong_pins, faults, clock_moved)
             VALUES (?, ?, ?, 0, 'refused', 0, '', ?, 1, 0, '', 0)`,
            id,
            now,
            now,
            application,
          ),
        );
      const long = 'x'.repeat(longestCause - 6);
      const messages: [journey: string, ago: number, words: string | null][] = [
        ['j1', 0, ' a.secret invalid_client 401 post /token '],
        ['j1', 1, ' a.secret invalid_client 401 post /other '],
        ['j2', hour, ' a.secret invalid_client 401 post /token '],
        ['j3', 2 * hour, ` a.${long} x 400 `],
        ['j3', 3 * hour, ' 503 get /slow '],
        ['j1', 3 * hour, null],
        ['j1', 24 * hour, ' a.old x 400 '],
        // The clock was moved back since.
        ['j1', -2 * hour, ' a.future x 400 '],
      ];
      for (const [index, [journey, ago, words]] of messages.entries())
        await database.run(
          sql(
            'INSERT INTO message (id, journey, at, size, refusal) VALUES (?, ?, ?, 0, ?)',
            `m${index}`,
            journey,
            now - ago,
            words,
          ),
        );
    });
    after(() => database.close());

    const totals = async (filter: RefusalFilter) => {
      const { counted, buckets } = await countRefusals(database, now, filter);
      const sums = new Map<string, number>();
      for (const { bucket, cause, count } of counted) {
        const key = `${buckets - 1 - bucket} ${cause}`;
        sums.set(key, (sums.get(key) ?? 0) + count);
      }
      return Object.fromEntries(sums);
    };

    test('are counted by bucket and first word, within the period only', async () => {
      assert.deepEqual(await totals({ period: 'day' }), {
        '0 a.secret': 2,
        '1 a.secret': 1,
        [`2 a.${'x'.repeat(longestCause - 6)}`]: 1,
        '3 503': 1,
      });
      assert.deepEqual(await totals({ period: 'hour' }), { '0 a.secret': 1, '1 a.secret': 1 });
      assert.equal((await totals({ period: 'week' }))['4 a.old'], 1);
    });

    test('are those of one application with a filter', async () => {
      assert.deepEqual(await totals({ period: 'day', application: 'ward' }), { '0 a.secret': 2 });
      assert.deepEqual(await totals({ period: 'day', application: "o'brien" }), { '1 a.secret': 1 });
      assert.deepEqual(await totals({ period: 'day', application: 'nobody' }), {});
    });

    for (const [period, buckets, width] of [
      ['hour', 12, 300_000],
      ['day', 24, hour],
      ['week', 28, 6 * hour],
    ] as const satisfies readonly [JourneyPeriod, number, number][])
      test(`have ${buckets} buckets in the last ${period}, of which the last has the present`, async () => {
        const found = await countRefusals(database, now, { period });
        assert.deepEqual([found.buckets, found.width, found.uncounted], [buckets, width, undefined]);
        const last = found.from + (found.buckets - 1) * found.width;
        assert.ok(last <= now && now < last + width);
        assert.equal(found.from % width, 0);
      });

    test('are the newest where they are too many, and begin where those do', async () => {
      const flood = now - 90 * 60_000;
      await database.run(
        sql(
          `INSERT INTO message (id, journey, at, size, refusal)
           WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${maxCounted})
           SELECT 'f' || x, 'j3', CAST(? AS BIGINT) + x, 0, ' a.flood x 429 ' FROM n`,
          flood,
        ),
      );
      const found = await countRefusals(database, now, { period: 'day' });
      assert.equal(
        found.counted.reduce((sum, { count }) => sum + count, 0),
        maxCounted,
      );
      // Two refusals are newer than the flood, one is within it.
      assert.equal(found.uncounted, flood + 3);
      assert.equal(found.buckets, 2);
      assert.ok(found.counted.every(({ bucket }) => bucket >= 0));
    });
  });
