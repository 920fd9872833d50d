import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Background } from '@alongside/kernel/background';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { z } from 'zod';
import { dialects, sharePostgres } from '../../test/testing/postgres.ts';
import { type Database, must, sql } from './database.ts';
import { connectDatabase, openDatabase } from './dialects.ts';
import { migrate, migrationStatements } from './migrations.ts';
import { type Attempt, Outbox, pendingMessages, type Topic } from './outbox.ts';

interface Subject {
  /** Opens the same data again, as another process does. */
  open(): Promise<Database>;
  openEmpty(): Promise<Database>;
  stop(): Promise<void>;
}

async function onSqlite(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-outbox-'));
  return {
    open: () => openDatabase('', folder),
    openEmpty: () => connectDatabase(':memory:', ''),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function onPostgres(): Promise<Subject> {
  const server = await sharePostgres();
  const url = await server.create('outbox');
  return {
    open: () => openDatabase(url, ''),
    openEmpty: async () => connectDatabase(await server.create('empty'), ''),
    stop: () => server.stop(),
  };
}

const topic: Topic<string> = {
  name: 'test',
  shape: z.string(),
  waits: [2_000, 8_000],
  hold: 30_000,
  keptFor: 3_600_000,
};

for (const start of dialects(onSqlite, onPostgres))
  describe(`Outbox ${start === onSqlite ? 'on SQLite' : 'on PostgreSQL'}`, () => {
    let subject: Subject;
    let databases: Database[];
    let clock: ManualClock;
    let sent: string[];
    /** Attempts that fail, as `BODY ATTEMPT`. */
    let failing: Set<string>;
    const background = new Background();
    before(async () => {
      subject = await start();
      databases = [await subject.open(), await subject.open()];
    });
    after(async () => {
      await background.settled();
      for (const database of databases) await database.close();
      await subject.stop();
    });
    beforeEach(async () => {
      clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
      sent = [];
      failing = new Set();
      await databases[0]?.run(sql('DELETE FROM outbox'));
    });

    const send = async ({ body, attempt }: Attempt<string>) => {
      sent.push(body);
      return failing.has(`${body} ${attempt}`)
        ? { delivered: false, result: 'it failed' }
        : { delivered: true, result: 'fine' };
    };
    const process = (n: number, changes: Partial<Topic<string>> = {}, sends = send, within = background) => {
      const database = databases[n] ?? assert.fail();
      return new Outbox<string>(
        { database, clock, background: within, log: silentLog },
        { ...topic, ...changes },
        sends,
      );
    };
    const enqueue = (outbox: Outbox<string>, ...messages: [key: string, body: string][]) =>
      databases[0]?.batch(messages.map(([key, body]) => outbox.enqueueStatement(key, body, body)));
    const stateOf = async (id: string) => {
      const found = await process(0).find(id);
      return found && [found.state, found.attempts, found.result];
    };

    test('sends a message once and stores the result', async () => {
      const outbox = process(0);
      await enqueue(outbox, ['k', 'a'], ['k', 'a']);
      await Promise.all([outbox.run(), outbox.run(), process(1).run()]);
      await outbox.run();
      assert.deepEqual(sent, ['a']);
      assert.deepEqual(await stateOf('a'), ['delivered', 1, 'fine']);
    });

    test('adds no message when the batch of its act is refused', async () => {
      const outbox = process(0);
      const refused = must(sql("UPDATE organisation SET name = 'x' WHERE code = 'nobody'"));
      await databases[0]?.batch([outbox.enqueueStatement('k', 'a', 'a'), refused]);
      assert.equal(await outbox.find('a'), undefined);
    });

    test('leaves a message to the process that added it until its hold is over', async () => {
      await enqueue(process(0), ['k', 'a']);
      const other = process(1);
      await other.run();
      assert.deepEqual(sent, []);
      clock.advance(30);
      await other.run();
      assert.deepEqual(sent, ['a']);
    });

    test('retries after each wait and gives up after the last', async () => {
      const outbox = process(0);
      failing = new Set(['a 1', 'a 2', 'a 3']);
      await enqueue(outbox, ['k', 'a']);
      for (const [seconds, attempts, state] of [
        [0, 1, 'pending'],
        [1, 1, 'pending'],
        [1, 2, 'pending'],
        [7, 2, 'pending'],
        [1, 3, 'givenUp'],
        [100, 3, 'givenUp'],
      ] as const) {
        clock.advance(seconds);
        await process(1).run();
        await outbox.run();
        assert.deepEqual(await stateOf('a'), [state, attempts, 'it failed']);
        assert.equal(sent.length, attempts);
      }
    });

    test('deletes a delivered message, and no other, of a topic that forgets them', async () => {
      const outbox = process(0, { forgetsDelivered: true });
      failing = new Set(['b 1', 'b 2', 'b 3']);
      await enqueue(outbox, ['k', 'a'], ['l', 'b']);
      await outbox.run();
      assert.equal(await stateOf('a'), undefined);
      assert.deepEqual(await stateOf('b'), ['pending', 1, 'it failed']);
      for (let n = 0; n < 3; n++) {
        clock.advance(8);
        await outbox.run();
      }
      assert.deepEqual(await stateOf('b'), ['givenUp', 3, 'it failed']);
    });

    test('counts a send that throws as a failed attempt', async () => {
      const outbox = process(0, {}, () => Promise.reject(new Error('no route')));
      await enqueue(outbox, ['k', 'a']);
      await outbox.run();
      assert.deepEqual(await stateOf('a'), ['pending', 1, 'no route']);
    });

    test('sends the messages of a key in order and holds back those behind a failed one', async () => {
      const [one, two] = [process(0), process(1)];
      failing.add('a1 1');
      await enqueue(one, ['a', 'a1'], ['b', 'b1'], ['a', 'a2'], ['b', 'b2']);
      await one.run();
      assert.deepEqual(
        sent.filter((body) => body.startsWith('a')),
        ['a1'],
      );
      assert.deepEqual(
        sent.filter((body) => body.startsWith('b')),
        ['b1', 'b2'],
      );
      await enqueue(two, ['a', 'a3']);
      await Promise.all([one.run(), two.run()]);
      assert.equal(sent.length, 3);
      clock.advance(2);
      await Promise.all([one.run(), two.run()]);
      await one.run();
      clock.advance(30);
      await Promise.all([one.run(), two.run()]);
      assert.deepEqual(sent.slice(3), ['a1', 'a2', 'a3']);
    });

    test('resolves a run only after a message that waits behind one under way', async () => {
      const line = new EventEmitter();
      const started = once(line, 'started');
      const released = once(line, 'released');
      const outbox = process(0, {}, async (attempt) => {
        line.emit('started');
        await released;
        return send(attempt);
      });
      await enqueue(outbox, ['a', 'a1']);
      const first = outbox.run();
      await started;
      await enqueue(outbox, ['a', 'a2']);
      const second = outbox.run();
      line.emit('released');
      await second;
      assert.deepEqual(sent, ['a1', 'a2']);
      await first;
    });

    test('sends one message at a time when sequential', async () => {
      let underWay = 0;
      let most = 0;
      const outbox = process(0, { isSequential: true }, async (attempt) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return send(attempt);
      });
      failing.add('a 1');
      await enqueue(outbox, ['a', 'a'], ['b', 'b'], ['c', 'c']);
      await Promise.all([outbox.run(), outbox.run()]);
      assert.deepEqual(sent, ['a', 'b', 'c']);
      assert.equal(most, 1);
    });

    test('stores further writes with the outcome', async () => {
      const outbox = process(0, {}, async () => ({
        delivered: true,
        result: '',
        others: [sql("INSERT INTO organisation (code, name) VALUES ('OUT', 'x')")],
      }));
      await enqueue(outbox, ['k', 'a']);
      await outbox.run();
      assert.ok(await databases[1]?.get(sql("SELECT code FROM organisation WHERE code = 'OUT'")));
      await databases[0]?.run(sql("DELETE FROM organisation WHERE code = 'OUT'"));
    });

    test('sends an abandoned message again, from the first attempt', async () => {
      const outbox = process(0, { waits: [] });
      failing = new Set(['a 1']);
      await enqueue(outbox, ['k', 'a']);
      await outbox.run();
      assert.deepEqual(await stateOf('a'), ['givenUp', 1, 'it failed']);
      failing.clear();
      assert.equal((await process(1).sendAgain('a'))?.state, 'delivered');
      assert.deepEqual(await stateOf('a'), ['delivered', 1, 'fine']);
      assert.equal(await outbox.sendAgain('unknown'), undefined);
    });

    test('does not send a message again while another process tries it', async () => {
      const outbox = process(0, {}, async (attempt) => {
        assert.equal((await process(1).sendAgain('a'))?.state, 'pending');
        return send(attempt);
      });
      await enqueue(outbox, ['k', 'a']);
      await outbox.run();
      assert.deepEqual(await stateOf('a'), ['delivered', 1, 'fine']);
      assert.deepEqual(sent, ['a']);
    });

    test('waits for its own attempt that is under way instead of sending a message again', async () => {
      const started = Promise.withResolvers<void>();
      const rest = Promise.withResolvers<void>();
      const outbox = process(0, {}, async (attempt) => {
        started.resolve();
        await rest.promise;
        return send(attempt);
      });
      await enqueue(outbox, ['k', 'a']);
      const run = outbox.run();
      await started.promise;
      const again = outbox.sendAgain('a');
      // A read in the same turn gets its result after that of `sendAgain`.
      await outbox.find('a');
      rest.resolve();
      assert.equal((await again)?.state, 'delivered');
      await run;
      assert.deepEqual(sent, ['a']);
    });

    test('leaves messages to other processes when it stops', async () => {
      const own = new Background();
      const outbox = process(0, {}, send, own);
      await enqueue(outbox, ['k', 'a']);
      await own.end();
      await outbox.run();
      assert.deepEqual(sent, []);
      assert.equal(await pendingMessages(databases[0] ?? assert.fail()), 1);
      await process(1).run();
      assert.deepEqual(sent, ['a']);
    });

    test('does not count an attempt that is under way when it stops', async () => {
      const own = new Background();
      const started = Promise.withResolvers<void>();
      const sends = async ({ ending }: Attempt<string>) => {
        started.resolve();
        await once(ending, 'abort');
        throw new Error('it was stopped');
      };
      const outbox = process(0, {}, sends, own);
      await enqueue(outbox, ['k', 'a'], ['k', 'b']);
      const run = outbox.run();
      await started.promise;
      await own.end();
      await run;
      assert.deepEqual(await stateOf('a'), ['pending', 0, '']);
      await process(1).run();
      assert.deepEqual(sent, ['a', 'b']);
      assert.deepEqual(await stateOf('a'), ['delivered', 1, 'fine']);
    });

    test('sends due messages at once after the clock was set back', async () => {
      clock.advance(7_200);
      const outbox = process(0);
      failing.add('a 1');
      await enqueue(outbox, ['k', 'a']);
      await outbox.run();
      clock.advance(-7_200);
      await process(1).run();
      assert.deepEqual(sent, ['a', 'a']);
    });

    test('lists messages newest first and removes old ones of its topic', async () => {
      const [outbox, other] = [process(0), process(0, { name: 'other' })];
      await enqueue(outbox, ['k', 'a']);
      await enqueue(other, ['k', 'z']);
      clock.advance(1);
      await enqueue(outbox, ['k', 'b']);
      const ids = async () => (await outbox.list(0, 10)).map(({ id }) => id);
      assert.deepEqual(await ids(), ['b', 'a']);
      assert.deepEqual(
        (await outbox.list(clock.now(), 10)).map(({ id }) => id),
        ['b'],
      );
      clock.advance(3_600);
      await outbox.sweep();
      assert.deepEqual(await ids(), ['b']);
      assert.equal((await other.list(0, 10)).length, 1);
    });

    test('the migration copies the messages of the former tables', async () => {
      const database = await subject.openEmpty();
      await database.run(sql('CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)'));
      await database.run(sql("INSERT INTO setting (name, value) VALUES ('schema', '18')"));
      for (let number = 1; number <= 18; number++) {
        const statements = migrationStatements(number, database.dialect);
        // The first migration finds the table of settings, as in `migrate`.
        await database.batch(statements, { patient: true });
      }
      await database.batch([
        sql(`INSERT INTO cis_session (id, uid, agent_id, card_serial, session_jwk, generation, mode, created_at, pin_at,
          heartbeat_at, ends_at, ended_at, end_cause) VALUES ('s', 'u', 'agent', 'c', '{}', 'hscn', 'normal', 1, 1, 1, 1, 2, 'cardRemoved')`),
        sql(`INSERT INTO session_message (session_id, subscriber, holder, held_until, created_at, told_at)
          VALUES ('s', 'one', 'x', 9, 2, NULL), ('s', 'two', 'x', 9, 2, 3)`),
        sql(`INSERT INTO mail (id, sealed, state, attempts, holder, held_until, created_at, next_at, sent_at)
          VALUES ('w', 'a.b-_', 'waiting', 2, '', 0, 3, 7, NULL), ('t', 'c', 'sent', 1, '', 0, 4, 4, 5),
          ('f', 'd', 'failed', 10, '', 0, 5, 5, NULL), ('k', 'e', 'kept', 0, '', 0, 6, 6, NULL)`),
        sql(`INSERT INTO logout_delivery (id, sid, uid, cis_session_id, client_id, address, trusted, cause, state, attempts, result,
          created_at, due_at, tried_at) VALUES ('d', 'sid', 'u', NULL, 'client', 'https://rp.test/"x"', 1, 'expired', 'pending', 3,
          'status 500', 7, 8, 9)`),
        sql(`INSERT INTO cis2_notice (id, uid, subject, text, created_at, due_at)
          VALUES ('n', 'u', 'Changed', 'It was "Mine".', 9, 10)`),
        sql(`INSERT INTO single_use (kind, hash, payload, created_at, expires_at, used_at)
          VALUES ('cis2-ended', 'h', '{"sid":"e"}', 8, 9, NULL), ('cis2-ended', 'i', '{"sid":"f"}', 8, 9, 9), ('code', 'h', '1', 8, 9, NULL)`),
      ]);
      await migrate(database);
      const rows = await database.all<Record<string, unknown>>(sql('SELECT * FROM outbox ORDER BY seq'));
      assert.deepEqual(
        rows.map(({ topic, id, key, body, state, attempts, result, created_at, due_at, tried_at }) => [
          topic,
          id,
          key,
          JSON.parse(String(body)),
          state,
          attempts,
          result,
          created_at,
          due_at,
          tried_at,
        ]),
        [
          [
            'cis.session-ended',
            's one',
            'one',
            { sessionId: 's', agentId: 'agent', uid: 'u', cause: 'cardRemoved', generation: 'hscn' },
            'pending',
            0,
            '',
            2,
            2,
            null,
          ],
          ['cis.mail', 'w', 'w', 'a.b-_', 'pending', 2, '', 3, 7, null],
          ['cis.mail', 't', 't', 'c', 'delivered', 1, '', 4, 4, 5],
          ['cis.mail', 'f', 'f', 'd', 'givenUp', 10, '', 5, 5, null],
          ['cis.mail', 'k', 'k', 'e', 'givenUp', 0, '', 6, 6, null],
          [
            'cis2.logout',
            'd',
            'd',
            {
              sid: 'sid',
              uid: 'u',
              cisSessionId: null,
              clientId: 'client',
              address: 'https://rp.test/"x"',
              trusted: true,
              cause: 'expired',
            },
            'pending',
            3,
            'status 500',
            7,
            8,
            9,
          ],
          ['cis2.session-ended', 'h', 'h', { sid: 'e' }, 'pending', 0, '', 8, 8, null],
          [
            'cis2.notice',
            'n',
            'u',
            { uid: 'u', subject: 'Changed', text: 'It was "Mine".' },
            'pending',
            0,
            '',
            9,
            9,
            null,
          ],
        ],
      );
      const left = await database.all<{ kind: string }>(sql('SELECT kind FROM single_use'));
      assert.deepEqual(
        left.map(({ kind }) => kind),
        ['code'],
      );
      await database.close();
    });
  });
