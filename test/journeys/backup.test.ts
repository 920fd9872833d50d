import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { loadConfig } from '@alongside/kernel/config';
import { randomToken } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import { registerClients } from '../../bench/peers/clients.ts';
import { combinedSignIn } from '../../bench/peers/scenarios.ts';
import { createBackup } from '../../src/boot/backup.ts';
import { invoke, invokeJson, runProcess } from '../../src/cli/testing/command.ts';
import { productionShape } from '../../src/config.ts';
import { AuditLog } from '../../src/storage/audit.ts';
import { ArchiveWriter } from '../../src/storage/backup/archive.ts';
import { Backup, manifestFile } from '../../src/storage/backup/manifest.ts';
import { sql } from '../../src/storage/database.ts';
import { connectDatabase } from '../../src/storage/dialects.ts';
import { bindMasterKey } from '../../src/storage/master-key-check.ts';
import { knownSchema, migrate, migrations, schemaOf } from '../../src/storage/migrations.ts';
import { databaseDump } from '../testing/database-dump.ts';
import { startInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';
import { sharePostgres, type TestDatabases } from '../testing/postgres.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-backup-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Returns an archive with another size of its first file, and the checksum for it (POSIX.1-2017 pax, ustar). */
function withSize(archive: Buffer, size: string): Buffer {
  const bytes = Buffer.from(archive);
  bytes.fill(0, 124, 136);
  bytes.write(size, 124, 'latin1');
  bytes.fill(' ', 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

interface Restored {
  manifest: { counts: Record<string, number>; schema: number };
}

for (const dialect of ['sqlite', 'postgres'] as const)
  describe(`a backup of ${dialect}`, () => {
    let postgres: TestDatabases | undefined;
    let database = '';
    const folder = join(root, dialect);
    const file = join(root, `${dialect}.tar`);
    const at = () => ['--data', folder, ...(postgres ? ['--database', database] : [])];
    const start = () => startInstance({ ephemeral: false, data: folder, database });
    before(async () => {
      if (dialect === 'sqlite') return;
      postgres = await sharePostgres();
      database = await postgres.create('kept');
    });
    after(() => postgres?.stop());

    test('lets users sign in when it was made under load and restored after a loss, and ends earlier tokens', async (t) => {
      const instance = await start();
      t.after(() => instance.stop());
      const clients = await registerClients(instance.urls);
      const token = await combinedSignIn(clients);
      const patient = { headers: { authorization: `Bearer ${token}`, 'x-request-id': crypto.randomUUID() } };
      let isLoaded = true;
      let signIns = 0;
      t.after(() => {
        isLoaded = false;
      });
      const load = (async () => {
        for (; isLoaded; signIns++) await combinedSignIn(clients);
      })();
      while (signIns === 0) await new Promise(setImmediate);
      const { manifest } = await invokeJson<Restored>(['backup', file, ...at()]);
      // The load went on all the time.
      for (const made = signIns; signIns === made; ) await new Promise(setImmediate);
      isLoaded = false;
      await load;
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.ok((manifest.counts.person ?? 0) > 10);
      assert.match(
        (await invoke(['backup', '--verify', file, ...at()])).lines[0] ?? '',
        /complete and unchanged/,
      );
      await assert.rejects(invoke(['backup', file, ...at()]), /exists.*--force/);
      await assert.rejects(invoke(['restore', file, ...at()]), /has data.*--force/);
      await assert.rejects(invoke(['restore', file, '--force', ...at()]), /is in use.*stop Alongside/);
      const place = clients.workstation?.patient ?? '';
      assert.equal((await fetch(place, patient)).status, 200);
      await instance.stop();

      if (postgres) database = await postgres.create('empty');
      else
        for (const name of readdirSync(folder))
          if (name.startsWith('alongside.db')) rmSync(join(folder, name));
      const { manifest: restored } = await invokeJson<Restored>(['restore', file, ...at()]);
      assert.deepEqual(restored, manifest);
      const again = await start();
      t.after(() => again.stop());
      const read = `${again.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`;
      assert.equal((await fetch(read, patient)).status, 401);
      await again.signInAtDesk('gp');
      const { answer } = await new Navigator().go(`${again.urls.sample}/sign-in/combined`);
      assert.match(answer.body, /Find patient/);
      const { records } = await again.api<{ records: { action: string; outcome: string; target: string }[] }>(
        'GET',
        '/audit?action=data.restored',
      );
      assert.deepEqual(
        records.map(({ action, outcome, target }) => [action, outcome, target]),
        [['data.restored', 'ok', `${dialect}.tar`]],
      );
      await again.stop();
      assert.equal((await invokeJson<{ ok: boolean }>(['audit', 'verify', ...at()])).ok, true);

      // A second restore replaces everything, also tables that the backup does not have.
      await invokeJson(['restore', file, '--force', ...at()]);
      assert.equal((await invokeJson<{ ok: boolean }>(['audit', 'verify', ...at()])).ok, true);
    });

    test('of an older schema is migrated by a restore, which keeps its rows and ends its sessions', async () => {
      const older = join(root, `${dialect}-older`);
      const key = readFileSync(join(folder, 'master.key'), 'utf8');
      mkdirSync(older);
      writeFileSync(join(older, 'master.key'), key, { mode: 0o600 });
      const url = await postgres?.create('older');
      const where = ['--data', older, ...(url ? ['--database', url] : [])];
      const previous = knownSchema - 1;
      const made = await connectDatabase(url ?? '', older);
      await migrate(made, { list: migrations.slice(0, previous) });
      await bindMasterKey(made, new Vault(Buffer.from(key, 'base64url')));
      await made.run(sql("INSERT INTO organisation (code, name) VALUES ('KEPT', 'An older practice')"));
      await made.run(sql("INSERT INTO lease (name, holder, held_until) VALUES ('older', 'no one', 0)"));
      await made.close();

      const archive = join(root, `${dialect}-older.tar`);
      const { manifest } = await invokeJson<Restored>(['backup', archive, ...where]);
      assert.equal(manifest.schema, previous);
      const { notes } = await invoke(['restore', archive, '--force', ...where]);
      assert.ok(notes.includes(`Migrated from schema ${previous} to ${knownSchema}.`), notes.join('\n'));
      const restored = await connectDatabase(url ?? '', older);
      const kept = await restored.all(sql("SELECT name FROM organisation WHERE code = 'KEPT'"));
      const leases = await restored.all(sql('SELECT name FROM lease'));
      assert.equal(await schemaOf(restored), knownSchema);
      await restored.close();
      assert.deepEqual([kept.map(({ name }) => name), leases], [['An older practice'], []]);
      assert.equal((await invokeJson<{ ok: boolean }>(['audit', 'verify', ...where])).ok, true);
    });

    test('made while deleted audit records are removed has a rest, which is removed after its restore', async () => {
      const interrupted = join(root, `${dialect}-interrupted`);
      mkdirSync(interrupted);
      const key = readFileSync(join(folder, 'master.key'), 'utf8');
      writeFileSync(join(interrupted, 'master.key'), key, { mode: 0o600 });
      const url = await postgres?.create('interrupted');
      const where = ['--data', interrupted, ...(url ? ['--database', url] : [])];
      const vault = new Vault(Buffer.from(key, 'base64url'));
      const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
      const archive = join(root, `${dialect}-interrupted.tar`);
      const inDatabase = async (work: (log: AuditLog) => Promise<void>) => {
        const opened = await connectDatabase(url ?? '', interrupted);
        await migrate(opened);
        await bindMasterKey(opened, vault);
        const log = new AuditLog(opened, clock, vault, { retentionDays: 30 });
        await work(log);
        await log.close();
        await opened.close();
      };
      const write = (log: AuditLog, target: string) =>
        log.recordAlone({ action: 'state.exported', outcome: 'ok', actor: 'a', target });
      const isThere = async (log: AuditLog) => (await log.list()).some(({ target }) => target === 'old');

      await inDatabase(async (log) => {
        await write(log, 'old');
        clock.advance(60 * 86_400);
        await write(log, 'young');
        await log.maintain();
      });
      await invokeJson(['backup', archive, ...where]);
      await inDatabase(async (log) => {
        await log.sweep();
        assert.equal(await isThere(log), false);
      });
      await invokeJson(['restore', archive, '--force', ...where]);
      assert.equal((await invokeJson<{ ok: boolean }>(['audit', 'verify', ...where])).ok, true);
      await inDatabase(async (log) => {
        assert.equal(await isThere(log), true);
        await log.sweep();
        assert.equal(await isThere(log), false);
        assert.equal((await log.verify()).problem, undefined);
      });
    });

    test('leaves no file when it is stopped', async () => {
      const stop = new AbortController();
      const config = loadConfig(productionShape, { data: folder, database });
      const target = join(root, 'stopped.tar');
      const step = () => stop.abort();
      await assert.rejects(createBackup(config, target, { force: false, step, signal: stop.signal }), {
        name: 'AbortError',
      });
      assert.deepEqual(
        readdirSync(root).filter((name) => name.startsWith('stopped')),
        [],
      );
    });

    if (dialect === 'sqlite')
      test('never replaces its own database', async () => {
        const live = join(folder, 'alongside.db');
        await assert.rejects(invoke(['backup', live, '--force', ...at()]), /is the database itself/);
      });

    test('is refused by a restore that changes nothing, if anything is wrong', async () => {
      const kept = await databaseDump(database || `sqlite:${join(folder, 'alongside.db')}`);
      const intact = readFileSync(file);
      const altered = join(root, 'altered.tar');
      const refuses = async (bytes: Buffer, reason: RegExp) => {
        writeFileSync(altered, bytes);
        for (const argv of [
          ['restore', altered, '--force'],
          ['backup', '--verify', altered],
        ])
          await assert.rejects(invoke([...argv, ...at()]), { name: 'OperatorError', message: reason });
      };
      const changed = (position: number) => {
        const bytes = Buffer.from(intact);
        bytes[position] = (bytes[position] ?? 0) ^ 1;
        return bytes;
      };
      await refuses(changed(5_000), /damaged: its data do not match/);
      await refuses(changed(3), /not a backup/);
      await refuses(intact.subarray(0, intact.length / 2), /damaged: it ends early/);
      await refuses(Buffer.from('{"some": "other file"}'), /not a backup/);
      await refuses(Buffer.concat([intact.subarray(0, -1_024), intact]), /damaged: it has another file/);
      for (const size of ['-1000', 'none']) await refuses(withSize(intact, size), /not a backup/);
      const year = intact.lastIndexOf('"createdAt": "') + '"createdAt": "'.length;
      await refuses(changed(year), /was changed after it was made/);

      const own = readFileSync(join(folder, 'master.key'), 'utf8');
      const { manifest } = await Backup.open(file).then(async (backup) => {
        await backup.close();
        return backup;
      });
      const writer = await ArchiveWriter.create(altered);
      const data = await writer.add(
        manifest.data.name,
        (async function* () {
          yield Buffer.from('data of a newer version');
        })(),
      );
      const vault = new Vault(Buffer.from(own, 'base64url'));
      const { name, text } = manifestFile({ ...manifest, schema: 9_999, version: '99.0.0', data }, vault);
      await writer.add(
        name,
        (async function* () {
          yield Buffer.from(text);
        })(),
      );
      await writer.commit();
      await assert.rejects(
        invoke(['restore', altered, '--force', ...at()]),
        /schema 9999, and this version .* knows .* Use version 99\.0\.0 or newer/,
      );

      const other = join(root, 'other.key');
      writeFileSync(other, randomToken(32), { mode: 0o600 });
      await assert.rejects(
        invoke(['restore', file, '--force', ...at(), '--master-key', other]),
        /other\.key is not the one of the backup/,
      );
      await assert.rejects(
        invoke(['restore', file, '--force', '--data', join(root, 'no-key'), ...at().slice(2)]),
        /master\.key is missing/,
      );
      assert.equal(existsSync(join(root, 'no-key')), false);
      assert.equal(await databaseDump(database || `sqlite:${join(folder, 'alongside.db')}`), kept);
    });

    test('reports the reason and leaves no file on a full disk', async () => {
      const full = join(root, 'full.tar');
      const { code, err } = await runProcess(['backup', full, ...at()], {
        maxBlocks: dialect === 'sqlite' ? 200 : 32,
      });
      assert.equal(code, 1, err);
      assert.match(err, /full\.tar.* cannot be (written|copied)|cannot be copied to .*full\.tar/);
      assert.deepEqual(
        readdirSync(root).filter((name) => name.startsWith('full')),
        [],
      );
    });

    if (dialect === 'postgres')
      test('needs the programs of PostgreSQL, and names their package', async () => {
        await assert.rejects(
          invoke(['backup', join(root, 'none.tar'), ...at(), '--postgres-tools', root]),
          /pg_dump is missing: install .* postgresql-client-\d+ .* or name their folder with --postgres-tools/,
        );
      });
  });
