import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { type ImportAnswer, type Person, paths } from '../protocol.ts';
import { startCis, type TestCis } from '../testing/cis.ts';

/** Counts the rows that reads return, which are the cost of a write besides its statements. */
function counting(database: Database) {
  const counter = { rows: 0 };
  const counted = Object.assign(Object.create(database) as Database, {
    dialect: database.dialect,
    batch: (...call: Parameters<Database['batch']>) => database.batch(...call),
    run: (...call: Parameters<Database['run']>) => database.run(...call),
    durable: () => database.durable(),
    get: (...call: Parameters<Database['get']>) => database.get(...call),
    all: async (...call: Parameters<Database['all']>) => {
      const rows = await database.all(...call);
      counter.rows += rows.length;
      return rows;
    },
  });
  return { counter, counted };
}

const count = 2_000;
const uidOf = (n: number): string => `1${String(n).padStart(11, '0')}`;

const people = Array.from({ length: count }, (_, n) => ({
  uid: uidOf(n),
  givenName: `Given ${n}`,
  familyName: `Family ${n}`,
  roles: [
    {
      roleId: `2${String(n).padStart(11, '0')}`,
      roleCode: 'S8000:G8000:R8001',
      roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
      orgCode: `ORG${n % 500}`,
      orgName: `Organisation ${n % 500}`,
    },
  ],
}));

describe('a directory of many people', () => {
  let cis: TestCis;
  let database: Database;
  let counter: { rows: number };
  before(async () => {
    database = await openDatabase(':memory:', '');
    const made = counting(database);
    counter = made.counter;
    cis = await startCis({ database: made.counted });
    const { status, body } = await bring({ version: 1, people });
    assert.deepEqual([status, body.added], [200, count]);
  });
  after(async () => {
    await cis.close();
    await database.close();
  });

  async function bring(document: unknown) {
    return cis.call<ImportAnswer>(paths.directoryImport, { body: document, as: 'console' });
  }
  const exported = async () =>
    (await cis.call<{ people: Person[] }>(paths.directoryExport, { as: 'console' })).body;
  const write = (path: string, method: string, body: unknown) =>
    cis.call(path, { method, body, as: 'console' });

  test('exports what was imported, and importing the export changes nothing', async () => {
    const before = await exported();
    const { body } = await bring({ version: 1, people: before.people });
    assert.deepEqual([body.added, body.changed, body.unchanged], [0, 0, before.people.length]);
    assert.deepEqual(await exported(), before);
  });

  test('adds, changes and imports one person without reading the others', async () => {
    const role = { ...people[0]?.roles[0], roleId: undefined };
    const newcomer = { uid: '300000000001', givenName: 'A', familyName: 'B', roles: [role] };
    counter.rows = 0;
    assert.equal((await write(paths.people, 'POST', newcomer)).status, 201);
    assert.equal((await write(paths.person(uidOf(1)), 'PATCH', { title: 'Dr' })).status, 200);
    assert.equal((await bring({ version: 1, people: [{ ...newcomer, uid: '300000000002' }] })).body.added, 1);
    assert.ok(counter.rows < 50, `${counter.rows} rows were read`);
  });

  test('refuses a role profile of another person, also to two writers at once', async () => {
    const foreign = people[7]?.roles[0];
    const taken = { uid: '300000000003', givenName: 'A', familyName: 'B', roles: [foreign] };
    const refused = await write(paths.people, 'POST', taken);
    assert.deepEqual([refused.status, refused.body.field], [422, 'roles.0.roleId']);
    const fresh = { ...foreign, roleId: '299999999999' };
    const answers = await Promise.all(
      ['300000000004', '300000000005'].map((uid) =>
        write(paths.people, 'POST', { ...taken, uid, roles: [fresh] }),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422]);
  });

  test('frees the role profiles of a person who loses them or is removed', async () => {
    const [one, two] = [people[10]?.roles[0], people[11]?.roles[0]];
    assert.equal((await write(paths.person(uidOf(10)), 'PATCH', { roles: [] })).status, 200);
    assert.equal((await write(paths.person(uidOf(11)), 'DELETE', undefined)).status, 204);
    const next = { uid: '300000000006', givenName: 'A', familyName: 'B', roles: [one, two] };
    assert.equal((await write(paths.people, 'POST', next)).status, 201);
  });
});
