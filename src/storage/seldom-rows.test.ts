import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Database, found, must, seldom, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { revocations } from './migrations/0022-token-grants.ts';
import { SeldomRows, tableOf, writtenTablesOf } from './seldom-rows.ts';
import { announced } from './table-changes.ts';

const name = (code: string) =>
  seldom(sql('SELECT name FROM organisation WHERE code = ?', code), 'organisation');
const everybody = seldom(sql('SELECT code, name FROM organisation ORDER BY code'), 'organisation');
const add = (code: string, text: string) =>
  sql('INSERT INTO organisation (code, name) VALUES (?, ?)', code, text);
const rename = (code: string, text: string) =>
  sql('UPDATE organisation SET name = ? WHERE code = ?', text, code);

describe('SeldomRows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-seldom-'));
  let here: Database;
  let elsewhere: Database;
  before(async () => {
    [here, elsewhere] = await Promise.all([openDatabase('', folder), openDatabase('', folder)]);
  });
  after(async () => {
    await Promise.all([here.close(), elsewhere.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const said = async (code: string) => (await here.get<{ name: string }>(name(code)))?.name;

  test('returns the same objects until their table is written', async () => {
    await here.run(add('A1', 'One'));
    const first = await here.get(name('A1'));
    assert.equal(await here.get(name('A1')), first);
    assert.ok(Object.isFrozen(first));
    await here.run(sql("INSERT INTO setting (name, value) VALUES ('a', 'b')"));
    assert.equal(await here.get(name('A1')), first);
    await here.run(rename('A1', 'Another'));
    assert.equal(await said('A1'), 'Another');
  });

  test('returns what this connection has written, also after an empty result', async () => {
    assert.equal(await said('B1'), undefined);
    assert.equal((await here.all(everybody)).length, 1);
    await here.batch([add('B1', 'One'), add('B2', 'Two')]);
    assert.deepEqual([await said('B1'), await said('B2')], ['One', 'Two']);
    assert.equal((await here.all(everybody)).length, 3);
    await here.batch([rename('B1', 'Never'), must(rename('none', ''))]);
    assert.equal(await said('B1'), 'One');
    await here.run(sql('DELETE FROM organisation WHERE code = ?', 'B1'));
    assert.equal(await said('B1'), undefined);
  });

  test('returns what another connection has committed', async () => {
    assert.equal(await said('C1'), undefined);
    await elsewhere.run(add('C1', 'One'));
    assert.equal(await said('C1'), 'One');
    for (let turn = 0; turn < 20; turn++) {
      await elsewhere.run(rename('C1', `Turn ${turn}`));
      assert.equal(await said('C1'), `Turn ${turn}`);
    }
  });

  test('caches a row that was found until rows are changed, whatever is added', async () => {
    const row = (code: string) =>
      here.get<{ name: string }>(
        found(sql('SELECT name FROM organisation WHERE code = ?', code), 'organisation'),
      );
    assert.equal(await row('F1'), undefined);
    await here.run(add('F1', 'One'));
    const first = await row('F1');
    assert.equal(first?.name, 'One', 'an empty result is not cached');
    await here.run(add('F2', 'Two'));
    assert.equal(await row('F1'), first);
    await here.run(rename('F2', 'Three'));
    assert.notEqual(await row('F1'), first);
    await here.run(rename('F1', 'Two'));
    assert.equal((await row('F1'))?.name, 'Two');
    await elsewhere.run(rename('F1', 'Three'));
    assert.equal((await row('F1'))?.name, 'Three');
    const upsert =
      'INSERT INTO organisation (code, name) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET name = excluded.name';
    await here.run(sql(upsert, 'F1', 'Four'));
    assert.equal((await row('F1'))?.name, 'Four');
    await here.run(sql('DELETE FROM organisation WHERE code = ?', 'F1'));
    assert.equal(await row('F1'), undefined);
  });

  test('stays when another connection writes other tables', async () => {
    await here.run(add('D1', 'One'));
    const lease = sql("INSERT INTO lease (name, holder, held_until) VALUES ('a', 'b', 1)");
    // The counts do not tell own changes from those of others.
    await elsewhere.batch([lease, sql("DELETE FROM lease WHERE name = 'a'")]);
    const first = await here.get(name('D1'));
    for (let turn = 0; turn < 3; turn++) {
      await elsewhere.batch([lease, sql("DELETE FROM lease WHERE name = 'a'")]);
      assert.equal(await here.get(name('D1')), first);
    }
    await elsewhere.run(sql("INSERT INTO setting (name, value) VALUES ('elsewhere', 'b')"));
    assert.equal(await here.get(name('D1')), first);
  });

  for (const table of announced.rows)
    test(`reads ${table} again after each kind of change elsewhere`, async () => {
      const columns = await here.all<{ name: string; type: string }>(
        sql(`SELECT name, type FROM pragma_table_info('${table}')`),
      );
      const names = columns.map((column) => column.name);
      const values = columns.map(({ type }) => (type === 'TEXT' ? '"x"' : 7));
      const all = seldom(sql(`SELECT COUNT(*) AS rows FROM ${table}`), table);
      for (const text of [
        `INSERT INTO ${table} (${names.join()}) VALUES (${values.map((value) => `'${value}'`).join()})`,
        `UPDATE ${table} SET ${names[0]} = ${names[0]} WHERE ${names[0]} = '${values[0]}'`,
        `DELETE FROM ${table} WHERE ${names[0]} = '${values[0]}'`,
      ]) {
        const before = await here.get(all);
        assert.equal(await here.get(all), before);
        assert.equal((await elsewhere.run(sql(text))).changes, 1, text);
        assert.notEqual(await here.get(all), before, text);
      }
    });

  for (const [table, columns] of Object.entries(revocations))
    test(`finds a row of ${table} again after a revocation elsewhere, and stays when one is added`, async () => {
      const described = await here.all<{ name: string; type: string }>(
        sql(`SELECT name, type FROM pragma_table_info('${table}')`),
      );
      const insert = (id: number) =>
        elsewhere.run(
          sql(
            `INSERT INTO ${table} (${described.map((column) => column.name).join()})
             VALUES (${described.map(({ type }) => (type === 'TEXT' ? "'{}'" : id)).join()})`,
          ),
        );
      await insert(1);
      const row = found(sql(`SELECT * FROM ${table} WHERE id = ?`, 1), table);
      let before = await here.get(row);
      await insert(2);
      assert.equal(await here.get(row), before);
      const changes = columns.split(', ').map((column) => `UPDATE ${table} SET ${column} = 9 WHERE id = 2`);
      for (const text of [...changes, `DELETE FROM ${table} WHERE id = 2`]) {
        await elsewhere.run(sql(text));
        assert.notEqual(await here.get(row), before, text);
        before = await here.get(row);
      }
    });

  test('distinguishes values of one statement, whatever their types', async () => {
    const both = (code: string, text: string) =>
      here.get(seldom(sql('SELECT 1 AS one WHERE ? = ? AND 1 = 1', code, text), 'organisation'));
    assert.notEqual(await both('a', 'a'), undefined);
    assert.equal(await both('a,a', ''), undefined);
    assert.equal(await both('a', 'b'), undefined);
  });

  test('returns frozen lists', async () => {
    const list = await here.all<{ name: string }>(everybody);
    list.length = 0;
    assert.ok((await here.all(everybody)).length > 0);
  });
});

describe('the cache of SeldomRows', () => {
  const counting = () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return [];
    };
    return { rows: new SeldomRows(read, () => 1), reads: () => reads };
  };

  test('is bounded', () => {
    const { rows, reads } = counting();
    for (let n = 0; n < 1_000; n++) rows.of(name(String(n)));
    rows.of(name('0'));
    assert.equal(reads(), 1_000);
    rows.of(name('one more'));
    rows.of(name('0'));
    assert.equal(reads(), 1_002);
  });

  test('is cleared after a write to an unknown table', () => {
    const { rows, reads } = counting();
    rows.of(everybody);
    rows.wrote(tableOf('VACUUM'));
    rows.of(everybody);
    assert.equal(reads(), 2);
  });

  for (const [text, table] of [
    ['INSERT INTO person (uid) VALUES (?)', 'person'],
    ['\n  UPDATE person SET body = ?', 'person'],
    ['DELETE FROM person_change WHERE seq < ?', 'person_change'],
    ['WITH a AS (SELECT 1) DELETE FROM person', undefined],
    ['CREATE TABLE person (uid TEXT)', undefined],
  ] as const)
    test(`tableOf returns ${table ?? 'nothing'} for ${JSON.stringify(text)}`, () =>
      assert.equal(tableOf(text), table));

  test('writtenTablesOf returns every table that a statement writes', () => {
    const text = `WITH a AS (UPDATE person SET body = ? RETURNING uid), b AS (INSERT INTO card (serial)
      SELECT uid FROM a ON CONFLICT (serial) DO UPDATE SET serial = 'x') SELECT uid FROM a`;
    assert.deepEqual(writtenTablesOf(text), ['person', 'card']);
    assert.deepEqual(writtenTablesOf('INSERT INTO person (uid) WITH a AS (SELECT 1) SELECT 1'), ['person']);
    assert.deepEqual(writtenTablesOf('WITH a AS (SELECT 1) DELETE FROM person'), ['person']);
    assert.deepEqual(writtenTablesOf('WITH a AS (SELECT 1) SELECT 1'), []);
  });
});
