import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Database, found, must, seldom, sql } from './database.ts';
import { openDatabase } from './dialects.ts';
import { SeldomRows, tableOf, writtenTablesOf } from './seldom-rows.ts';

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
