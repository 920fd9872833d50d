import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { type Database, sql } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { AnonymousRows } from './network-limit.ts';

describe('AnonymousRows', () => {
  const clock = new ManualClock(1_800_000_000_000);
  let database: Database;
  before(async () => {
    database = await openDatabase(':memory:', '');
  });
  after(() => database.close());

  const rows = (name: string, perMinute: number) =>
    new AnonymousRows({ database, clock }, name, { rows: perMinute });
  const admitted = async (limits: AnonymousRows, addresses: readonly string[]): Promise<number> =>
    (await Promise.all(addresses.map((address) => limits.admits(address)))).filter(Boolean).length;
  const same = (count: number, address: string): string[] => Array<string>(count).fill(address);
  const networks = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`);

  test('admits each network up to its limit in each minute', async () => {
    const limits = rows('network', 3);
    assert.equal(await admitted(limits, same(10, '192.0.2.1')), 3);
    assert.equal(await limits.admits('192.0.2.2'), true);
    clock.advance(60);
    assert.equal(await limits.admits('192.0.2.1'), true);
  });

  test('leaves half of the total to others when a few networks flood', async () => {
    const limits = rows('flood', 100);
    for (const network of networks(10)) await admitted(limits, same(200, network));
    assert.equal(await admitted(limits, same(10, '192.0.2.1')), 1, 'one hundredth of its limit');
    assert.equal(await limits.admits('192.0.2.2'), true);
  });

  test('admits no more than the total, whatever the number of networks', async () => {
    const limits = rows('total', 2);
    assert.equal(await admitted(limits, networks(100)), 20);
    clock.advance(60);
    assert.equal(await limits.admits('192.0.2.1'), true);
  });

  test('creates all rows of a batch or none, and counts each', async () => {
    const limits = rows('created', 5);
    let turn = 0;
    const keep = (name: string) => sql("INSERT INTO setting (name, value) VALUES (?, 'created')", name);
    const create = () => limits.create('192.0.2.1', [keep(`one-${(turn += 1)}`), keep(`two-${turn}`)]);
    assert.deepEqual([await create(), await create(), await create()], [true, true, false]);
    const stored = await database.all(sql("SELECT name FROM setting WHERE value = 'created'"));
    assert.equal(stored.length, 4);
    assert.equal(await limits.admits('192.0.2.1'), true);
    assert.equal(await limits.admits('192.0.2.1'), false);
  });
});
