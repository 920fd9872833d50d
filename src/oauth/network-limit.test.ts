import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { bothDialects } from '../../test/testing/dialects.ts';
import { type Database, sql } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { SingleUse } from '../storage/single-use.ts';
import { NetworkLimit } from './network-limit.ts';

// Two connections to one database simulate two processes.
const settings = bothDialects();
for (const [dialect, setting] of settings)
  describe(`NetworkLimit with ${dialect}`, () => {
    const clock = new ManualClock(1_800_000_000_000);
    let databases: [Database, Database];
    before(async () => {
      const where = await setting();
      databases = [await openDatabase(where, ''), await openDatabase(where, '')];
    });
    after(async () => {
      for (const database of databases) await database.close();
    });
    const limits = (name: string, perMinute: number): NetworkLimit[] =>
      databases.map((database) => new NetworkLimit({ database, clock }, name, perMinute));
    const rows = (): Promise<object | undefined> =>
      databases[0].get(sql("SELECT COUNT(*) AS total FROM single_use WHERE kind LIKE 'network-%'"));

    test('admits the limit among 40 simultaneous requests over two processes', async () => {
      const [one, two] = limits('shared', 5) as [NetworkLimit, NetworkLimit];
      const admitted = await Promise.all(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).admits('192.0.2.1')),
      );
      assert.equal(admitted.filter(Boolean).length, 5);
      assert.equal(await two.admits('::ffff:192.0.2.1'), false);
      assert.equal(await two.admits('192.0.2.2'), true);
    });

    test('counts all addresses of an IPv6 network of 64 bits as one', async () => {
      const [limit] = limits('ipv6', 1) as [NetworkLimit];
      assert.equal(await limit.admits('2001:db8:0:1::1'), true);
      assert.equal(await limit.admits('2001:db8::1:ffff:0:0:1'), false);
      assert.equal(await limit.admits('2001:db8:0:2::1'), true);
    });

    test('counts each name apart, and starts again in the next minute and after the clock moved back', async () => {
      const [one] = limits('one', 1) as [NetworkLimit];
      const [other] = limits('other', 1) as [NetworkLimit];
      assert.deepEqual([await one.admits('192.0.2.1'), await one.admits('192.0.2.1')], [true, false]);
      assert.equal(await other.admits('192.0.2.1'), true);
      clock.advance(60);
      assert.deepEqual([await one.admits('192.0.2.1'), await one.admits('192.0.2.1')], [true, false]);
      clock.advance(-3_600);
      assert.equal(await one.admits('192.0.2.1'), true);
    });

    test('admits nothing with a limit of 0', async () => {
      const [limit] = limits('none', 0) as [NetworkLimit];
      assert.equal(await limit.admits('192.0.2.1'), false);
    });

    test('is removed by the sweep of single-use values', async () => {
      clock.advance(10_000);
      await new SingleUse(databases[0], clock).sweep();
      assert.equal(Number(((await rows()) as { total: number }).total), 0);
    });
  });
