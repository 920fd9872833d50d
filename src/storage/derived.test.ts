import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dialects, sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, seldom, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { Derived } from './seldom-rows.ts';

const write = (code: string, text: string) =>
  sql(
    'INSERT INTO organisation (code, name) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET name = excluded.name',
    code,
    text,
  );

for (const dialect of dialects('SQLite', 'PostgreSQL'))
  describe(`Derived on ${dialect}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-derived-'));
    let postgres: TestDatabases | undefined;
    let here: Database;
    let elsewhere: Database;
    let computed = 0;
    let names: Derived<string | undefined>;
    const nameOf = async (code: string) => {
      const statement = sql('SELECT name FROM organisation WHERE code = ?', code);
      return (await here.get<{ name: string }>(seldom(statement, 'organisation')))?.name;
    };

    before(async () => {
      if (dialect === 'PostgreSQL') postgres = await sharePostgres();
      const setting = postgres ? await postgres.create('derived') : '';
      here = await openDatabase(setting, folder);
      elsewhere = await openDatabase(setting, folder);
      // Listens for the changes of other processes, as a server does.
      here.onForeignChange(() => undefined);
      while (here.stampOf(['organisation']) === undefined) await here.all(sql('SELECT 1 AS one'));
    });
    after(async () => {
      await Promise.all([here.close(), elsewhere.close()]);
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    /** Writes, and waits for the announcement of PostgreSQL, which reaches this process too. */
    const settle = async (code: string, text: string) => {
      const before = here.stampOf(['organisation']) ?? 0;
      await here.run(write(code, text));
      while (postgres && (here.stampOf(['organisation']) ?? 0) < before + 2)
        await here.all(sql('SELECT 1 AS one'));
    };

    beforeEach(() => {
      computed = 0;
      names = new Derived(here, ['organisation'], async (code) => {
        computed += 1;
        return nameOf(code);
      });
    });

    test('returns a known value without a promise until the table is written', async () => {
      await settle('A1', 'One');
      assert.equal(await names.of('A1'), 'One');
      await here.run(sql("INSERT INTO setting (name, value) VALUES ('derived', '1')"));
      assert.equal(names.of('A1'), 'One');
      await settle('A1', 'Two');
      assert.equal(await names.of('A1'), 'Two');
      assert.equal(computed, 2);
    });

    test('also caches the absence of a row', async () => {
      assert.equal(await names.of('B1'), undefined);
      assert.equal(names.of('B1'), undefined);
      assert.equal(computed, 1);
      await settle('B1', 'One');
      assert.equal(await names.of('B1'), 'One');
    });

    test('computes again after a write of another process', async () => {
      assert.equal(await names.of('C1'), undefined);
      for (let turn = 0; turn < 5; turn++) {
        await elsewhere.run(write('C1', `Turn ${turn}`));
        // PostgreSQL announces the write; SQLite shows it at once.
        while (postgres && (await names.of('C1')) !== `Turn ${turn}`) await here.all(sql('SELECT 1 AS one'));
        assert.equal(await names.of('C1'), `Turn ${turn}`);
      }
    });

    test('does not keep a value that was computed during a write', async () => {
      let release = () => {};
      const waiting = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slow = new Derived(here, ['organisation'], async (code) => {
        const name = await nameOf(code);
        await waiting;
        return name;
      });
      await settle('D1', 'One');
      const first = slow.of('D1');
      await settle('D1', 'Two');
      release();
      await first;
      assert.equal(await slow.of('D1'), 'Two');
    });

    test('caches nothing if changes of a table are unknown', async () => {
      const tokens = new Derived(here, ['organisation', 'token'], async () => {
        computed += 1;
        return computed;
      });
      await tokens.of('a');
      const again = tokens.of('a');
      assert.equal(again instanceof Promise, postgres !== undefined);
      await again;
    });
  });
