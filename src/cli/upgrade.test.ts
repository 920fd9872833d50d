import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { randomToken } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import { openStorage } from '../boot/storage.ts';
import { connectDatabase } from '../storage/dialects.ts';
import { bindMasterKey } from '../storage/master-key-check.ts';
import { knownSchema, migrate, migrations } from '../storage/migrations.ts';
import { Settings } from '../storage/settings.ts';
import { invoke, invokeJson } from './testing/command.ts';

describe('alongside upgrade and migrate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-upgrade-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = ['--data', folder, '--no-self-service'];
  // Migration 33 changes the audit log in a way that the version before cannot read.
  const old = 32;
  const pending = knownSchema - old;

  test('show what would happen, change nothing, and then migrate', async () => {
    const key = randomToken(32);
    writeFileSync(join(folder, 'master.key'), key, { mode: 0o600 });
    const database = await connectDatabase('', folder);
    await migrate(database, { list: migrations.slice(0, old) });
    await bindMasterKey(database, new Vault(Buffer.from(key, 'base64url')));
    await database.close();

    const { ok, plan, estimate } = await invokeJson<{
      ok: boolean;
      estimate: number;
      plan: { schema: number; migrations: unknown[] };
    }>(['upgrade', '--check', ...at]);
    assert.deepEqual([ok, plan.schema, plan.migrations.length, estimate], [true, old, pending, 1]);
    const { lines, code } = await invoke(['migrate', '--plan', ...at]);
    assert.equal(code, 0);
    assert.match(lines[0] ?? '', new RegExp(`has schema ${old}\\. Version .* has schema ${knownSchema}\\.`));
    assert.equal(lines[1], `${pending} migrations, about 1 s on two cores with a local disk:`);
    assert.match(lines.at(-1) ?? '', /To go back, restore a backup/);

    await assert.rejects(
      openStorage({ database: '', ephemeral: false, masterKey: undefined, migrate: false }, folder, 'either'),
      /run alongside migrate, or leave out --no-migrate/,
    );
    assert.deepEqual((await invoke(['migrate', ...at])).lines, [
      `Migrated SQLite ${join(folder, 'alongside.db')} from schema ${old} to ${knownSchema}.`,
    ]);
    assert.match((await invoke(['migrate', ...at])).lines[0] ?? '', /has schema \d+ already/);
    assert.equal((await invoke(['upgrade', '--check', ...at])).lines[1], 'There is nothing to migrate.');
  });

  test('name everything that this version would refuse, with exit code 1', async () => {
    const { code, notes } = await invoke(['upgrade', '--check', ...at, '--url-cis', 'http://cis.example']);
    assert.equal(code, 1);
    assert.match(notes.join('\n'), /http:\/\/cis\.example must be https/);
    writeFileSync(join(folder, 'other.key'), randomToken(32), { mode: 0o600 });
    const other = await invoke(['upgrade', '--check', ...at, '--master-key', join(folder, 'other.key')]);
    assert.equal(other.code, 1);
    assert.match(other.notes.join('\n'), /other\.key does not open the data/);
    await assert.rejects(invoke(['upgrade', ...at]), /needs --check/);
  });

  test('show what alongside up would do to its data', async () => {
    const made = join(folder, 'made');
    mkdirSync(made);
    const key = randomToken(32);
    writeFileSync(join(made, 'master.key'), key, { mode: 0o600 });
    const database = await connectDatabase('', made);
    await migrate(database, { list: migrations.slice(0, old) });
    await bindMasterKey(database, new Vault(Buffer.from(key, 'base64url')));
    await new Settings(database).first('mode', 'development');
    await database.close();
    // No setting of alongside serve.
    const { ok, plan, remarks } = await invokeJson<{
      ok: boolean;
      plan: { migrations: unknown[]; isOfDevelopment: boolean };
      remarks: string[];
    }>(['upgrade', '--check', '--data', made, '--url-cis', 'http://cis.example']);
    assert.deepEqual([ok, plan.migrations.length, plan.isOfDevelopment], [true, pending, true]);
    assert.match(remarks.join('\n'), /alongside up migrates it when it starts, and alongside serve refuses/);
  });
});
