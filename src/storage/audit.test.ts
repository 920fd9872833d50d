import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { dialects, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type ChainHead, encodeEntry } from './audit/entry.ts';
import { formerHash } from './audit/records.ts';
import { blocksRemovedAtOnce } from './audit/retention.ts';
import { AuditSeal } from './audit/seal.ts';
import { type AuditAction, type AuditEntry, AuditLog, type AuditOptions } from './audit.ts';
import { insertStatement } from './batches.ts';
import { type Database, must, type Statement, StatementError, sql } from './database.ts';
import { connectDatabase, openDatabase } from './dialects.ts';
import { bindMasterKey } from './master-key-check.ts';
import { migrate, migrations } from './migrations.ts';

interface Subject {
  open(): Promise<Database>;
  /** Connects to an empty database. */
  create(): Promise<Database>;
  stop(): Promise<void>;
}

async function sqliteSubject(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-audit-'));
  return {
    open: () => openDatabase('', folder),
    create: () => connectDatabase(':memory:', ''),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function postgresSubject(): Promise<Subject> {
  const server: TestDatabases = await sharePostgres();
  const url = await server.create('audit');
  return {
    open: () => openDatabase(url, ''),
    create: async () => connectDatabase(await server.create('old'), ''),
    stop: () => server.stop(),
  };
}

const start = Date.parse('2026-03-02T09:00:00Z');
const minute = 60;
const day = 86_400;
const vault = new Vault(Buffer.alloc(32, 1));
const tables = ['audit', 'audit_block', 'audit_term', 'audit_unsealed', 'audit_chain'];

type Entry = AuditEntry<'api.called' | 'patient.read'>;

const entry = (target: string, more: Partial<Entry> = {}): Entry => ({
  action: 'api.called',
  outcome: 'ok',
  actor: '656005750107',
  target,
  ...more,
});

for (const make of dialects(sqliteSubject, postgresSubject)) {
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
        ...tables.map((table) => sql(`DELETE FROM ${table}`)),
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

    // On PostgreSQL, what arrives during a commit is one group in any case.
    if (make === sqliteSubject)
      test('waits for the callers that an fsync has released, so that their records are one group', async (t) => {
        // The wait ends by the last record, never by time.
        t.mock.timers.enable({ apis: ['setTimeout'] });
        const log = logOf(one);
        const groups = async () => (await one.all(sql('SELECT last FROM audit_block'))).length;
        const answer = async (name: string) => {
          await log.recordAlone(entry(name));
          await one.durable();
        };
        await Promise.all(['1', '2', '3', '4'].map(answer));
        const others = ['5', '6', '7'].map(answer);
        for (let n = 0; n < 5; n++) await setImmediate();
        assert.equal(await groups(), 1);
        await Promise.all([...others, answer('8')]);
        assert.equal(await groups(), 2);
        t.mock.timers.reset();
        assert.deepEqual(await log.verify(), { chains: 1, records: 8, unsealed: 0 });
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

    test('seals the record of a batch by itself', { timeout: 60_000 }, async () => {
      const log = logOf(one);
      await one.batch([log.recordStatement(entry('alone'))]);
      const sealed = () => two.get(sql('SELECT last FROM audit_block'));
      while (!(await sealed())) await setImmediate();
    });

    if (make === sqliteSubject) {
      test('seals the records of all batches of a transaction inside it, in one block', async () => {
        const log = logOf(one);
        await Promise.all(['1', '2', '3'].map((target) => one.batch([log.recordStatement(entry(target))])));
        const blocks = await two.all<{ seq: number }>(sql('SELECT seq FROM audit_block'));
        assert.deepEqual(
          blocks.map(({ seq }) => seq),
          [3],
        );
        assert.deepEqual(await two.all(sql('SELECT id FROM audit_unsealed')), []);
        assert.deepEqual(await log.verify(), { chains: 1, records: 3, unsealed: 0 });
      });

      test('refuses an act whose record cannot be sealed, and commits those without one', async () => {
        const log = logOf(one);
        const add = (code: string, ...more: readonly Statement[]) =>
          one.batch([sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, 'A'), ...more]);
        await one.run(sql('ALTER TABLE audit_block RENAME TO audit_block_away'));
        const [act, other] = await Promise.allSettled([
          add('Y1', log.recordStatement(entry('Y1'))),
          add('Y2'),
        ]);
        await one.run(sql('ALTER TABLE audit_block_away RENAME TO audit_block'));
        assert.deepEqual([act.status, other.status], ['rejected', 'fulfilled']);
        const found = await two.all<{ code: string }>(
          sql("SELECT code FROM organisation WHERE code IN ('Y1', 'Y2')"),
        );
        assert.deepEqual(
          found.map(({ code }) => code),
          ['Y2'],
        );
        await add('Y3', log.recordStatement(entry('Y3')));
        assert.deepEqual(await log.verify(), { chains: 1, records: 1, unsealed: 0 });
      });
    }

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

    /** Writes a record of an act that waits for its seal, as on PostgreSQL, and as earlier versions did on SQLite. */
    const leave = async (log: AuditLog, target: string): Promise<void> => {
      if (make === postgresSubject) {
        await one.batch([log.recordStatement(entry(target))]);
        return;
      }
      const text = JSON.stringify(encodeEntry(entry(target), start, undefined));
      const mac = new AuditSeal(vault).entryMac('former', text);
      await one.run(sql("INSERT INTO audit_unsealed (chain, entry, mac) VALUES ('former', ?, ?)", text, mac));
    };

    test('adopts unsealed records of a killed process', async () => {
      const killed = logOf(one);
      await leave(killed, 'last act');
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
      await leave(log, 'changed');
      await two.run(sql('UPDATE audit_unsealed SET entry = ? WHERE mac <> ?', forged, 'x'));
      // On SQLite, only regular work looks for entries that wait.
      for (let n = 0; n < 2; n++) await log.tick();
      assert.deepEqual(
        (await log.list()).map(({ action }) => action).filter((action) => action !== 'audit.anchored'),
        ['api.called', 'audit.entry-rejected', 'audit.entry-rejected'],
      );
    });

    describe('verify', () => {
      const change = (from: string, to: string, chain: string) =>
        sql('UPDATE audit_block SET records = REPLACE(records, ?, ?) WHERE chain = ?', from, to, chain);
      const addBlock = (chain: string, seq: number, line: string) =>
        sql(
          `INSERT INTO audit_block (last, chain, seq, at, records) VALUES ((SELECT MAX(last) + 1 FROM audit_block), ?, ?, ?, ?)`,
          chain,
          seq,
          start,
          line,
        );
      /** The chain, its five lines, which are one block, and those of another one. */
      type Attacked = { chain: string; lines: string[]; others: string[] };
      const put = ({ chain }: Attacked, lines: readonly (string | undefined)[]) =>
        sql('UPDATE audit_block SET records = ? WHERE chain = ?', lines.join('\n'), chain);
      const edit = (from: string, to: string) => (attacked: Attacked) => [
        put(
          attacked,
          attacked.lines.map((line, n) => (n === 2 ? line.replace(from, to) : line)),
        ),
      ];
      // Attacks by someone with access to the database on a chain of five records, and the result of verify.
      const attacks: [
        name: string,
        attack: (attacked: Attacked) => ReturnType<typeof sql>[],
        problem: string,
        seq: number,
      ][] = [
        ['a changed body', edit('a3', 'a9'), 'changed', 3],
        ['a changed actor', edit('656005750107', '656005750108'), 'changed', 3],
        ['a changed outcome', edit('"ok"', '"refused"'), 'changed', 3],
        ['a changed time', edit(String(start), String(start + 1)), 'changed', 3],
        ['a changed number', edit(',3,', ',9,'), 'changed', 3],
        ['an illegible record', edit('[', '('), 'changed', 3],
        [
          'two swapped records',
          (attacked) => [
            put(
              attacked,
              [0, 1, 3, 2, 4].map((n) => attacked.lines[n]),
            ),
          ],
          'changed',
          3,
        ],
        ['a dropped record', (attacked) => [put(attacked, attacked.lines.toSpliced(2, 1))], 'missing', 3],
        [
          'a dropped record whose followers move up',
          (attacked) => [
            put(
              attacked,
              attacked.lines.toSpliced(2, 1).map((line) => line.replace(',4,', ',3,').replace(',5,', ',4,')),
            ),
          ],
          'changed',
          3,
        ],
        ['an appended record', ({ chain, lines }) => [addBlock(chain, 6, lines[2] ?? '')], 'appended', 6],
        [
          'a record that was appended to its block',
          (attacked) => [put(attacked, [...attacked.lines, attacked.lines[2]])],
          'changed',
          6,
        ],
        [
          'a chain that nobody counted',
          ({ lines }) => [addBlock('invented', 1, lines[2] ?? '')],
          'appended',
          1,
        ],
        [
          'a record of another chain',
          (attacked) => [put(attacked, attacked.lines.with(2, attacked.others[2] ?? ''))],
          'changed',
          3,
        ],
        ['a cut tail', (attacked) => [put(attacked, attacked.lines.slice(0, 3))], 'cut', 4],
        [
          'a cut tail with its count',
          (attacked) => [
            put(attacked, attacked.lines.slice(0, 3)),
            sql('UPDATE audit_block SET seq = 3 WHERE chain = ?', attacked.chain),
            sql(
              'UPDATE audit_chain SET seq = 3, mac = ? WHERE chain = ?',
              attacked.lines[2]?.slice(0, 43) ?? '',
              attacked.chain,
            ),
          ],
          'cut',
          4,
        ],
        [
          'a deleted beginning that no retention record names',
          (attacked) => [
            put(attacked, attacked.lines.slice(2)),
            sql('UPDATE audit_chain SET deleted = 2 WHERE chain = ?', attacked.chain),
          ],
          'deleted',
          2,
        ],
        [
          'a chain that was removed with its count',
          ({ chain }) => [
            sql('DELETE FROM audit_block WHERE chain = ?', chain),
            sql('DELETE FROM audit_chain WHERE chain = ?', chain),
          ],
          'cut',
          1,
        ],
        [
          'a block that a search by actor no longer finds',
          ({ chain }) => [
            sql(
              "DELETE FROM audit_term WHERE term LIKE 'actor %' AND block IN (SELECT last FROM audit_block WHERE chain = ?)",
              chain,
            ),
          ],
          'changed',
          1,
        ],
        [
          'a block that a search by time no longer finds',
          ({ chain }) => [sql('UPDATE audit_block SET at = at + 1000 WHERE chain = ?', chain)],
          'changed',
          1,
        ],
      ];
      for (const [name, attack, problem, seq] of attacks) {
        test(`names ${name}`, async () => {
          const log = logOf(one);
          const other = logOf(two);
          await Promise.all([1, 2, 3, 4, 5].map((n) => log.recordAlone(entry(`a${n}`))));
          await writeMany(other, 5, 'b');
          await other.tick();
          assert.equal((await other.verify()).problem, undefined);
          const [chain, another] = [await chainOf(log, 'a1'), await chainOf(log, 'b1')];
          const linesOf = async (name: string) =>
            (
              await one.all<{ records: string }>(
                sql('SELECT records FROM audit_block WHERE chain = ? ORDER BY seq', name),
              )
            ).flatMap(({ records }) => records.split('\n'));
          const lines = await linesOf(chain);
          assert.equal(lines.length, 5);
          await one.batch(attack({ chain, lines, others: await linesOf(another) }));
          const found = (await other.verify()).problem;
          assert.deepEqual(found, {
            chain: name.includes('nobody counted') ? 'invented' : chain,
            seq,
            problem,
          });
        });
      }

      test('names records whose blocks were swapped or dropped', async () => {
        const log = logOf(one);
        await writeMany(log, 5, 'a');
        const chain = await chainOf(log, 'a1');
        const move = (from: number, to: number) =>
          sql('UPDATE audit_block SET seq = ? WHERE chain = ? AND seq = ?', to, chain, from);
        await one.batch([move(3, 99), move(4, 3), move(99, 4)]);
        assert.deepEqual((await log.verify()).problem, { chain, seq: 3, problem: 'changed' });
        await one.run(sql('DELETE FROM audit_block WHERE chain = ? AND seq = 4', chain));
        assert.deepEqual((await log.verify()).problem, { chain, seq: 3, problem: 'missing' });
      });

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
        await one.batch(
          ['audit_block', 'audit_chain', 'setting'].map((table) => sql(`DELETE FROM ${table}`)),
        );
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
        await one.run(change('old1', 'x', chain));
        assert.equal((await log.verify(range)).problem, undefined);
        await one.run(
          sql(
            "UPDATE audit_block SET records = CASE WHEN records LIKE 'x%' THEN 'y' ELSE 'x' END || SUBSTR(records, 2) WHERE chain = ? AND seq = 2",
            chain,
          ),
        );
        assert.deepEqual((await log.verify(range)).problem, { chain, seq: 3, problem: 'not-linked' });
        await one.run(sql('DELETE FROM audit_block WHERE chain = ? AND seq = 5', chain));
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
      await one.run(sql("DELETE FROM audit_block WHERE records LIKE '%audit.retained%'"));
      assert.ok((await log.verify()).problem);
    });

    describe('deletes records in two steps, and', () => {
      const due = async (records: number) => {
        const log = logOf(one, { retentionDays: 30 });
        await writeMany(log, records, 'old');
        clock.advance(60 * day);
        await writeMany(log, 2, 'young');
        return log;
      };

      test('removes few rows in each batch', async (t) => {
        const log = await due(2 * blocksRemovedAtOnce + 20);
        const chain = await chainOf(log, 'old1');
        await log.maintain();
        const batch = t.mock.method(one, 'batch');
        assert.equal(await log.sweep(), false);
        const removed = await Promise.all(batch.mock.calls.map(({ result }) => result));
        const changes = removed.map((done) => done?.results.map((result) => result.changes));
        assert.deepEqual(changes, [
          [blocksRemovedAtOnce, blocksRemovedAtOnce],
          [blocksRemovedAtOnce, blocksRemovedAtOnce],
          [20, 20],
        ]);
        const left = await log.list();
        assert.deepEqual(
          left
            .filter(({ chain: its }) => its === chain)
            .map(({ target }) => target)
            .slice(0, 2),
          ['young1', 'young2'],
        );
        assert.equal(await log.sweep(), false);
        assert.equal(batch.mock.callCount(), 3, 'no batch without rows to remove');
      });

      test('counts what an interrupted process has left as deleted, and removes it in the next round', async () => {
        const log = await due(3);
        await log.maintain();
        const { records, problem } = await log.verify();
        assert.deepEqual([problem, (await log.extent()).records], [undefined, records]);
        assert.equal((await targets(log)).filter((target) => target.startsWith('old')).length, 3);
        // Also without the option, which another start may lack.
        const next = logOf(two);
        await next.tick();
        assert.equal((await targets(next)).filter((target) => target.startsWith('old')).length, 0);
        assert.equal((await next.verify()).problem, undefined);
        const left = sql(
          'SELECT last FROM audit_block AS block JOIN audit_chain AS counted ON counted.chain = block.chain AND block.seq <= deleted',
        );
        assert.deepEqual(await one.all(left), []);
      });

      test('verifies nothing up to the last deleted record, and everything after it', async () => {
        const log = await due(3);
        const chain = await chainOf(log, 'old1');
        await log.maintain();
        const period = { from: start - 1_000, to: start + 1_000 };
        assert.deepEqual(
          [(await log.verify(period)).problem, (await log.verify(period)).records],
          [undefined, 0],
        );
        await one.run(sql("UPDATE audit_block SET records = 'x' WHERE chain = ? AND seq = 1", chain));
        await one.run(sql('DELETE FROM audit_block WHERE chain = ? AND seq IN (2, 3)', chain));
        for (const options of [{}, period]) assert.equal((await log.verify(options)).problem, undefined);
        await one.run(sql('DELETE FROM audit_block WHERE chain = ? AND seq = 4', chain));
        assert.deepEqual((await log.verify()).problem, { chain, seq: 4, problem: 'missing' });
        await log.sweep();
        assert.deepEqual((await log.verify()).problem, { chain, seq: 4, problem: 'missing' });
        await one.run(sql('UPDATE audit_chain SET deleted = 4 WHERE chain = ?', chain));
        const forged = { chain, seq: 4, problem: 'deleted' };
        assert.deepEqual((await log.verify()).problem, forged);
        assert.deepEqual((await log.verify({ from: clock.now() - 1_000 })).problem, forged);
      });

      test('continues to verify where another process deletes records meanwhile', async () => {
        const log = logOf(one);
        await writeMany(log, 120, 'old');
        const verifying = log.verifying();
        assert.equal((await verifying.next()).done, false);
        clock.advance(60 * day);
        const other = logOf(two, { retentionDays: 30 });
        await writeMany(other, 1, 'young');
        await other.tick();
        assert.equal((await targets(other)).filter((target) => target.startsWith('old')).length, 0);
        let step = await verifying.next();
        while (!step.done) step = await verifying.next();
        assert.equal(step.value.problem, undefined);
      });

      test('keeps the row of a closed chain until none of its blocks remain', async () => {
        const ended = logOf(two);
        await writeMany(ended, 3, 'ended');
        const chain = await chainOf(ended, 'ended1');
        await ended.close();
        const log = await due(1);
        const isKnown = async () =>
          (await one.get(sql('SELECT chain FROM audit_chain WHERE chain = ?', chain))) !== undefined;
        for (let round = 0; round < 2; round++) {
          await log.maintain();
          clock.advance(40 * day);
          await log.recordAlone(entry('more'));
          assert.equal(await isKnown(), true);
          assert.equal((await log.verify()).problem, undefined);
        }
        await log.sweep();
        await log.maintain();
        assert.equal(await isKnown(), false);
        assert.equal((await log.verify()).problem, undefined);
      });

      test('removes each row once in two processes', async () => {
        const logs = [await due(120), logOf(two, { retentionDays: 30 })] as const;
        await Promise.all(logs.map((log) => log.tick()));
        // A process whose rows another removed ends its round early.
        for (const log of logs) await log.sweep();
        assert.equal((await targets(logs[0])).filter((target) => target.startsWith('old')).length, 0);
        assert.equal((await logs[0].list()).filter(({ action }) => action === 'audit.retained').length, 1);
        assert.equal((await logs[1].verify()).problem, undefined);
        const orphans = sql('SELECT block FROM audit_term WHERE block NOT IN (SELECT last FROM audit_block)');
        assert.deepEqual(await one.all(orphans), []);
      });

      test('never takes back what counts as deleted, with a longer retention', async () => {
        const log = logOf(one, { retentionDays: 30 });
        await writeMany(log, 1, 'oldest');
        clock.advance(20 * day);
        await writeMany(log, 1, 'old');
        clock.advance(60 * day);
        await writeMany(log, 1, 'young');
        await log.maintain();
        clock.advance(day);
        const longer = logOf(two, { retentionDays: 70 });
        await longer.maintain();
        await longer.sweep();
        assert.deepEqual((await targets(longer)).filter(Boolean), ['young1']);
        assert.equal((await longer.verify()).problem, undefined);
      });
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
      const stored = await one.all(sql('SELECT * FROM audit_block'));
      assert.ok(!JSON.stringify(stored).includes(nhsNumber));
      assert.equal(await log.openSubject(first?.seq ?? 0), nhsNumber);
    });

    test('moves the records of earlier versions into blocks, and continues their numbers', async () => {
      const old = await subject.create();
      await migrate(old, { list: migrations.slice(0, 32) });
      const seal = new AuditSeal(vault);
      const columns = 'id, chain, seq, at, action, outcome, actor, application, subject, body, previous, mac';
      for (const [chain, first] of [
        ['c1', 1],
        ['c2', 101],
      ] as const) {
        const entries = Array.from({ length: 70 }, (_, n) =>
          encodeEntry(entry(`${chain}-${n + 1}`, { actor: `u${n % 3}` }), start + n * 1_000, undefined),
        );
        const { records } = seal.chained({ chain, seq: 0, mac: '' }, entries);
        const rows = records.map(({ entry: { at, ...is }, seq, mac }, n) => [
          first + n,
          chain,
          seq,
          at,
          is.action,
          is.outcome,
          is.actor,
          is.application,
          is.subject,
          is.body,
          records[n - 1]?.mac ?? '',
          mac,
        ]);
        await old.batch([
          insertStatement('audit_record', columns.split(', '), rows),
          sql(
            'INSERT INTO audit_chain (chain, started_at, seq, mac) VALUES (?, 0, 70, ?)',
            chain,
            records.at(-1)?.mac ?? '',
          ),
        ]);
      }
      await migrate(old);
      const log = logOf(old);
      await log.recordAlone(entry('new'));
      assert.deepEqual(await log.verify(), { chains: 3, records: 141, unsealed: 0 });
      const found = await log.search({ actor: 'u1', chain: 'c2', limit: 5, order: 'newest' });
      assert.deepEqual(
        found.map(({ seq, target }) => [seq, target]),
        [68, 65, 62, 59, 56].map((n) => [100 + n, `c2-${n}`]),
      );
      const all = await log.list();
      assert.deepEqual([all.length, all.at(-1)?.target], [141, 'new']);
      assert.ok(all.every(({ seq }, n) => n === 0 || seq > (all[n - 1]?.seq ?? 0)));
      await old.close();
    });

    test('keeps, numbers, anchors and verifies the records of the former chain', async () => {
      let previous = '';
      for (let seq = 1; seq <= 3; seq++) {
        const row = {
          seq,
          at: new Date(start).toISOString(),
          actor: 'a',
          action: 'b',
          target: `t${seq}`,
          application: '',
          outcome: 'ok',
          detail: '{}',
          previous,
        };
        previous = formerHash({ ...row, hash: '' });
        await one.run(
          sql(
            `INSERT INTO audit (seq, at, actor, action, target, application, outcome, detail, previous, hash)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            ...Object.values(row),
            previous,
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
      const keeper = logOf(one, { retentionDays: 30 });
      clock.advance(60 * day);
      await keeper.recordAlone(entry('young'));
      await keeper.maintain();
      assert.equal((await keeper.verify()).problem, undefined);
      for (let n = 0; n < 2; n++) {
        clock.advance(20 * day);
        await keeper.recordAlone(entry('more'));
        await keeper.maintain();
      }
      assert.ok((await targets(keeper)).includes('t1'), 'the row of its chain stays as long as its records');
      await keeper.sweep();
      assert.ok(!(await targets(keeper)).some((target) => /^t\d/.test(target)));
      assert.equal((await keeper.verify()).problem, undefined);
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
