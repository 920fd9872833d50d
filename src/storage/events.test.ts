import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder, type JourneyEvent, type NewEvent } from '@alongside/kernel/events';
import { orderedId } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import { bothDialects } from '../../test/testing/dialects.ts';
import { insertStatement } from './batches.ts';
import { type Database, sql } from './database.ts';
import { connectDatabase } from './dialects.ts';
import { StoredEvents } from './events.ts';
import { migrate, migrationStatements } from './migrations.ts';

const subjects = bothDialects();

const start = Date.parse('2026-03-02T09:00:00Z');
const arrow = { from: 'browser', to: 'cis2' } as const;
const numbers = (events: readonly JourneyEvent[]) => events.map(({ seq }) => seq);
const names = (events: readonly JourneyEvent[]) => events.map(({ name }) => name);

for (const [dialect, create] of subjects) {
  describe(`events in ${dialect}`, () => {
    let one: Database;
    let two: Database;
    before(async () => {
      const url = await create();
      one = await connectDatabase(url, '');
      await migrate(one);
      two = await connectDatabase(url, '');
    });
    after(async () => {
      await one?.close();
      await two?.close();
    });
    beforeEach(async () => {
      await one.batch(
        ['event_block', 'journey_block', 'journey_link'].map((table) => sql(`DELETE FROM ${table}`)),
      );
    });

    const processOn = (database: Database, alone = false) => {
      const store = new StoredEvents(database);
      const recorder = new EventRecorder(new ManualClock(start), store, { gather: 60_000, alone });
      const happen = (name: string, keys: Pick<NewEvent, 'journey' | 'keys' | 'lasting'>) =>
        recorder.record({ ...arrow, ...keys, name });
      return { store, recorder, happen };
    };

    test('have consecutive numbers across blocks, and are read from any number on', async () => {
      const { store, recorder, happen } = processOn(one);
      const own = orderedId();
      for (let n = 0; n < 150; n++) happen(`event ${n}`, { journey: n % 50 === 7 ? own : orderedId() });
      await recorder.keep();
      const all = await store.list();
      const first = all[0]?.seq ?? 0;
      assert.deepEqual(
        numbers(all),
        Array.from({ length: 150 }, (_, n) => first + n),
      );
      assert.deepEqual(
        names(all),
        Array.from({ length: 150 }, (_, n) => `event ${n}`),
      );
      assert.equal(await store.last(), first + 149);
      assert.deepEqual(names(await store.list({ journey: own })), ['event 7', 'event 57', 'event 107']);
      assert.deepEqual(names(await store.list({ journey: own, since: first + 7, limit: 1 })), ['event 57']);
      for (const [since, limit] of [
        [first - 1, 3],
        [first + 62, 4],
        [first + 63, 70],
        [first + 148, 9],
      ] as const)
        assert.deepEqual(
          numbers(await store.list({ since, limit })),
          numbers(all).filter((seq) => seq > since && seq <= since + limit),
        );
      assert.deepEqual(await store.list({ since: first + 149 }), []);
    });

    test('have one order without a gap across processes', async () => {
      const processes = [processOn(one), processOn(two)];
      await Promise.all(
        processes.map(async ({ recorder, happen }) => {
          for (let n = 0; n < 30; n++) {
            happen(`event ${n}`, { journey: orderedId() });
            await recorder.keep();
          }
        }),
      );
      const all = await processes[0]?.store.list();
      assert.equal(all?.length, 60);
      assert.deepEqual(
        all && numbers(all),
        Array.from({ length: 60 }, (_, n) => (all?.[0]?.seq ?? 0) + n),
      );
    });

    test('belong to one journey in any process that handles a step of a sign-in', async () => {
      const [platform, cis2] = [processOn(one), processOn(two)];
      const [family, ownFamily] = [orderedId(), orderedId()];
      const step = async ({ recorder, happen }: typeof platform, ...event: Parameters<typeof happen>) => {
        happen(...event);
        // As before a response.
        await recorder.flush();
      };
      await step(platform, 'authorize', { journey: family, keys: ['state', 'client state'] });
      await step(cis2, 'cis2.authorize', { keys: ['state'] });
      await step(cis2, 'cis2.code', { keys: ['state', 'code'], lasting: ownFamily });
      await step(platform, 'callback', { journey: family, keys: ['state', 'code'] });
      await step(platform, 'cis2.token', { keys: ['code', 'id token'], lasting: ownFamily });
      await step(cis2, 'cis2.userinfo', { lasting: ownFamily });
      await step(cis2, 'token', { keys: ['client code'], lasting: family });
      await step(platform, 'call', { lasting: family });
      await step(platform, 'call of the family of CIS2', { lasting: ownFamily });
      await Promise.all([platform.recorder.keep(), cis2.recorder.keep()]);
      assert.deepEqual(new Set((await cis2.store.list()).map(({ journey }) => journey)), new Set([family]));
      assert.equal((await cis2.store.list({ journey: family })).length, 9);
    });

    test('keep their journey by lasting values only when a lone process restarts', async () => {
      const former = processOn(one, true);
      const [family, session] = [orderedId(), 'a session'];
      former.happen('challenge', { keys: ['challenge'] });
      former.happen('sign-in', { keys: ['challenge'], lasting: session });
      former.happen('token', { journey: family });
      await former.recorder.keep();
      const links = await one.all<{ value: string }>(sql('SELECT value FROM journey_link'));
      assert.deepEqual(
        links.map(({ value }) => value),
        [sha256(session)],
      );
      const next = processOn(one, true);
      next.happen('ended', { lasting: session });
      next.happen('call', { lasting: family });
      await next.recorder.keep();
      const all = await next.store.list();
      assert.equal(all[3]?.journey, all[0]?.journey);
      assert.equal(all[4]?.journey, family);
    });

    test('beyond the maximum are removed in whole blocks, with their journeys', async () => {
      const { store, recorder, happen } = processOn(one);
      for (let n = 0; n < 130; n++) happen('event', { journey: orderedId() });
      await recorder.keep();
      const last = await store.last();
      assert.equal(await store.sweep(0, 66), false);
      assert.deepEqual(
        numbers(await store.list()),
        Array.from({ length: 66 }, (_, n) => last - 65 + n),
      );
      const rows = await one.all(sql('SELECT journey FROM journey_block'));
      assert.equal(rows.length, 66);
      happen('next', { journey: orderedId() });
      await recorder.keep();
      assert.equal(await store.last(), last + 1);
    });
  });

  describe(`the migration to blocks in ${dialect}`, () => {
    const former = 19;
    const event = (seq: number, journey: string, detail: unknown = {}) => [
      seq,
      journey,
      new Date(start + seq).toISOString(),
      'browser',
      'cis2',
      `event ${seq}`,
      'ok',
      JSON.stringify(detail),
    ];
    const columns = ['seq', 'journey', 'at', 'from_party', 'to_party', 'name', 'outcome', 'detail'];

    async function old(): Promise<Database> {
      const database = await connectDatabase(await create(), '');
      await database.run(sql('CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)'));
      await database.run(sql(`INSERT INTO setting (name, value) VALUES ('schema', '${former}')`));
      for (let number = 1; number <= former; number++)
        await database.batch(migrationStatements(number, database.dialect), { patient: true });
      return database;
    }

    test('keeps events with their numbers, and links', async () => {
      const database = await old();
      const family = orderedId();
      // A gap, as a batch that was rolled back leaves in PostgreSQL.
      const seqs = Array.from({ length: 5_000 }, (_, n) => (n < 100 ? n + 1 : n + 4));
      for (let from = 0; from < seqs.length; from += 1_000)
        await database.run(
          insertStatement(
            'event',
            columns,
            seqs
              .slice(from, from + 1_000)
              .map((seq) =>
                event(seq, `journey-${seq % 9}`, seq === 3 ? { text: '"a"\n', n: 1, b: true } : {}),
              ),
          ),
        );
      await database.run(
        insertStatement(
          'journey_link',
          ['hash', 'journey'],
          [
            [sha256('state'), 'journey-1'],
            [sha256(family), 'journey-2'],
          ],
        ),
      );
      await migrate(database);
      const store = new StoredEvents(database);
      const all: JourneyEvent[] = [];
      for (
        let page = await store.list();
        page.length > 0;
        page = await store.list({ since: all.at(-1)?.seq ?? 0 })
      )
        all.push(...page);
      assert.deepEqual(numbers(all), seqs);
      assert.deepEqual(all[2], {
        seq: 3,
        journey: 'journey-3',
        at: new Date(start + 3).toISOString(),
        ...arrow,
        name: 'event 3',
        outcome: 'ok',
        detail: { text: '"a"\n', n: 1, b: true },
      });
      assert.deepEqual(
        numbers(await store.list({ journey: 'journey-4' })),
        seqs.filter((seq) => seq % 9 === 4),
      );
      const recorder = new EventRecorder(new ManualClock(start), store);
      recorder.record({ ...arrow, keys: ['state'], name: 'state' });
      recorder.record({ ...arrow, lasting: family, name: 'family' });
      await recorder.keep();
      assert.deepEqual(
        (await store.list({ since: 5_003 })).map(({ seq, journey }) => [seq, journey]),
        [
          [5_004, 'journey-1'],
          [5_005, 'journey-2'],
        ],
      );
      await database.close();
    });

    test('continues the numbers of events that were removed', async () => {
      const database = await old();
      await database.run(
        insertStatement('event', columns.slice(1), [event(0, 'a').slice(1), event(0, 'b').slice(1)]),
      );
      await database.run(sql('DELETE FROM event'));
      await migrate(database);
      const recorder = new EventRecorder(new ManualClock(start), new StoredEvents(database));
      recorder.record({ ...arrow, name: 'next' });
      await recorder.keep();
      assert.equal(await new StoredEvents(database).last(), 3);
      await database.close();
    });
  });
}
