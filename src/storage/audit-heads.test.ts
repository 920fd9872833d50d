import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { type Log, silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { bothDialects } from '../../test/testing/dialects.ts';
import { AuditLog, type AuditOptions } from './audit.ts';
import { type Database, sql } from './database.ts';
import { openDatabase } from './dialects.ts';

const start = Date.parse('2026-03-02T09:00:00Z');
const minute = 60;
const day = 86_400;
const vault = new Vault(Buffer.alloc(32, 1));
const tables = ['audit', 'audit_block', 'audit_term', 'audit_unsealed', 'audit_chain'];

for (const [dialect, create] of bothDialects())
  describe(`the stored ends of the audit chains, on ${dialect}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-heads-'));
    let count = 0;
    let database: Database;
    let clock: ManualClock;
    let headsFile: string;
    /** Messages of the log at level error. */
    let alarms: string[];
    let warnings: string[];
    beforeEach(async () => {
      clock = new ManualClock(start);
      headsFile = join(folder, `${++count}.json`);
      alarms = [];
      warnings = [];
      database = await openDatabase(await create(), '');
    });
    afterEach(() => database.close());
    after(() => rmSync(folder, { recursive: true, force: true }));

    // Logs of earlier tests may fail to seal in a closed database.
    const log: Log = {
      ...silentLog,
      error: (_, message) => void (/stored heads/.test(message) && alarms.push(message)),
      warn: (_, message) => void warnings.push(message),
    };
    /** Returns the audit log of a process that starts. */
    const processOf = (options: AuditOptions = {}, key = vault): AuditLog =>
      new AuditLog(database, clock, key, { log, headsFile, ...options });
    const write = async (audit: AuditLog, records: number) => {
      for (let n = 0; n < records; n++)
        await audit.recordAlone({ action: 'api.called', outcome: 'ok', actor: 'a', target: String(n) });
    };
    /** An installation with two minutes of records. */
    const used = async (): Promise<AuditLog> => {
      const audit = processOf();
      await write(audit, 100);
      await audit.tick();
      clock.advance(minute);
      await write(audit, 5);
      await audit.tick();
      return audit;
    };
    const emptied = () => database.batch(tables.map((table) => sql(`DELETE FROM ${table}`)));
    const withoutSetting = () => database.run(sql("DELETE FROM setting WHERE name = 'audit.heads'"));
    /** Verifies as a command does, in a new process. */
    const verify = async (options: AuditOptions = {}) => {
      const { problem, provenUntil } = await processOf(options).verify();
      return { problem: problem?.problem, isProven: provenUntil !== undefined };
    };
    const elsewhere = { headsFile: undefined };

    test('prove an unchanged log until their time, in a new installation too', async () => {
      await processOf().tick();
      assert.deepEqual(await verify(), { problem: undefined, isProven: true });
      await used();
      const { provenUntil } = await processOf().verify();
      assert.equal(provenUntil, new Date(start + 60_000).toISOString());
      assert.deepEqual(alarms, []);
    });

    test('are stored by all that is due at the same moment, without a warning', async () => {
      const audit = await used();
      for (let n = 0; n < 20; n++) {
        clock.advance(minute);
        await write(audit, 1);
        await Promise.all([audit.sealOwn(), audit.maintain(), audit.sealOwn()]);
      }
      assert.deepEqual(warnings, []);
      assert.deepEqual(await verify(), { problem: undefined, isProven: true });
    });

    test('show that all records were deleted, here and without the file', async () => {
      await used();
      await emptied();
      assert.deepEqual(await verify(), { problem: 'cut', isProven: true });
      assert.deepEqual(await verify(elsewhere), { problem: 'cut', isProven: false });
    });

    test('show that all records and the ends in the database were deleted', async () => {
      await used();
      await emptied();
      await withoutSetting();
      assert.equal((await verify()).problem, 'cut');
      assert.deepEqual(await verify(elsewhere), { problem: undefined, isProven: false });
      await used();
      assert.equal((await verify()).problem, 'cut', 'also after more was recorded');
    });

    test('show that the newest records were cut off with their count', async () => {
      await used();
      const chains = await database.all(
        sql('SELECT chain, last, seq, records FROM audit_block ORDER BY last'),
      );
      const kept = chains.at(-3);
      assert.ok(kept);
      const mac = String(kept.records).split('\n').at(-1)?.slice(0, 43) ?? '';
      await database.batch([
        sql('DELETE FROM audit_term WHERE block > ?', kept.last ?? 0),
        sql('DELETE FROM audit_block WHERE last > ?', kept.last ?? 0),
        sql('UPDATE audit_chain SET seq = ?, mac = ?, anchored = 0', kept.seq ?? 0, mac),
      ]);
      assert.equal((await verify()).problem, 'cut');
      assert.equal((await verify(elsewhere)).problem, 'cut');
      await database.run(sql("UPDATE setting SET value = '[]' WHERE name = 'audit.heads'"));
      assert.equal((await verify(elsewhere)).problem, 'heads-changed');
      await withoutSetting();
      assert.equal((await verify()).problem, 'cut');
      assert.deepEqual(await verify(elsewhere), { problem: undefined, isProven: false });
    });

    test('show an older copy of the whole database', async () => {
      const audit = await used();
      const before = await Promise.all([...tables, 'setting'].map((table) => rowsOf(table)));
      clock.advance(minute);
      await write(audit, 5);
      await audit.tick();
      await emptied();
      await database.run(sql('DELETE FROM setting'));
      for (const [n, table] of [...tables, 'setting'].entries())
        for (const row of before[n] ?? [])
          await database.run(
            sql(
              `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row).map(() => '?')})`,
              ...Object.values(row),
            ),
          );
      assert.equal((await verify()).problem, 'cut');
      assert.deepEqual(await verify(elsewhere), { problem: undefined, isProven: false });
    });
    const rowsOf = (table: string) => database.all(sql(`SELECT * FROM ${table}`));

    test('show that they were removed, or written without the key', async () => {
      await used();
      await withoutSetting();
      assert.equal((await verify()).problem, 'heads-missing');
      const other = processOf({ headsFile: undefined }, new Vault(Buffer.alloc(32, 2)));
      await other.tick();
      assert.equal((await verify()).problem, 'heads-changed');
      writeFileSync(headsFile, '["{}", "x"]');
      assert.equal((await verify()).problem, 'heads-changed');
    });

    test('are not replaced by those of a shorter log, and the process that notices it logs an error', async () => {
      const audit = await used();
      await emptied();
      for (let n = 0; n < 3; n++) {
        clock.advance(minute);
        await write(audit, 3);
        await audit.tick();
      }
      await processOf().tick();
      assert.ok(
        alarms.length > 0 && alarms.every((message) => /shorter than its stored heads/.test(message)),
      );
      assert.equal((await verify()).problem, 'cut');
    });

    test('are stored when a process ends, before the minute has passed', async () => {
      const audit = await used();
      await write(audit, 7);
      await audit.close();
      await database.run(sql("DELETE FROM audit_block WHERE records LIKE '%api.called%'"));
      await database.run(sql('DELETE FROM audit_chain'));
      assert.equal((await verify()).problem !== undefined, true);
      const stored = await processOf().verify();
      assert.equal(stored.provenUntil, new Date(start + 60_000).toISOString());
    });

    test('accept the end of a restore, and not an older file of another machine', async () => {
      await used();
      const old = `${headsFile}.old`;
      copyFileSync(headsFile, old);
      clock.advance(minute);
      await emptied();
      await withoutSetting();
      const restoring = processOf({ headsFile: undefined });
      await write(restoring, 3);
      await restoring.acceptRestore();
      await restoring.close();
      assert.deepEqual(await verify(), { problem: undefined, isProven: false });
      clock.advance(minute);
      await processOf().tick();
      assert.deepEqual(await verify(), { problem: undefined, isProven: true });
      assert.deepEqual(await verify({ headsFile: old }), { problem: undefined, isProven: false });
      assert.deepEqual(alarms, []);
    });

    test('leave out what retention deleted', async () => {
      const audit = processOf({ retentionDays: 1 });
      await write(audit, 70);
      await audit.tick();
      for (let n = 0; n < 4; n++) {
        clock.advance(day);
        await write(audit, 70);
        await audit.tick();
        const other = processOf({ retentionDays: 1 });
        await write(other, 2);
        await other.close();
      }
      await processOf({ retentionDays: 1 }).tick();
      assert.deepEqual(await verify(), { problem: undefined, isProven: true });
      assert.deepEqual(alarms, []);
    });

    test('do not stop a process whose folder cannot be written', async () => {
      const audit = processOf({ headsFile: join(folder, 'none', 'heads.json') });
      await write(audit, 1);
      await audit.tick();
      assert.equal(existsSync(join(folder, 'none')), false);
      assert.deepEqual(alarms, []);
    });
  });
