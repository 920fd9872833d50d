import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { SigningKeys } from '@alongside/kernel/keys';
import { databaseDump } from '../../test/testing/database-dump.ts';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { sql } from '../storage/database.ts';
import { StoredKeys } from '../storage/signing-keys.ts';
import { openStorage } from './storage.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-storage-'));
after(() => rmSync(root, { recursive: true, force: true }));

function keyFile(name: string): string {
  const file = join(root, name);
  writeFileSync(file, randomToken(32), { mode: 0o600 });
  return file;
}

for (const dialect of ['sqlite', 'postgres'] as const)
  describe(`opening storage on ${dialect}`, () => {
    let postgres: TestDatabases | undefined;
    before(async () => {
      if (dialect === 'postgres') postgres = await sharePostgres();
    });
    after(() => postgres?.stop());
    const create = async (name: string) =>
      (await postgres?.create(name)) ?? `sqlite:${join(root, `${name}.db`)}`;

    /** Opens storage with a key and runs work on it. */
    async function using(
      database: string,
      masterKey: string | undefined,
      work: (opened: Awaited<ReturnType<typeof openStorage>>) => Promise<unknown> = async () => undefined,
    ): Promise<void> {
      const opened = await openStorage({ database, ephemeral: false, masterKey }, root, 'production');
      await work(opened).finally(() => opened.database.close());
    }

    test('says what to do about a database that can only be read', async () => {
      const key = keyFile('read-only');
      const database = await create('readable');
      await using(database, key, async (opened) => {
        if (dialect === 'postgres') {
          const name = new URL(database).pathname.slice(1);
          await opened.database.run(sql(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`));
        }
      });
      // The file format write version (https://www.sqlite.org/fileformat.html, section 1.3.3): also root cannot write a newer one.
      if (dialect === 'sqlite')
        writeSync(openSync(database.replace('sqlite:', ''), 'r+'), Buffer.of(3), 0, 1, 18);
      await assert.rejects(using(database, key), {
        name: 'OperatorError',
        message:
          dialect === 'sqlite'
            ? /^SQLite .+ can only be read\. Let the user of this process write the file and its folder, or choose another with --data or --database\.$/
            : /^PostgreSQL .+ accepts no writes: .+ Name the primary server in --database\.$/,
      });
    });

    test('refuses another master key and changes no row', async () => {
      const [right, wrong] = [keyFile('right'), keyFile('wrong')];
      const database = await create('sealed');
      await using(database, right);
      const kept = await databaseDump(database);
      await assert.rejects(using(database, wrong), {
        name: 'OperatorError',
        message: /^The master key .+wrong does not open the data in .+ Set --master-key to .+\.$/,
      });
      assert.equal(await databaseDump(database), kept);
      await using(database, right);
    });

    test('refuses another master key for data without a check value, by a signing key', async () => {
      const [right, wrong] = [keyFile('older-right'), keyFile('older-wrong')];
      const database = await create('older');
      await using(database, right, async (opened) => {
        const store = new StoredKeys(opened.database, opened.vault);
        await new SigningKeys('cis2', store, new ManualClock(0)).ensure('ES256');
        await opened.database.run(sql("DELETE FROM setting WHERE name = 'installation'"));
      });
      const kept = await databaseDump(database);
      await assert.rejects(using(database, wrong), /does not open the data/);
      assert.equal(await databaseDump(database), kept);
      await using(database, right);
      assert.notEqual(await databaseDump(database), kept, 'the right key writes the check value');
    });

    test('refuses encrypted data without its key file and creates no other key', async () => {
      const database = await create('lost');
      await using(database, keyFile('kept-elsewhere'));
      await assert.rejects(using(database, undefined), /master\.key is missing/);
      assert.ok(!readdirSync(root).includes('master.key'));
    });

    test('refuses data of the other mode before it migrates', async () => {
      const database = await create('unmigrated');
      const masterKey = keyFile('mode');
      await using(database, masterKey);
      await assert.rejects(
        openStorage({ database, ephemeral: false, masterKey }, root, 'development'),
        /belongs to production/,
      );
      await using(database, masterKey, ({ database: opened }) =>
        opened.run(sql("UPDATE setting SET value = '9999' WHERE name IN ('schema', 'schema.lowest')")),
      );
      const kept = await databaseDump(database);
      await assert.rejects(using(database, masterKey), /schema 9999/);
      assert.equal(await databaseDump(database), kept);
    });

    test('binds new data to one of two keys that open it at the same time', async () => {
      const database = await create('raced');
      const outcomes = await Promise.allSettled([
        using(database, keyFile('one')),
        using(database, keyFile('two')),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    });
  });
