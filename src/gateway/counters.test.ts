import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { gapOf, windowOf, withinQuota, withinSecond } from '../oauth/counters.ts';
import { resetPatients } from './index.ts';
import { pdsBase, type RunningGateway, scopes, startGateway } from './testing/gateway.ts';

describe('limits', () => {
  test('convert n a second or minute to an interval in milliseconds', () => {
    assert.deepEqual(['1ps', '3ps', '300pm', '900pm', '60000pm'].map(gapOf), [1000, 333, 200, 66, 1]);
    assert.deepEqual(['', '0ps', '5', 'ps', '5ph', '-1ps', '1.5ps'].map(gapOf), Array(7).fill(undefined));
  });

  test('compute the window of a quota', () => {
    const units = ['minute', 'hour', 'day', 'week', 'month', 'fortnight'];
    assert.deepEqual(
      units.map((timeunit) => windowOf({ interval: 2, timeunit }) / 60_000),
      [2, 120, 2_880, 20_160, 86_400, 2],
    );
  });
});

for (const dialect of ['sqlite', 'postgres'] as const)
  describe(`counting: ${dialect}`, () => {
    let gateway: RunningGateway;
    let postgres: TestDatabases | undefined;
    before(async () => {
      if (dialect === 'postgres') postgres = await sharePostgres();
      gateway = await startGateway({}, postgres ? await postgres.create('gateway') : ':memory:');
    });
    after(async () => {
      await gateway.stop();
      await postgres?.stop();
    });

    test('counts as many concurrent requests as the quota has, none without one, and again in the next window', async () => {
      const counts = async (limit: number) => {
        const quota = { limit, interval: 1, timeunit: 'minute' };
        const counted = await Promise.all(
          Array.from({ length: 50 }, () => withinQuota(gateway.dependencies, `parallel-${limit}`, quota)),
        );
        return counted.filter(Boolean).length;
      };
      assert.deepEqual([await counts(30), await counts(30), await counts(0)], [30, 0, 0]);
      gateway.clock.advance(60);
      assert.equal(await counts(30), 30);
    });

    test('counts at most three requests in any second, at once or apart', async () => {
      const count = async (tries: number) => {
        const counted = await Promise.all(
          Array.from({ length: tries }, () => withinSecond(gateway.dependencies, 'second', 3)),
        );
        return counted.filter(Boolean).length;
      };
      assert.equal(await count(20), 3);
      gateway.clock.advance(0.999);
      assert.equal(await count(1), 0);
      gateway.clock.advance(0.001);
      assert.equal(await count(1), 1);
      gateway.clock.advance(0.6);
      assert.equal(await count(20), 2);
      gateway.clock.advance(0.4);
      assert.equal(await count(20), 1, 'two of the last second remain');
      gateway.clock.advance(-3_600);
      assert.equal(await count(20), 3, 'a clock that was moved back refuses no one');
    });

    test('lets a call through, with its records and its search', async () => {
      await gateway.products.save({
        name: 'pds',
        apis: ['personal-demographics'],
        scopes: [scopes.user],
        limits: {},
      });
      const token = await gateway.issue();
      for (const path of ['/Patient/9000000009', '/Patient?family=Smith&birthdate=2010-10-22'])
        assert.equal((await gateway.call(pdsBase + path, { token })).status, 200);
      assert.equal((await gateway.events()).length, 4);
      await resetPatients(gateway.database);
      assert.equal((await gateway.call(`${pdsBase}/Patient/9000000017`, { token })).status, 200);
    });
  });
