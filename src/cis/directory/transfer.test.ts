import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type ImportAnswer, type PeopleAnswer, type Person, paths } from '../protocol.ts';
import { issueCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';
import { writeDirectoryCsv } from './csv.ts';
import { columnNames, joinList, splitList, unescapeFormula, writeCell } from './csv-columns.ts';
import { ImportSpool } from './import-spool.ts';
import { receiveCsv } from './receive-csv.ts';
import { slicesOf } from './received-file.ts';

describe('import and export of the directory', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  beforeEach(() => cis.reset());
  after(() => cis.close());

  const csv = 'text/csv';
  async function bring(
    body: string,
    type = csv,
    query = '',
  ): Promise<{ status: number; answer: ImportAnswer }> {
    const { status, body: answer } = await cis.call<ImportAnswer>(`${paths.directoryImport}${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
      as: 'console',
    });
    return { status, answer };
  }
  const everybody = async () => (await cis.call<PeopleAnswer>(paths.people, { as: 'console' })).body.people;
  const exported = async () =>
    JSON.stringify((await cis.call(paths.directoryExport, { as: 'console' })).body);

  test('imports an export in JSON and in CSV without changes', async () => {
    const people = await everybody();
    assert.equal(people.length, 16);
    const document = await exported();
    assert.deepEqual(Object.keys(JSON.parse(document)), ['version', 'people', 'organisations', 'activities']);
    assert.deepEqual((await bring(document, 'application/json')).answer, {
      dryRun: false,
      added: 0,
      changed: 0,
      unchanged: 16,
      errors: [],
    });
    assert.deepEqual((await bring(writeDirectoryCsv(people))).answer.unchanged, 16);
    assert.deepEqual(await everybody(), people);
  });

  test('restores all people from CSV into an empty directory', async () => {
    const people = await everybody();
    const text = writeDirectoryCsv(people);
    for (const { uid } of people) await cis.call(paths.person(uid), { method: 'DELETE', as: 'console' });
    assert.equal((await bring(text)).answer.added, 16);
    assert.deepEqual(await everybody(), people);
  });

  const head = 'uid,givenName,familyName,orgCode,orgName,roleCode,roleName,activities';
  const nurse = '"""Clinical"":""Clinical Provision"":""Nurse Access Role"""';
  const line = (uid: string, more = `A9A5A,,S8000:G8000:R8001,${nurse},B0825 Amend|B0401 View`) =>
    `${uid},Tilda,Farthingale,${more}`;

  test('adds people and roles, once for the same file', async () => {
    const text = [
      head,
      line('100000000001'),
      line('100000000001', `NEW1,New Clinic,S8000:G8000:R8001,${nurse},`),
    ].join('\r\n');
    assert.deepEqual((await bring(text)).answer, {
      dryRun: false,
      added: 1,
      changed: 0,
      unchanged: 0,
      errors: [],
    });
    const { body: person } = await cis.call<Person>(paths.person('100000000001'), { as: 'console' });
    assert.deepEqual(
      person.roles.map(({ orgCode, orgName, activities }) => [
        orgCode,
        orgName,
        activities.map(({ code }) => code),
      ]),
      [
        ['A9A5A', 'Alder Vale Test Practice', ['B0825', 'B0401']],
        ['NEW1', 'New Clinic', []],
      ],
    );
    assert.equal((await bring(text)).answer.unchanged, 1);
    const audits = (await cis.audit.list()).filter(({ action }) => action === 'directory.imported');
    assert.deepEqual(
      audits.slice(-2).map(({ actor, detail }) => [actor, detail]),
      [
        ['console', { added: 1, changed: 0 }],
        ['console', { added: 0, changed: 0 }],
      ],
    );
  });

  test('keeps disabled people disabled and keeps claims that CSV has no column for', async () => {
    const path = paths.person(uids.gp);
    const otherClaims = { badge: 7 };
    await cis.call(path, { method: 'PATCH', body: { disabled: true, otherClaims }, as: 'console' });
    const text = writeDirectoryCsv(await everybody());
    assert.equal((await bring(text)).answer.unchanged, 16);
    await bring([head, line(uids.gp)].join('\n'));
    const { body: person } = await cis.call<Person>(path, { as: 'console' });
    assert.deepEqual([person.givenName, person.disabled, person.otherClaims], ['Tilda', true, otherClaims]);
    await bring([`${head},disabled`, `${line(uids.gp)},false`].join('\n'));
    assert.equal((await cis.call<Person>(path, { as: 'console' })).body.disabled, false);
  });

  test('returns the same response for a dry run and writes nothing', async () => {
    const before = await everybody();
    const { status, answer } = await bring([head, line('100000000002')].join('\n'), csv, '?dryRun=true');
    assert.deepEqual([status, answer.added, answer.dryRun], [200, 1, true]);
    assert.deepEqual(await everybody(), before);
  });

  test('reports every error with its line and writes nothing', async () => {
    const before = await everybody();
    const text = [
      head,
      line('100000000003'),
      line('12'),
      '100000000004,"Two',
      'lines",Farthingale,,,,,',
      line('100000000005', `a9a5a,,S8000:G8000:R8001,${nurse},`),
      line('100000000006', `A9A5A,,R8001,${nurse},`),
      line('100000000007', 'A9A5A,,S8000:G8000:R8001,Nurse,'),
      line('100000000008', `A9A5A,,S8000:G8000:R8001,${nurse},X0825 Amend`),
      line('100000000009', `UNKN,,S8000:G8000:R8001,${nurse},`),
      line('', `A9A5A,,S8000:G8000:R8001,${nurse},`),
      '100000000010,Tilda',
      line('100000000003').replace('Farthingale', 'Other'),
      line('100000000011', `,,S8000:G8000:R8001,${nurse},`),
      line('100000000012', `A9A5A,Another Name,S8000:G8000:R8001,${nurse},`),
    ].join('\r\n');
    const { status, answer } = await bring(text);
    assert.equal(status, 422);
    const found = answer.errors.map(({ line: at, field, problem }) => `${at} ${field}: ${problem}`);
    assert.deepEqual(found, [
      '3 uid: must be 12 digits',
      '4 givenName: must not hold control characters',
      '6 organisations.0.orgCode: must be an ODS code: 3 to 12 capital letters and digits',
      '7 roles.0.roleCode: must be staff group, sub-group and job role: S8000:G8000:R8001',
      '8 roles.0.roleName: must be three quoted parts joined by colons: "Clinical":"Clinical Provision":"Nurse Access Role"',
      '9 roles.0.activities.0.code: must be a business function: B0825',
      '10 organisations.0.orgName: is required: UNKN is not in the directory yet',
      '11 uid: is required',
      '12 : has 2 cells, not 8',
      '13 familyName: differs from line 2',
      '14 orgCode: is required for a role',
      '15 organisations.0.orgName: must be "Alder Vale Test Practice", as the directory has it',
    ]);
    assert.deepEqual(await everybody(), before);
  });

  test('rejects role profile ids and personas of other people, in the file and in the directory', async () => {
    const people = await everybody();
    const gp = people.find(({ persona }) => persona === 'gp') ?? assert.fail();
    const thief = { ...gp, uid: '100000000020', persona: null };
    const twin = { ...gp, uid: '100000000021', roles: [], organisations: [] };
    const send = (list: unknown[]) => bring(JSON.stringify({ version: 1, people: list }), 'application/json');
    const problems = async (list: unknown[]) =>
      (await send(list)).answer.errors.map(({ line: at, field, problem }) => `${at} ${field}: ${problem}`);
    assert.deepEqual(await problems([thief]), [`1 roleId: ${gp.roles[0]?.roleId} belongs to another person`]);
    assert.deepEqual(await problems([twin]), ['1 persona: gp belongs to another person']);
    assert.deepEqual(await problems([gp, gp]), ['2 uid: is repeated']);
    // Personas may move between people of one file.
    const nurseNow = people.find(({ persona }) => persona === 'nurse') ?? assert.fail();
    const swapped = [
      { ...gp, persona: 'nurse' },
      { ...nurseNow, persona: 'gp' },
    ];
    assert.deepEqual((await send(swapped)).answer, {
      dryRun: false,
      added: 0,
      changed: 2,
      unchanged: 0,
      errors: [],
    });
  });

  test('ends the sessions of people whom an import disables', async () => {
    const desk = new Desk(cis);
    await desk.signIn(await issueCard(cis, uids.gp));
    const people = (await everybody()).map((person) =>
      person.uid === uids.gp ? { ...person, disabled: true } : person,
    );
    assert.equal((await bring(writeDirectoryCsv(people))).answer.changed, 1);
    assert.equal((await desk.heartbeat()).status, 410);
  });

  test('rejects a malformed import', async () => {
    assert.equal((await bring('{', 'application/json')).status, 400);
    assert.equal((await bring('{"version":2,"people":[]}', 'application/json')).status, 400);
    assert.equal((await bring('x', 'text/plain')).status, 415);
    assert.equal((await bring(head, csv, '?dryRun=maybe')).status, 400);
    for (const [text, problem] of [
      ['', '1 uid: is required'],
      ['uid,colour\n1,2', '1 colour: is not a column'],
      ['uid,\u001b]0;x\u0007\n1,2', '1 ?]0;x?: is not a column'],
      ['uid,uid\n1,2', '1 : a column is repeated'],
      ['givenName\nx', '1 uid: is required'],
    ] as const) {
      const { status, answer } = await bring(text);
      const [first] = answer.errors;
      assert.deepEqual([status, `${first?.line} ${first?.field}: ${first?.problem}`], [422, problem]);
    }
    const broken = await bring('uid,givenName\n"1,2\n3,4');
    assert.equal(broken.status, 422);
    assert.match(broken.answer.errors[0]?.problem ?? '', /Quote/i);
    for (const as of ['cis2', 'authorisation', 'cardIssuer'] as const) {
      assert.equal((await cis.call(paths.directoryExport, { as })).status, 403);
      assert.equal((await cis.call(paths.directoryImport, { method: 'POST', as })).status, 403);
    }
    assert.equal((await cis.call(`${paths.directoryExport}?format=xml`, { as: 'console' })).status, 400);
  });

  test('lists and imports activities, and expands those of a person', async () => {
    const codesOf = async () => {
      const { body } = await cis.call(paths.personActivities(uids.gp), { as: 'cis2' });
      const [role] = body.roles as { activities: { code: string; includedBy: string | null }[] }[];
      return role?.activities.map(({ code, includedBy }) => [code, includedBy]);
    };
    const own = ['B0420', 'B0401', 'B0360', 'B0825'].map((code) => [code, null]);
    assert.deepEqual(await codesOf(), [...own, ['B0820', 'B0825']]);
    const activities = [
      { code: 'B0825', name: 'Amend', includes: ['B0820'] },
      { code: 'B0820', name: 'View', includes: ['B0001', 'B0825'] },
      { code: 'B0001', name: 'More', includes: ['B0401'] },
    ];
    const document = JSON.stringify({ version: 1, people: [], activities });
    assert.equal((await bring(document, 'application/json')).status, 200);
    assert.deepEqual(await codesOf(), [...own, ['B0820', 'B0825'], ['B0001', 'B0820']]);
    assert.deepEqual((await cis.call(paths.activities, { as: 'console' })).body, { activities });
    const odd = JSON.stringify({ version: 1, people: [], activities: [{ code: 'R1', name: 'x' }] });
    assert.equal((await bring(odd, 'application/json')).status, 400);
    assert.equal((await cis.call(paths.personActivities('1'), { as: 'console' })).status, 404);
  });
});

describe('CSV cells', () => {
  test('escapes formulas and reads every cell back unchanged', () => {
    const dangerous = fc.constantFrom(
      '=',
      '+',
      '-',
      '@',
      '\uFF1D',
      '\uFF20',
      '\t',
      '\r',
      "'",
      '"',
      ',',
      '\n',
      ' ',
      'a',
      '|',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(dangerous, { maxLength: 8 }), (parts) => {
        const value = parts.join('');
        const cell = writeCell(value);
        assert.ok(!/^"?[=+\-@\uFF1D\uFF20\t\r]/.test(cell), cell);
        const [[read = ''] = []] = parse(`${cell},x`, { relax_quotes: false }) as string[][];
        assert.equal(unescapeFormula(read), value);
      }),
    );
  });

  test('reads lists back unchanged', () => {
    const entries = fc.array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(entries, (list) => {
        fc.pre(list.join('').trim() !== '');
        assert.deepEqual(splitList(joinList(list)), list);
      }),
    );
  });

  test('parses any text without throwing', async () => {
    const piece = fc.oneof(
      fc.constantFrom(...columnNames, ',', '\n', '"', '\r\n', ';'),
      fc.string({ maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const slices = slicesOf(Readable.from([Buffer.from(pieces.join(''))]));
        const { people, problems } = await receiveCsv(slices, new ImportSpool());
        assert.ok(people instanceof Map && Array.isArray(problems));
      }),
    );
  });
});
