import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { startPostgres, type TestPostgres } from '../../test/testing/postgres.ts';
import type { ChainHead } from './audit/entry.ts';
import { formerHash } from './audit/records.ts';
import { type AuditAction, type AuditEntry, AuditLog, type AuditOptions } from './audit.ts';
import { type Database, must, StatementError, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { bindMasterKey } from './master-key-check.ts';

interface Subject {
  open(): Promise<Database>;
  stop(): Promise<void>;
}

async function sqliteSubject(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-audit-'));
  return {
    open: () => openDatabase('', folder),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgresSubject(): Promise<Subject> {
  const server: TestPostgres = await startPostgres();
  const url = await server.create('audit');
  return { open: () => openDatabase(url, ''), stop: () => server.stop() };
}

const start = Date.parse('2026-03-02T09:00:00Z');
const minute = 60;
const day = 86_400;
const vault = new Vault(Buffer.alloc(32, 1));
const tables = ['audit', 'audit_record', 'audit_unsealed', 'audit_chain', 'setting_of_audit'];

type Entry = AuditEntry<'api.called' | 'patient.read'>;

const entry = (target: string, more: Partial<Entry> = {}): Entry => ({
  action: 'api.called',
  outcome: 'ok',
  actor: '656005750107',
  target,
  ...more,
});

for (const make of [sqliteSubject, postgresSubject]) {
  describe(`the audit log on ${make === sqliteSubject ? 'SQLite' : 'PostgreSQL'}`, () => {
    let subject: Subject;
    let one: Database;
    let two: Database;
    let clock: ManualClock;
    /** Heads in logged anchors. */
    let logged: ChainHead[];

    before(async () => {
      subject = await make();
      [one, two] = await Promise.all([subject.open(), subject.open()]);
    });
    after(async () => {
      await one?.close();
      await two?.close();
      await subject?.stop();
    });
    beforeEach(async () => {
      clock = new ManualClock(start);
      logged = [];
      await one.batch([
        ...tables.slice(0, 4).map((table) => sql(`DELETE FROM ${table}`)),
        sql("DELETE FROM setting WHERE name LIKE 'audit.%'"),
      ]);
    });

    const anchorLog = {
      ...silentLog,
      info: ({ heads }: Record<string, unknown>) => void logged.push(...(heads as ChainHead[])),
    };
    const logOf = (database: Database, options: AuditOptions = {}, key = vault) =>
      new AuditLog(database, clock, key, { anchorLog, ...options });
    const targets = async (log: AuditLog) => (await log.list()).map(({ target }) => target);
    const writeMany = async (log: AuditLog, count: number, prefix: string) => {
      for (let n = 1; n <= count; n++) await log.recordAlone(entry(`${prefix}${n}`));
    };
    const chainOf = async (log: AuditLog, target: string) =>
      (await log.list()).find((record) => record.target === target)?.chain ?? '';

    test('keeps one chain for each process, and both verify', async () => {
      const logs = [logOf(one), logOf(two)];
      await Promise.all(Array.from({ length: 40 }, (_, n) => logs[n % 2]?.recordAlone(entry(String(n)))));
      const records = (await logs[0]?.list()) ?? [];
      assert.equal(records.length, 40);
      assert.equal(new Set(records.map(({ chain }) => chain)).size, 2);
      for (const chain of new Set(records.map((record) => record.chain)))
        assert.deepEqual(
          records.filter((record) => record.chain === chain).map(({ chainSeq }) => chainSeq),
          Array.from({ length: 20 }, (_, n) => n + 1),
        );
      assert.deepEqual(await logs[1]?.verify(), { chains: 2, records: 40, unsealed: 0 });
    });

    test('seals the record of a batch only if the batch is committed', async () => {
      const log = logOf(one);
      const add = (code: string, condition = true) =>
        one.batch([
          sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, 'A'),
          log.recordStatement(entry(code)),
          ...(condition ? [] : [must(sql("DELETE FROM organisation WHERE code = 'nobody'"))]),
        ]);
      const suffix = make === sqliteSubject ? 'S' : 'P';
      await add(`X1${suffix}`);
      assert.equal((await add(`X2${suffix}`, false)).done, false);
      await assert.rejects(add(`X1${suffix}`), StatementError);
      await log.recordAlone(entry('read'));
      await add(`X3${suffix}`);
      assert.deepEqual((await targets(log)).sort(), [`X1${suffix}`, `X3${suffix}`, 'read']);
      assert.deepEqual(await log.verify(), { chains: 1, records: 3, unsealed: 0 });
    });

    test('seals the record of a batch within a second by itself', async () => {
      const log = logOf(one);
      await one.batch([log.recordStatement(entry('alone'))]);
      const sealed = () => two.get(sql('SELECT id FROM audit_record'));
      for (const end = performance.now() + 5_000; !(await sealed()) && performance.now() < end; )
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(await sealed());
    });

    test('rejects a write that storage refuses, and continues without a gap', async () => {
      const log = logOf(one);
      await log.recordAlone(entry('before'));
      await one.run(sql('ALTER TABLE audit_chain RENAME TO audit_chain_away'));
      await assert.rejects(log.recordAlone(entry('lost')), StatementError);
      await one.run(sql('ALTER TABLE audit_chain_away RENAME TO audit_chain'));
      await log.recordAlone(entry('after'));
      assert.deepEqual(await targets(log), ['before', 'after']);
      assert.deepEqual(await log.verify(), { chains: 1, records: 2, unsealed: 0 });
    });

    test('adopts unsealed records of a killed process', async () => {
      const killed = logOf(one);
      await one.batch([killed.recordStatement(entry('last act'))]);
      const survivor = logOf(two);
      await survivor.tick();
      assert.deepEqual(await targets(survivor), []);
      await survivor.tick();
      assert.deepEqual((await targets(survivor)).filter(Boolean), ['last act']);
      // A process that was only slow continues in another chain.
      await killed.recordAlone(entry('alive'));
      await one.batch([killed.recordStatement(entry('another'))]);
      assert.deepEqual((await targets(killed)).filter(Boolean).sort(), ['alive', 'another', 'last act']);
      assert.equal((await survivor.verify()).problem, undefined);
    });

    test('refuses to seal an entry that was written without the key', async () => {
      const log = logOf(one);
      await log.recordAlone(entry('first'));
      const chain = await chainOf(log, 'first');
      const forged = JSON.stringify({ at: start, action: 'reset', outcome: 'ok', actor: 'x' });
      await two.run(
        sql('INSERT INTO audit_unsealed (chain, entry, mac) VALUES (?, ?, ?)', chain, forged, 'x'),
      );
      await one.batch([log.recordStatement(entry('changed'))]);
      await two.run(sql('UPDATE audit_unsealed SET entry = ? WHERE mac <> ?', forged, 'x'));
      assert.deepEqual(
        (await log.list()).map(({ action }) => action),
        ['api.called', 'audit.entry-rejected', 'audit.entry-rejected'],
      );
    });

    describe('verify', () => {
      const set = (column: string, value: string) => (chain: string) => [
        sql(`UPDATE audit_record SET ${column} = '${value}' WHERE chain = ? AND seq = 3`, chain),
      ];
      const insertCopy = (seq: string, chain: string, to: string) =>
        sql(
          `INSERT INTO audit_record (chain, seq, at, action, outcome, actor, application, subject, body, previous, mac)
           SELECT ?, ${seq}, at, action, outcome, actor, application, subject, body, previous, mac
           FROM audit_record WHERE chain = ? AND seq = 3`,
          to,
          chain,
        );
      const cutTail = (chain: string) => sql('DELETE FROM audit_record WHERE chain = ? AND seq > 3', chain);
      const recount = (chain: string) =>
        sql(
          'UPDATE audit_chain SET seq = 3, mac = (SELECT mac FROM audit_record WHERE chain = ? AND seq = 3) WHERE chain = ?',
          chain,
          chain,
        );
      // Attacks by someone with access to the database on a chain of five records, and the result of verify.
      const attacks: [
        name: string,
        attack: (chain: string, other: string) => ReturnType<typeof sql>[],
        problem: string,
        seq: number,
      ][] = [
        ['a changed body', set('body', '{}'), 'changed', 3],
        ['a changed actor', set('actor', 'somebody else'), 'changed', 3],
        ['a changed outcome', set('outcome', 'refused'), 'changed', 3],
        [
          'a changed time',
          (chain) => [sql('UPDATE audit_record SET at = at + 1 WHERE chain = ? AND seq = 3', chain)],
          'changed',
          3,
        ],
        [
          'two swapped records',
          (chain) => [
            sql('UPDATE audit_record SET seq = 99 WHERE chain = ? AND seq = 3', chain),
            sql('UPDATE audit_record SET seq = 3 WHERE chain = ? AND seq = 4', chain),
            sql('UPDATE audit_record SET seq = 4 WHERE chain = ? AND seq = 99', chain),
          ],
          'changed',
          3,
        ],
        [
          'a dropped record',
          (chain) => [sql('DELETE FROM audit_record WHERE chain = ? AND seq = 3', chain)],
          'missing',
          3,
        ],
        [
          'a dropped record whose followers move up',
          (chain) => [
            sql('DELETE FROM audit_record WHERE chain = ? AND seq = 3', chain),
            sql('UPDATE audit_record SET seq = 3 WHERE chain = ? AND seq = 4', chain),
            sql('UPDATE audit_record SET seq = 4 WHERE chain = ? AND seq = 5', chain),
          ],
          'changed',
          3,
        ],
        ['an appended record', (chain) => [insertCopy('6', chain, chain)], 'appended', 6],
        ['a chain that nobody counted', (chain) => [insertCopy('1', chain, 'invented')], 'appended', 1],
        [
          'a record of another chain',
          (chain, other) => [
            sql('DELETE FROM audit_record WHERE chain = ? AND seq = 3', chain),
            insertCopy('3', other, chain),
          ],
          'changed',
          3,
        ],
        ['a cut tail', (chain) => [cutTail(chain)], 'cut', 4],
        ['a cut tail with its count', (chain) => [cutTail(chain), recount(chain)], 'cut', 4],
        [
          'a deleted beginning that no retention record names',
          (chain) => [
            sql('DELETE FROM audit_record WHERE chain = ? AND seq <= 2', chain),
            sql('UPDATE audit_chain SET deleted = 2 WHERE chain = ?', chain),
          ],
          'deleted',
          2,
        ],
        [
          'a chain that was removed with its count',
          (chain) => [
            sql('DELETE FROM audit_record WHERE chain = ?', chain),
            sql('DELETE FROM audit_chain WHERE chain = ?', chain),
          ],
          'cut',
          1,
        ],
      ];
      for (const [name, attack, problem, seq] of attacks) {
        test(`names ${name}`, async () => {
          const log = logOf(one);
          const other = logOf(two);
          await writeMany(log, 5, 'a');
          await writeMany(other, 5, 'b');
          await other.tick();
          assert.equal((await other.verify()).problem, undefined);
          const chain = await chainOf(log, 'a1');
          await one.batch(attack(chain, await chainOf(log, 'b1')));
          const found = (await other.verify()).problem;
          assert.deepEqual(found, {
            chain: name.includes('nobody counted') ? 'invented' : chain,
            seq,
            problem,
          });
        });
      }

      test('names the wrong key', async () => {
        const log = logOf(one);
        await writeMany(log, 2, 'a');
        await bindMasterKey(one, vault);
        const { problem } = await logOf(two, {}, new Vault(Buffer.alloc(32, 2))).verify();
        assert.equal(problem?.problem, 'wrong-key');
        await one.run(sql("DELETE FROM setting WHERE name = 'installation'"));
        const unnoted = await logOf(two, {}, new Vault(Buffer.alloc(32, 2))).verify();
        assert.equal(unnoted.problem?.problem, 'changed');
      });

      test('shows with exported anchors that someone with the key rewrote records', async () => {
        const log = logOf(one);
        await writeMany(log, 3, 'a');
        await log.tick();
        const shipped = [...logged];
        assert.deepEqual(
          shipped.map(([, seq]) => seq),
          [3],
        );
        // Rewrites the whole log with the real key, which the database alone does not reveal.
        await one.batch(['audit_record', 'audit_chain'].map((table) => sql(`DELETE FROM ${table}`)));
        const rewritten = logOf(two);
        await writeMany(rewritten, 3, 'z');
        assert.equal((await rewritten.verify()).problem, undefined);
        const { problem } = await rewritten.verify({ anchors: shipped });
        assert.equal(problem?.problem, 'cut');
        assert.equal(problem?.chain, shipped[0]?.[0]);
      });

      test('reads only the records of a period, and the records that they continue', async () => {
        const log = logOf(one);
        await writeMany(log, 2, 'old');
        clock.advance(day);
        await writeMany(log, 2, 'new');
        clock.advance(day);
        await writeMany(log, 1, 'last');
        const chain = await chainOf(log, 'new1');
        const range = { from: start + 1_000 * day, to: start + 2_000 * day };
        assert.deepEqual(await log.verify(range), { chains: 1, records: 2, unsealed: 0 });
        await one.run(sql("UPDATE audit_record SET body = '{}' WHERE chain = ? AND seq = 1", chain));
        assert.equal((await log.verify(range)).problem, undefined);
        await one.run(sql("UPDATE audit_record SET mac = 'x' WHERE chain = ? AND seq = 2", chain));
        assert.deepEqual((await log.verify(range)).problem, { chain, seq: 3, problem: 'not-linked' });
        await one.run(sql('DELETE FROM audit_record WHERE chain = ? AND seq = 5', chain));
        assert.equal((await log.verify({ from: start + 2_000 * day })).records, 0);
      });
    });

    test('anchors each chain that has grown, once a minute in all processes', async () => {
      const logs = [logOf(one), logOf(two)] as const;
      await writeMany(logs[0], 2, 'a');
      await writeMany(logs[1], 1, 'b');
      await Promise.all(logs.map((log) => log.tick()));
      const anchors = async () =>
        (await logs[0].list())
          .concat(await logs[1].list(9e9))
          .filter(({ action }) => action === 'audit.anchored');
      await logs[1].list();
      assert.equal((await anchors()).length, 1);
      assert.deepEqual(logged.map(([, seq]) => seq).sort(), [1, 2]);
      for (const log of logs) await log.list();
      clock.advance(minute);
      await Promise.all(logs.map((log) => log.tick()));
      assert.equal((await anchors()).length, 1, 'nothing has grown but by the anchor');
      await writeMany(logs[1], 1, 'c');
      clock.advance(minute);
      await logs[0].tick();
      assert.equal((await anchors()).length, 2);
      assert.equal((await logs[0].verify()).problem, undefined);
    });

    test('deletes records after the retention period, and the rest verifies', async () => {
      const log = logOf(one, { retentionDays: 30 });
      const ended = logOf(two);
      await writeMany(ended, 2, 'ended');
      await ended.close();
      await writeMany(log, 2, 'old');
      await log.tick();
      clock.advance(29 * day);
      await writeMany(log, 2, 'young');
      await log.tick();
      assert.equal((await log.list()).filter(({ target }) => target.startsWith('old')).length, 2);
      for (let n = 0; n < 3; n++) {
        clock.advance(2 * day);
        await log.tick();
        assert.equal((await log.verify()).problem, undefined);
      }
      const left = (await targets(log)).filter(Boolean);
      assert.deepEqual(left, ['young1', 'young2']);
      clock.advance(60 * day);
      await log.tick();
      assert.equal((await log.verify()).problem, undefined);
      assert.ok((await log.list()).some(({ action }) => action === 'audit.retained'));
      await one.run(sql("DELETE FROM audit_record WHERE action = 'audit.retained'"));
      assert.ok((await log.verify()).problem);
    });

    test('sums refusals of unauthenticated callers by network and minute', async () => {
      const log = logOf(one);
      for (let n = 0; n < 500; n++)
        log.countUnproven('gateway', n % 2 ? '192.0.2.1' : `2001:db8::${n.toString(16)}`);
      assert.deepEqual(await log.list(), []);
      clock.advance(minute);
      await log.tick();
      const sums = (await log.list()).filter(({ action }) => action === 'unproven.refused');
      assert.deepEqual(
        sums.map(({ target, address, detail }) => [target, address, detail.count]),
        [
          ['gateway', '2001:db8:0:0::/64', 250],
          ['gateway', '192.0.2.1', 250],
        ],
      );
    });

    test('finds records by each filter, in pages', async () => {
      const log = logOf(one);
      const nhsNumber = '9000000009';
      await log.recordAlone(
        entry('p1', { action: 'patient.read', subject: nhsNumber, application: 'app-1' }),
      );
      clock.advance(minute);
      await log.recordAlone(entry('p2', { action: 'patient.read', subject: '9000000017', actor: 'other' }));
      clock.advance(minute);
      await log.recordAlone(entry('p3', { outcome: 'refused', application: 'app-1' }));
      const found = async (filter: Parameters<AuditLog['search']>[0]) =>
        (await log.search(filter)).map(({ target }) => target).join(' ');
      assert.equal(await found({ subject: log.subjectOf(nhsNumber) }), 'p1');
      assert.equal(await found({ application: 'app-1' }), 'p1 p3');
      assert.equal(await found({ actor: 'other' }), 'p2');
      assert.equal(await found({ action: 'patient.read' }), 'p1 p2');
      assert.equal(await found({ outcome: 'refused' }), 'p3');
      assert.equal(await found({ from: start + 1_000 * minute, to: start + 2_000 * minute }), 'p2');
      const [first] = await log.search({ limit: 1 });
      assert.equal(await found({ since: first?.seq ?? 0, limit: 1 }), 'p2');
      assert.ok(!JSON.stringify(await log.list()).includes(nhsNumber));
      const stored = await one.all(sql('SELECT * FROM audit_record'));
      assert.ok(!JSON.stringify(stored).includes(nhsNumber));
      assert.equal(await log.openSubject(first?.seq ?? 0), nhsNumber);
    });

    test('keeps, numbers, anchors and verifies the records of the former chain', async () => {
      let previous = '';
      for (let seq = 1; seq <= 3; seq++) {
        const row = {
          ...{ seq, at: new Date(start).toISOString(), actor: 'a', action: 'b', target: `t${seq}` },
          ...{ application: '', outcome: 'ok', detail: '{}', previous },
        };
        previous = formerHash({ ...row, hash: '' });
        await one.run(
          sql(
            `INSERT INTO audit (seq, at, actor, action, target, application, outcome, detail, previous, hash)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            ...[...Object.values(row), previous],
          ),
        );
      }
      await one.run(
        sql(
          "INSERT INTO audit_chain (chain, started_at, seq, mac, closed_at) SELECT 'former', 0, seq, hash, 0 FROM audit WHERE seq = 3",
        ),
      );
      const log = logOf(one);
      await log.recordAlone(entry('new'));
      assert.deepEqual(await targets(log), ['t1', 't2', 't3', 'new']);
      await log.tick();
      assert.ok(logged.some(([chain, seq]) => chain === 'former' && seq === 3));
      assert.equal((await log.verify()).problem, undefined);
      await one.run(sql("UPDATE audit SET target = 'forged' WHERE seq = 2"));
      assert.deepEqual((await log.verify()).problem, { chain: 'former', seq: 2, problem: 'changed' });
    });
  });
}

test('the types let no act be recorded outside its batch', () => {
  const act = { outcome: 'ok', actor: 'console', target: 'p' } as const;
  // Compiled and never called.
  const refusedByTypes = (log: AuditLog) => [
    // @ts-expect-error An act that writes to the database needs `recordStatement`.
    log.recordAlone({ ...act, action: 'product.created' }),
    // @ts-expect-error The same where the action is a variable.
    log.recordAlone({ ...act, action: 'product.created' as AuditAction }),
    log.recordAlone({ ...act, action: 'product.created', outcome: 'refused' }),
    log.recordAlone({ ...act, action: 'state.exported' }),
  ];
  assert.equal(refusedByTypes.length, 1);
});
