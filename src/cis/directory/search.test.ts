import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../../test/testing/postgres.ts';
import { type Database, sql } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { peopleByName } from '../../storage/migrations/0028-people-by-name.ts';
import { Directory } from './directory.ts';
import type { PeopleFilter } from './search.ts';

const record = sql(
  "INSERT INTO setting (name, value) VALUES ('search', 'test') ON CONFLICT (name) DO NOTHING",
);
const nurse = {
  roleCode: 'S8000:G8000:R8001',
  roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
};
const manager = {
  roleCode: 'S0080:G0450:R5080',
  roleName: '"Admin & Clerical":"Management - A & C":"Registration Authority Manager"',
};
const at = (orgCode: string) => ({ orgCode, orgName: `Trust ${orgCode}` });

const people = [
  { familyName: 'Appleyard', givenName: 'Mary', roles: [{ ...nurse, ...at('AAA') }] },
  { familyName: "O'Brien-Smith", givenName: 'Zoë', roles: [{ ...manager, ...at('BBB') }] },
  {
    familyName: 'Maryweather',
    givenName: 'Mary',
    roles: [
      { ...nurse, ...at('BBB') },
      { ...manager, ...at('AAA') },
    ],
  },
  { familyName: 'Zimmer', givenName: 'Ann', organisations: [at('CCC')], persona: 'mary' },
];

let server: TestDatabases;
before(async () => {
  server = await sharePostgres();
});
after(() => server.stop());

const dialects = [
  ['SQLite', async () => ':memory:'],
  ['PostgreSQL', () => server.create('search')],
] as const;
for (const [dialect, urlOf] of dialects)
  describe(`search of people on ${dialect}`, () => {
    let database: Database;
    let directory: Directory;
    before(async () => {
      database = await openDatabase(await urlOf(), '');
      directory = new Directory(database);
      for (const [index, person] of people.entries())
        await directory.add({ ...person, uid: `10000000000${index}` }, () => [record]);
    });
    after(() => database.close());

    const search = async (filter: Partial<PeopleFilter>, limit = 50) => {
      const found: string[] = [];
      for (let from: string | null = ''; from !== null; ) {
        const page = await directory.search({ q: '', organisation: '', role: '', ...filter }, from, limit);
        assert.ok(page.people.length <= limit);
        found.push(...page.people.map(({ familyName }) => familyName));
        from = page.next;
      }
      return found;
    };

    test('finds by the beginning of family name, then of given name, each person once', async () => {
      const expected = ['Zimmer', 'Maryweather', 'Appleyard'];
      assert.deepEqual(await search({ q: 'MARY' }), expected);
      assert.deepEqual(await search({ q: 'mary' }, 1), expected.slice(0));
      assert.deepEqual(await search({ q: 'mary app' }), ['Appleyard']);
      assert.deepEqual(await search({ q: 'Appleyard, Mary' }), ['Appleyard']);
      assert.deepEqual(await search({ q: 'pleyard' }), []);
    });

    test('ignores accents, apostrophes and hyphens', async () => {
      for (const q of ["o'brien", 'OBRIEN SMITH', 'zoe', 'Zoë o’Brien-S'])
        assert.deepEqual(await search({ q }), ["O'Brien-Smith"], q);
      assert.deepEqual(await search({ q: '%' }), []);
    });

    test('finds by uid, organisation, role, and role at an organisation', async () => {
      assert.deepEqual(await search({ q: '100000000003' }), ['Zimmer']);
      assert.deepEqual(await search({ q: '100000000003', organisation: 'AAA' }), []);
      assert.deepEqual(await search({ organisation: 'AAA' }, 1), ['Appleyard', 'Maryweather']);
      assert.deepEqual(await search({ organisation: 'CCC' }), ['Zimmer']);
      assert.deepEqual(await search({ role: 'R8001' }), ['Appleyard', 'Maryweather']);
      assert.deepEqual(await search({ role: 'R8001', organisation: 'BBB', q: 'm' }), ['Maryweather']);
      assert.deepEqual(await search({ role: 'R5080', organisation: 'CCC' }), []);
    });

    test('finds only people of the organisations to which a caller is limited, once each, on full pages', async () => {
      const within = ['AAA', 'BBB'];
      assert.deepEqual(await search({ within }, 1), ['Appleyard', 'Maryweather', "O'Brien-Smith"]);
      assert.deepEqual(await search({ within: ['CCC'], q: 'mary' }), ['Zimmer']);
      assert.deepEqual(await search({ within: ['CCC'], organisation: 'AAA' }), []);
      assert.deepEqual(await search({ within: ['CCC'], role: 'R8001' }), []);
      assert.deepEqual(await search({ within: ['AAA', 'CCC'], q: '100000000003' }), ['Zimmer']);
    });

    test('follows a change of name and roles, and a removal', async () => {
      await directory.change('100000000001', { familyName: 'Newname', roles: [] }, undefined, () => [record]);
      assert.deepEqual(await search({ q: 'obrien' }), []);
      assert.deepEqual(await search({ q: 'newn' }), ['Newname']);
      assert.deepEqual(await search({ role: 'R5080', organisation: 'BBB' }), []);
      assert.equal((await search({}))[0], 'Newname');
      await directory.remove('100000000001', undefined, record);
      assert.deepEqual(await search({ q: 'newn' }), []);
      assert.deepEqual(await search({}), ['Zimmer', 'Maryweather', 'Appleyard']);
      const rows = await database.all(sql("SELECT key FROM person_key WHERE uid = '100000000001'"));
      assert.deepEqual(rows, []);
    });

    test('lists organisations and job roles by a part of their name', async () => {
      assert.deepEqual(await directory.findOrganisations('trust b'), [{ code: 'BBB', name: 'Trust BBB' }]);
      assert.deepEqual((await directory.findOrganisations('aaa')).length, 1);
      assert.deepEqual(await directory.findOrganisations('%'), []);
      assert.deepEqual(
        (await directory.findJobRoles('registration auth')).map(({ code }) => code),
        [manager.roleCode],
      );
    });

    test('adds the keys of people who were stored before', async () => {
      const all = sql('SELECT scope, key, uid FROM person_key ORDER BY scope, key, uid');
      const kept = await database.all(all);
      await database.batch([sql('DELETE FROM person_key'), sql('DELETE FROM job_role')]);
      const batch = await peopleByName.nextBatch(database, '');
      assert.equal(batch?.count, 3);
      await database.batch(batch.statements);
      assert.deepEqual(await database.all(all), kept);
      assert.equal(await peopleByName.nextBatch(database, batch.position), undefined);
    });
  });
