import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { SigningKeys } from '@alongside/kernel/keys';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { assertMode } from '../../test/testing/platform.ts';
import { dialects, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, must, type Statement, StatementError, StorageError, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { StoredEvents } from './events.ts';
import { Jtis } from './jtis.ts';
import { Leases } from './leases.ts';
import { roleOwners } from './migrations/0014-role-owners.ts';
import { usedJtis } from './migrations/0021-used-jtis.ts';
import { inDialect } from './migrations.ts';
import { Settings } from './settings.ts';
import { StoredKeys } from './signing-keys.ts';
import { SingleUse } from './single-use.ts';

// One set of tests for both dialects: `open` returns another connection to the same data, like another process.
interface Subject {
  name: string;
  open(): Promise<Database>;
  stop(): Promise<void>;
}

async function sqliteSubject(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-sqlite-'));
  return {
    name: 'SQLite',
    open: () => openDatabase('', folder),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgresSubject(): Promise<Subject> {
  const server: TestDatabases = await sharePostgres();
  const url = await server.create('contract');
  return { name: 'PostgreSQL', open: () => openDatabase(url, ''), stop: () => server.stop() };
}

const start = Date.parse('2026-03-02T09:00:00Z');

for (const make of dialects(sqliteSubject, postgresSubject)) {
  describe(make === sqliteSubject ? 'storage on SQLite' : 'storage on PostgreSQL', () => {
    let subject: Subject;
    let one: Database;
    let two: Database;
    before(async () => {
      subject = await make();

      // Two processes that start at once agree on the schema.
      [one, two] = await Promise.all([subject.open(), subject.open()]);
    });
    after(async () => {
      await one?.close();
      await two?.close();
      await subject?.stop();
    });

    test('a condition may only read, and require that another row is absent', async () => {
      const unless = (code: string) =>
        must(
          sql('SELECT 1 AS absent WHERE NOT EXISTS (SELECT 1 FROM developer WHERE id = ?)', code),
          'reads',
        );
      const add = (code: string) => sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, code);
      const live = must(sql("SELECT 1 AS live FROM organisation WHERE code = 'READ-1'"), 'reads');
      const held = await one.batch([add('READ-1'), unless('nobody'), add('READ-2')]);
      assert.deepEqual(
        held.results.map(({ changes }) => changes),
        [1, 1, 1],
      );
      assert.equal((await one.batch([live, add('READ-3')])).done, true);
      await one.run(
        sql("INSERT INTO developer (id, name, status, body, revision) VALUES ('somebody', '', '', '{}', 1)"),
      );
      const condition = unless('somebody');
      const refused = await one.batch([add('READ-4'), condition, add('READ-5')]);
      assert.equal(refused.failed, condition);
      assert.equal((await one.run(condition)).changes, 0);
      assert.deepEqual(
        (await two.all(sql("SELECT code FROM organisation WHERE code LIKE 'READ-%' ORDER BY code"))).map(
          ({ code }) => code,
        ),
        ['READ-1', 'READ-2', 'READ-3'],
      );
      await one.batch([
        sql("DELETE FROM developer WHERE id = 'somebody'"),
        sql("DELETE FROM organisation WHERE code LIKE 'READ-%'"),
      ]);
    });

    test('a batch is executed as a whole or not at all', async () => {
      const condition = must(sql('UPDATE organisation SET name = ? WHERE code = ?', 'Changed', 'nobody'));
      const first = await one.batch([
        sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'AAA', 'First'),
        condition,
        sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'BBB', 'Second'),
      ]);
      assert.equal(first.done, false);
      assert.equal(first.failed, condition);
      assert.deepEqual(await two.all(sql("SELECT code FROM organisation WHERE code IN ('AAA', 'BBB')")), []);
      await assert.rejects(
        one.batch([
          sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'CCC', 'Third'),
          sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'CCC', 'Again'),
        ]),
        /failed|refused/,
      );
      assert.equal(await one.get(sql('SELECT code FROM organisation WHERE code = ?', 'CCC')), undefined);
    });

    describe('a batch with several conditions', () => {
      const insert = (code: string) => sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, 'x');
      const developer = (id: string, label = id) =>
        sql("INSERT INTO developer (id, name, status, body, revision) VALUES (?, '', '', ?, 1)", id, label);
      const raise = (id: string) =>
        must(
          sql('UPDATE developer SET revision = revision + 1 WHERE id = ? RETURNING body, revision', id),
          'returns',
        );
      const rename = (code: string) =>
        must(sql('UPDATE organisation SET name = ? WHERE code = ?', 'renamed', code));
      before(() => one.batch([developer('D1', 'First'), developer('D2', 'Second'), insert('ORG')]));

      test('returns rows and changes of each statement in its order', async () => {
        const setting = sql("INSERT INTO setting (name, value) VALUES ('several', 'x')");
        const { done, results } = await one.batch([rename('ORG'), raise('D1'), setting]);
        assert.equal(done, true);
        assert.deepEqual(
          results.map(({ changes, rows }) => ({ changes, rows: rows.map((row) => ({ ...row })) })),
          [
            { changes: 1, rows: [] },
            { changes: 1, rows: [{ body: 'First', revision: 2 }] },
            { changes: 1, rows: [] },
          ],
        );
      });

      test('names the first condition that fails, and writes nothing', async () => {
        const [good, bad, worse] = [raise('D2'), rename('none'), rename('neither')];
        const tries: [Statement[], Statement][] = [
          [[good, bad], bad],
          [[bad, good], bad],
          [[good, bad, worse, insert('NEVER')], bad],
          [[good, insert('NEVER'), insert('NEITHER'), worse], worse],
        ];
        for (const [batch, condition] of tries) {
          const { done, failed } = await one.batch(batch);
          assert.deepEqual([done, failed === condition], [false, true]);
        }
        const revision = await two.get(sql("SELECT revision FROM developer WHERE id = 'D2'"));
        assert.deepEqual({ ...revision }, { revision: 1 });
        assert.deepEqual(await two.all(sql("SELECT code FROM organisation WHERE code LIKE 'NE%'")), []);
      });

      test('changes one row of a table and adds another, or does neither', async () => {
        await one.run(insert('CHANGED'));
        const names = async () =>
          (
            await two.all(
              sql("SELECT code, name FROM organisation WHERE code IN ('ADDED', 'CHANGED') ORDER BY code"),
            )
          ).map(({ code, name }) => `${code} ${name}`);
        assert.equal((await one.batch([rename('none'), insert('ADDED')])).done, false);
        assert.deepEqual(await names(), ['CHANGED x']);
        assert.equal((await one.batch([rename('CHANGED'), insert('ADDED')])).done, true);
        assert.deepEqual(await names(), ['ADDED x', 'CHANGED renamed']);
      });

      test('reports an error of a later statement, and writes nothing', async () => {
        await assert.rejects(one.batch([raise('D2'), insert('ORG')]), StatementError);
        await assert.rejects(one.batch([raise('D2'), rename('ORG'), insert('ORG')]), StatementError);
        const revision = await two.get(sql("SELECT revision FROM developer WHERE id = 'D2'"));
        assert.deepEqual({ ...revision }, { revision: 1 });
      });

      test('refuses a condition that is marked as another kind', async () => {
        const returns = sql("UPDATE developer SET body = 'x' WHERE id = 'D2' RETURNING body");
        const reads = sql("SELECT body FROM developer WHERE id = 'D2'");
        const writes = sql("UPDATE developer SET body = 'x' WHERE id = 'D2'");
        for (const wrong of [must(returns), must(reads), must(writes, 'reads')])
          await assert.rejects(one.batch([wrong, insert('MARKED')]), StatementError);
      });

      test('lets one of many concurrent batches succeed', async () => {
        const spend = must(
          sql("UPDATE developer SET body = 'spent' WHERE id = 'D2' AND body <> 'spent' RETURNING body"),
          'returns',
        );
        const made = await Promise.all(
          Array.from({ length: 10 }, (_, n) => (n % 2 ? one : two).batch([spend, insert(`ONCE${n}`)])),
        );
        assert.deepEqual(made.map(({ done }) => done).filter(Boolean), [true]);
        assert.equal((await one.all(sql("SELECT code FROM organisation WHERE code LIKE 'ONCE%'"))).length, 1);
      });
    });

    test('a condition may only read, alone or at any place of a batch', async () => {
      const exists = (code: string) =>
        must(sql('SELECT 1 AS one FROM organisation WHERE code = ?', code), 'reads');
      const note = (name: string) => sql("INSERT INTO setting (name, value) VALUES (?, 'x')", name);
      await one.run(sql("INSERT INTO organisation (code, name) VALUES ('READ', 'x')"));
      const missing = exists('nobody');
      assert.equal((await one.batch([exists('READ')])).done, true);
      assert.equal((await one.batch([missing])).failed, missing);
      for (const [turn, condition] of [exists('READ'), missing].entries())
        for (const batch of [
          [condition, note(`first ${turn}`)],
          [note(`second ${turn}`), condition],
          [condition, sql("UPDATE setting SET value = 'y' WHERE name = 'another'"), note(`third ${turn}`)],
        ]) {
          const { done, failed } = await one.batch(batch);
          assert.deepEqual([done, failed], condition === missing ? [false, missing] : [true, undefined]);
        }
      const noted = await two.all(sql("SELECT name FROM setting WHERE value = 'x' AND name LIKE '% _'"));
      assert.deepEqual(noted.map(({ name }) => name).sort(), ['first 0', 'second 0', 'third 0']);
    });

    test('a later statement of a batch sees what the first one waited for', async () => {
      const end = [
        must(sql("UPDATE organisation SET name = 'ended' WHERE code = 'ORG'")),
        sql("DELETE FROM setting WHERE name LIKE 'of ORG %'"),
      ];
      const add = (n: number) => [
        must(sql("UPDATE organisation SET name = name WHERE code = 'ORG' AND name <> 'ended'")),
        sql('INSERT INTO setting (name, value) VALUES (?, ?)', `of ORG ${n}`, 'x'),
      ];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n === 10 ? two.batch(end) : one.batch(add(n)))),
      );
      assert.deepEqual(await one.all(sql("SELECT name FROM setting WHERE name LIKE 'of ORG %'")), []);
    });

    test('a refused batch does not affect other batches of the same turn', async () => {
      const results = await Promise.allSettled([
        one.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'N1', 'x')),
        one.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'N1', 'x')),
        one.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'N2', 'x')),
      ]);
      assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'fulfilled', 'rejected']);
      assert.equal(
        (await two.all(sql("SELECT code FROM organisation WHERE code IN ('N1', 'N2')"))).length,
        2,
      );
    });

    test('a confirmed write is visible to every other connection', async () => {
      await one.run(sql('INSERT INTO organisation (code, name) VALUES (?, ?)', 'SEEN', 'x'));
      assert.deepEqual(
        { ...(await two.get(sql('SELECT name FROM organisation WHERE code = ?', 'SEEN'))) },
        { name: 'x' },
      );
    });

    test('the migration of role profiles converts those of existing people', async () => {
      await one.run(sql('DROP TABLE person_role'));
      const roles = [{ roleId: '100000000001' }, { roleId: '100000000002' }];
      const insert = 'INSERT INTO person (uid, persona, body, revision) VALUES (?, NULL, ?, 1)';
      await one.batch([
        sql(insert, 'with-roles', JSON.stringify({ uid: 'with-roles', roles })),
        sql(insert, 'without-roles', JSON.stringify({ uid: 'without-roles', roles: [] })),
      ]);
      for (const text of roleOwners) await one.run(sql(inDialect(text, one.dialect)));
      const rows = await two.all<{ role_id: string; uid: string }>(
        sql('SELECT role_id, uid FROM person_role ORDER BY role_id'),
      );
      assert.deepEqual(
        rows.map((row) => [row.role_id, row.uid]),
        roles.map(({ roleId }) => [roleId, 'with-roles']),
      );
      await one.run(sql("DELETE FROM person WHERE uid IN ('with-roles', 'without-roles')"));
    });

    test('SingleUse spends a value for exactly one of many uses on two connections', async () => {
      const clock = new ManualClock(start);
      const uses = [new SingleUse(one, clock), new SingleUse(two, clock)];
      for (let round = 0; round < 20; round++) {
        const value = `value-${round}`;
        await uses[0]?.keep('code', value, { round }, 60_000);
        const winners = (
          await Promise.all(
            Array.from({ length: 10 }, (_, n) => uses[n % 2]?.spend<{ round: number }>('code', value)),
          )
        ).filter(Boolean);
        assert.deepEqual(winners, [{ round }]);
      }
    });

    test('SingleUse gives a claim to exactly one caller, and again only after it has expired', async () => {
      const clock = new ManualClock(start);
      const uses = [new SingleUse(one, clock), new SingleUse(two, clock)];
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, n) => uses[n % 2]?.claim('jti', 'j', 1_000)),
      );
      assert.equal(claims.filter(Boolean).length, 1);
      assert.equal(await uses[1]?.claimed('jti', 'j'), true);
      clock.advance(2);
      assert.equal(await uses[1]?.claim('jti', 'j', 1_000), true);
      assert.equal(await uses[0]?.claim('jti', 'j', 1_000), false);
    });

    test('Jtis lets one of many callers use a jti, until its token expires', async () => {
      const clock = new ManualClock(start);
      const jtis = [new Jtis(one, clock), new Jtis(two, clock)];
      const use = (n: number, jti: string, lifetime: number) =>
        jtis[n % 2]?.use('dpop-jti', jti, lifetime, 320_000);
      const uses = await Promise.all(Array.from({ length: 10 }, (_, n) => use(n, 'same', 60_000)));
      assert.equal(uses.filter(Boolean).length, 1);
      assert.equal(await jtis[1]?.isUsed('dpop-jti', 'same', 320_000), true);
      assert.equal(await jtis[1]?.isUsed('another-jti', 'same', 320_000), false);
      clock.advance(60);
      assert.equal(await jtis[1]?.isUsed('dpop-jti', 'same', 320_000), false);
      assert.equal(await use(1, 'same', 60_000), true);
      assert.equal(await use(0, 'same', 60_000), false);
    });

    test('Jtis refuses a used jti in a token that expires at another time', async () => {
      const clock = new ManualClock(start);
      const jtis = [new Jtis(one, clock), new Jtis(two, clock)];
      const lifetimes = [1_000, 30_000, 290_000, 299_999, 300_000, 320_000];
      for (const first of lifetimes)
        for (const late of [0, 1])
          for (const second of lifetimes) {
            const jti = `${first} ${late} ${second}`;
            assert.equal(await jtis[0]?.use('moved', jti, first, 320_000), true);
            clock.advance(late * (first / 1_000 - 0.5));
            assert.equal(await jtis[1]?.use('moved', jti, second, 320_000), false, jti);
          }
    });

    test('Jtis refuses a jti that was remembered longer, after a restart with a shorter memory', async () => {
      const clock = new ManualClock(start);
      const [month, longest] = [2_592_000_000, 310_000];
      const jtis = new Jtis(one, clock);
      const statement = jtis.useStatement('remembered', 'long', month, month, 290_000);
      assert.equal((await one.batch([statement])).done, true);
      assert.equal((await one.batch([statement])).done, false);
      const restarted = new Jtis(two, clock);
      clock.advance(289);
      assert.equal(await restarted.isUsed('remembered', 'long', longest), true);
      assert.equal(await restarted.use('remembered', 'long', 1_000, longest), false);
      clock.advance(3_600);
      assert.equal(await jtis.isUsed('remembered', 'long', month), true);
    });

    test('Jtis lets one of two concurrent tokens with the same jti pass, whenever they expire', async () => {
      const clock = new ManualClock(start);
      for (let round = 0; round < 20; round++) {
        const uses = [one, two].map((database, n) =>
          new Jtis(database, clock).use('race', `${round}`, n === 0 ? 1_000 : 310_000, 320_000),
        );
        assert.equal((await Promise.all(uses)).filter(Boolean).length, 1);
      }
    });

    test('Jtis removes those that expired more than an hour ago', async () => {
      const clock = new ManualClock(start + 10_000_000);
      const jtis = new Jtis(one, clock);
      const left = async () => (await one.all(sql("SELECT hash FROM used_jti WHERE kind = 'swept'"))).length;
      await jtis.use('swept', 'old', 1_000, 320_000);
      clock.advance(3_600);
      await jtis.use('swept', 'new', 1_000, 320_000);
      await jtis.sweep();
      assert.equal(await left(), 2);
      clock.advance(600);
      assert.equal(await jtis.sweep(), false);
      assert.equal(await left(), 1);
    });

    test('the migration of jtis moves the used ones, and no other value', async () => {
      const clock = new ManualClock(start);
      const use = new SingleUse(one, clock);
      await use.keep('authorisation-code', 'code', 1, 60_000);
      for (let n = 0; n < 1_200; n++) {
        const kind = n % 2 ? 'dpop-jti' : 'authorisation-jti';
        await use.claim(kind, `former-${n}`, 100_000 + n);
      }
      const counts: number[] = [];
      for (let batch = await usedJtis.nextBatch(one, ''); batch; batch = await usedJtis.nextBatch(one, '')) {
        counts.push(batch.count);
        await one.batch(batch.statements);
      }
      assert.deepEqual(counts, [1_000, 200]);
      assert.equal(await use.peek('authorisation-code', 'code'), 1);
      assert.equal(await use.jtis.use('dpop-jti', 'former-1199', 1_000, 320_000), false);
      assert.equal(await use.jtis.use('authorisation-jti', 'former-0', 1_000, 320_000), false);
      assert.equal(await use.jtis.use('authorisation-jti', 'former-1', 1_000, 320_000), true);
    });

    test('Leases has one holder until the lease is released or expires', async () => {
      const clock = new ManualClock(start);
      const leases = Array.from({ length: 10 }, (_, n) => new Leases(n % 2 ? one : two, clock));
      const takers = async () => {
        const taken = await Promise.all(leases.map((lease) => lease.take('work', 30_000)));
        return taken.flatMap((isTaken, n) => (isTaken ? [n] : []));
      };
      const [first = -1, ...others] = await takers();
      assert.deepEqual(others, []);
      clock.advance(20);
      assert.deepEqual(await takers(), [first], 'the holder renews it');
      clock.advance(20);
      assert.deepEqual(await takers(), [first], 'renewed, it lasts longer');
      await leases[first]?.release(['work']);
      const second = await takers();
      assert.equal(second.length, 1);
      // No process renews it, as after a crash.
      clock.advance(29);
      const waiting = leases.find((_, n) => n !== second[0]);
      assert.equal(await waiting?.take('work', 30_000), false);
      clock.advance(1);
      assert.equal(await waiting?.take('work', 30_000), true);
      // A clock set back by more than the tolerance frees it.
      clock.advance(-3_600);
      assert.equal((await takers()).length, 1);
    });

    test('SingleUse separates kinds, and spends no expired value', async () => {
      const clock = new ManualClock(start);
      const use = new SingleUse(one, clock);
      await use.keep('state', 'same', 1, 1_000);
      assert.equal(await use.spend('handoff', 'same'), undefined);
      clock.advance(1);
      assert.equal(await use.spend('state', 'same'), undefined);
      assert.equal((await use.find('state', 'same'))?.usedAt, null);
    });

    test('SigningKeys: two processes agree on the first key; a successor is announced, signs and is retired', async () => {
      const clock = new ManualClock(start);
      const vault = new Vault(Buffer.alloc(32, 7));
      const ours = new SigningKeys('cis2', new StoredKeys(one, vault), clock);
      const theirs = new SigningKeys('cis2', new StoredKeys(two, vault), clock);
      await Promise.all([ours.ensure('ES256'), theirs.ensure('ES256')]);
      const first = await ours.jwks();
      assert.equal(first.keys.length, 1);
      assert.deepEqual(await theirs.jwks(), first);
      const kidOf = async (keys: SigningKeys) =>
        JSON.parse(
          Buffer.from(
            (await keys.sign({ a: 1 }, { algorithm: 'ES256' })).split('.')[0] ?? '',
            'base64url',
          ).toString(),
        ).kid;
      const before = await kidOf(ours);
      await ours.rotate('scheduled');
      theirs.forget();
      assert.equal((await theirs.jwks()).keys.length, 2);
      assert.equal(await kidOf(theirs), before);
      clock.advance(14 * 86_400 + 1);
      assert.notEqual(await kidOf(theirs), before);
      clock.advance(14 * 86_400 + 1);
      assert.equal((await ours.jwks()).keys.length, 1);
      assert.ok(await ours.publicKey(before));
      await ours.rotate('now');
      assert.notEqual(await kidOf(ours), before);
    });

    test('SigningKeys: the first key also signs, and is published, after the clock was set back before it', async () => {
      const clock = new ManualClock(start);
      const keys = new SigningKeys(
        'authorisation',
        new StoredKeys(one, new Vault(Buffer.alloc(32, 7))),
        clock,
      );
      await keys.ensure('ES256');
      clock.advance(-3_600);
      assert.ok(await keys.sign({ a: 1 }, { algorithm: 'ES256' }));
      assert.equal((await keys.jwks()).keys.length, 1);
    });

    test('SigningKeys announces one successor among all processes 14 days before the 90 days are over', async () => {
      const day = 86_400;
      const clock = new ManualClock(start);
      const vault = new Vault(Buffer.alloc(32, 7));
      const ours = new SigningKeys('mock', new StoredKeys(one, vault), clock);
      const theirs = new SigningKeys('mock', new StoredKeys(two, vault), clock);
      await ours.ensure('ES256');
      const both = () => Promise.all([ours.keepSchedule(), theirs.keepSchedule()]);
      const times = async () => {
        ours.forget();
        theirs.forget();
        return (await ours.describe()).map(({ announcedAt, signsFrom, signsUntil, removedAt }) =>
          [announcedAt, signsFrom, signsUntil, removedAt].map((at) =>
            at === null ? null : Math.round((at - start) / 1000 / day),
          ),
        );
      };
      clock.advance(76 * day - 1);
      await both();
      assert.deepEqual(await times(), [[0, 0, null, null]]);
      clock.advance(1);
      await both();
      await both();
      const announced = [
        [0, 0, 90, 104],
        [76, 90, null, null],
      ];
      assert.deepEqual(await times(), announced);
      assert.equal((await theirs.jwks()).keys.length, 2);
      clock.advance(60 * day);
      await both();
      assert.deepEqual(await times(), announced);
      // If no process ran for a year, the key signs until its successor was announced for long enough.
      clock.advance(365 * day);
      await theirs.sign({ a: 1 }, { algorithm: 'ES256' });
      await both();
      assert.deepEqual((await times())[1], [76, 90, 515, 529]);
      assert.deepEqual((await times())[2], [501, 515, null, null]);
    });

    test('events are linked to journeys by shared values', async () => {
      const store = new StoredEvents(one);
      const recorder = new EventRecorder(new ManualClock(start), store);
      recorder.record({ keys: ['state-1'], from: 'browser', to: 'authorisation', name: 'a' });
      recorder.record({ keys: ['other'], from: 'browser', to: 'authorisation', name: 'x' });
      await recorder.flush();
      const elsewhere = new EventRecorder(new ManualClock(start), new StoredEvents(two));
      elsewhere.record({ keys: ['code-9', 'state-1'], from: 'authorisation', to: 'cis2', name: 'b' });
      await elsewhere.flush();
      recorder.record({ keys: ['code-9'], from: 'cis2', to: 'browser', name: 'c' });
      await recorder.flush();
      const all = await store.list();
      const journey = all.find((event) => event.name === 'a')?.journey;
      assert.deepEqual(
        (await store.list({ journey })).map((event) => event.name),
        ['a', 'b', 'c'],
      );
      assert.deepEqual(
        all.map((event) => event.seq),
        all.map((event) => event.seq).sort((a, b) => a - b),
      );
    });

    test('the first known value links an event, wherever the others were seen', async () => {
      const store = new StoredEvents(one);
      const recorder = new EventRecorder(new ManualClock(start), store);
      const arrow = (name: string, ...keys: string[]) =>
        recorder.record({ keys, from: 'cis2', to: 'cis', name });
      arrow('journey', 'message-7');
      await recorder.flush();
      // One batch: the session is first seen in it, the message was stored before.
      arrow('desk', 'session-7');
      arrow('proof', 'message-7', 'session-7');
      await recorder.flush();
      const elsewhere = new EventRecorder(new ManualClock(start), new StoredEvents(two));
      elsewhere.record({ keys: ['message-8'], from: 'cis2', to: 'cis', name: 'another' });
      await elsewhere.flush();
      arrow('proof of another', 'message-8', 'session-7');
      await recorder.flush();
      const all = await store.list();
      const journey = (name: string) => all.find((event) => event.name === name)?.journey;
      assert.equal(journey('proof'), journey('journey'));
      assert.notEqual(journey('desk'), journey('journey'));
      assert.equal(journey('proof of another'), journey('another'));
    });

    test('old events, events above the limit, and links of empty journeys are removed', async () => {
      const clock = new ManualClock(start + 1_000_000);
      const store = new StoredEvents(one);
      for (const table of ['event_block', 'journey_block']) await one.run(sql(`DELETE FROM ${table}`));
      const recorder = new EventRecorder(clock, store);
      const record = async (name: string, ...keys: string[]) => {
        recorder.record({ keys, from: 'browser', to: 'cis2', name });
        await recorder.flush();
        clock.advance(10);
      };
      await record('old', 'gone');
      await record('long', 'lasting');
      const border = clock.now();
      await record('long again', 'lasting', 'later');
      await record('new', 'fresh');
      const names = async () => (await store.list()).map(({ name }) => name);
      const links = async () =>
        Number(
          (
            await one.get<{ n: number }>(
              sql(
                'SELECT COUNT(*) AS n FROM journey_link WHERE value IN (?, ?, ?, ?)',
                ...['gone', 'lasting', 'later', 'fresh'].map(sha256),
              ),
            )
          )?.n,
        );
      assert.equal(await links(), 4);
      assert.equal(await store.sweep(border), false);
      assert.deepEqual(await names(), ['long again', 'new']);
      assert.equal(await links(), 3);
      await store.sweep(border, 1);
      assert.deepEqual([await names(), await links()], [['new'], 1]);
    });

    test('another process learns of a change within a second', async () => {
      const heard = new Promise<string>((resolve) => two.onForeignChange(() => resolve('heard')));
      one.onForeignChange(() => undefined);
      // The listening connection of PostgreSQL may not be ready, so this writes again, as a live system would.
      const pulse = setInterval(() => void new Settings(one).set('pulse', String(performance.now())), 100);
      assert.equal(await heard, 'heard');
      clearInterval(pulse);
    });

    test('the last write of an ending process is announced to the others', async () => {
      const ending = await subject.open();
      ending.onForeignChange(() => undefined);
      const heard = new Promise<string>((resolve) => one.onForeignChange(() => resolve('heard')));
      await new Settings(ending).set('last', 'word');
      await ending.close();
      assert.equal(await heard, 'heard');
    });

    test('a closed database opens nothing again, and reports this', async () => {
      const closed = await subject.open();
      await closed.close();
      await assert.rejects(closed.get(sql('SELECT 1 AS one')), /closed/);
      await assert.rejects(closed.run(sql("DELETE FROM setting WHERE name = 'none'")), StorageError);
      assert.deepEqual(await closed.healthy(), { ok: false, reason: 'The database is closed.' });
      await closed.close();
    });

    test('migrate refuses a newer schema', async () => {
      const settings = new Settings(one);
      const names = ['schema', 'schema.lowest'];
      const before = await Promise.all(names.map((name) => settings.get(name)));
      for (const name of names) await settings.set(name, '9999');
      await assert.rejects(subject.open(), /schema 9999/);
      for (const [index, name] of names.entries()) await settings.set(name, before[index] ?? '');
    });
  });
}

test('SQLite: writes wait while another process holds the lock for a moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-lock-'));
  const database = await openDatabase('', folder);
  const { DatabaseSync } = await import('node:sqlite');
  const other = new DatabaseSync(join(folder, 'alongside.db'));
  other.exec('BEGIN IMMEDIATE');
  const writing = database.run(sql("INSERT INTO organisation (code, name) VALUES ('L', 'x')"));
  // The event loop turns while the write waits: these timers could not fire otherwise.
  for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => setTimeout(resolve, 5));
  other.exec('COMMIT');
  other.close();
  assert.equal((await writing).changes, 1);
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

test('SQLite: only the owner can read the files, whatever the folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-mode-'));
  const database = await openDatabase('', folder);
  try {
    await database.run(sql("INSERT INTO organisation (code, name) VALUES ('L', 'x')"));
    const files = readdirSync(folder);
    assert.ok(files.length > 1);
    for (const file of files) assertMode(join(folder, file), 0o600);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('SQLite: an unreadable folder is reported in one sentence', async () => {
  await assert.rejects(openDatabase('sqlite:/dev/null/folder/alongside.db', ''), /cannot be opened/);
});
