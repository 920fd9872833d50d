import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import type { RefusalRecord } from '@alongside/kernel/refusals';
import { dialects, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { Refusals } from './refusals.ts';

const day = 86_400_000;
const record = (messageId: string, ids: Partial<RefusalRecord> = {}): RefusalRecord => ({
  messageId,
  service: 's',
  error: 's.e',
  code: 'e',
  status: 400,
  description: 'd',
  detail: '',
  expected: 'e',
  fix: 'f',
  actor: 'developer',
  source: 'x',
  method: 'GET',
  path: '/',
  ...ids,
});

for (const dialect of dialects('sqlite' as const, 'postgres' as const))
  describe(`Refusals: ${dialect}`, () => {
    let server: TestDatabases | undefined;
    let database: Database;
    const clock = new ManualClock(100 * day);
    const count = async (): Promise<number> =>
      Number((await database.get<{ n: number }>(sql('SELECT COUNT(*) AS n FROM refusal')))?.n);
    before(async () => {
      if (dialect === 'postgres') server = await sharePostgres();
      database = await openDatabase(server ? await server.create('refusals') : ':memory:', '');
    });
    after(async () => {
      await database.close();
      await server?.stop();
    });

    test('stores a flood in a ring, and drops waiting refusals above the limit', async () => {
      const limits = { stored: 600, waiting: 1_000, ofNetwork: 1_000_000 };
      const refusals = new Refusals(database, clock, { limits });
      for (let round = 0; round < 4; round++) {
        for (let one = 0; one < 1_500; one++) refusals.record(record(`m-${round}-${one}`), '192.0.2.1');
        await refusals.keep();
      }
      assert.ok((await count()) <= 600);
      assert.equal(await refusals.find('m-0-0'), undefined);
      assert.equal((await refusals.find('m-3-999'))?.messageId, 'm-3-999');
      assert.equal(await refusals.find('m-3-1000'), undefined);
    });

    test('lets one network store a share, so that it cannot displace the refusals of others', async () => {
      const limits = { stored: 1_000, waiting: 1_000, ofNetwork: 10 };
      const refusals = new Refusals(database, clock, { limits });
      refusals.record(record('other'), '198.51.100.7');
      for (let one = 0; one < 50; one++) refusals.record(record(`flood-${one}`), `2001:db8::${one + 1}`);
      assert.ok(await refusals.find('other'));
      assert.ok(await refusals.find('flood-9'));
      assert.equal(await refusals.find('flood-10'), undefined);
      clock.advance(600);
      refusals.record(record('later'), '2001:db8::1');
      assert.ok(await refusals.find('later'));
    });

    test('stores the ids of clients as hashes, and finds the newest refusal by them', async () => {
      const refusals = new Refusals(database, clock);
      const ids = { requestId: 'request-id-of-client', correlationId: 'secret-as-correlation-id' };
      refusals.record(record('first', ids), '192.0.2.1');
      refusals.record(record('second', ids), '192.0.2.1');
      for (const id of Object.values(ids)) {
        const found = await refusals.find(id);
        assert.deepEqual([found?.messageId, found?.earlier], ['second', ['first']]);
      }
      const stored = JSON.stringify(await database.all(sql('SELECT * FROM refusal')));
      assert.doesNotMatch(stored, /request-id-of-client|secret-as-correlation-id/);
    });

    test('reads the names of members that earlier versions wrote', async () => {
      const refusals = new Refusals(database, clock);
      refusals.record(record('of-before', { facts: { field: 'aud', received: 'x' } }), '192.0.2.1');
      await refusals.keep();
      await database.run(sql('UPDATE refusal SET body = REPLACE(body, \'"received"\', \'"came"\')'));
      assert.deepEqual((await refusals.find('of-before'))?.facts, { field: 'aud', received: 'x' });
    });

    test('removes refusals after a week', async () => {
      const refusals = new Refusals(database, clock);
      clock.advance((8 * day) / 1_000);
      refusals.record(record('today'), '192.0.2.1');
      await refusals.keep();
      while (await refusals.sweep());
      assert.equal(await count(), 1);
      assert.ok(await refusals.find('today'));
    });
  });
