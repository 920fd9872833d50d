import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { sharePostgres } from '../../../../test/testing/postgres.ts';
import type { Database } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import type { BackEnd } from '../../api.ts';
import { makeBackEnd } from './back-end.ts';
import type { Patient } from './patient.ts';
import { seed } from './seed.ts';
import { patientShape } from './shape.ts';
import { Patients } from './store.ts';

type Postgres = Awaited<ReturnType<typeof sharePostgres>>;

/** Texts that storage, JSON or comparison could stumble over. */
const text = fc.oneof(
  fc.constantFrom(
    '\u0000',
    '\ud800',
    '\udfff x',
    '\u202e',
    '\u{10ffff}',
    'ﬃ',
    'Ａ',
    'é',
    'İ',
    '*',
    '__proto__',
    '',
    ' ',
  ),
  fc.constant('x'.repeat(60_000)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const value = fc.oneof(
  text,
  fc.constantFrom(null, 0, -1, 1e308, true, [], {}, [[]], { toString: 1, valueOf: 1, url: { toString: 1 } }),
  fc.array(text, { maxLength: 7 }),
  fc.dictionary(
    fc.oneof(
      text.filter((key) => key.length < 100),
      fc.constantFrom('id', 'use', 'family', 'line', 'period'),
    ),
    text,
    { maxKeys: 5 },
  ),
);
const path = fc.constantFrom(
  '/name/0/family',
  '/name/0/given',
  '/name/0/given/0',
  '/name/0/prefix',
  '/name/-',
  '/name/0',
  '/gender',
  '/birthDate',
  '/address/0/line',
  '/address/0/line/1',
  '/address/0/postalCode',
  '/address/-',
  '/telecom/0/value',
  '/telecom/-',
  '/contact/-',
  '/extension/-',
  '/extension/0',
  '/deceasedDateTime',
  '/multipleBirthInteger',
  '/generalPractitioner/0/identifier/value',
);
const patch = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ op: fc.constantFrom('add', 'replace', 'remove', 'test'), path, value }),
  },
  { weight: 1, arbitrary: fc.record({ op: value, path: value, value }) },
);
const names = [
  { op: 'test', path: '/name/0/id', value: '123' },
  { op: 'test', path: '/address/0/id', value: '456' },
];

for (const dialect of ['SQLite', 'PostgreSQL'])
  describe(`hostile input on ${dialect}`, () => {
    const id = '9733162043';
    let database: Database;
    let patients: Patients;
    let backEnd: BackEnd;
    let postgres: Postgres | undefined;
    before(async () => {
      postgres = dialect === 'PostgreSQL' ? await sharePostgres() : undefined;
      database = await openDatabase(postgres ? await postgres.create('hostile') : ':memory:', '');
      await seed(database);
      patients = new Patients(database);
      backEnd = makeBackEnd(database, new ManualClock(Date.UTC(2026, 6, 1)));
    });
    after(async () => {
      await database.close();
      await postgres?.stop();
    });

    /** Sends a request and returns its response; a refusal of the gateway as the refusal. */
    const send = async (
      method: string,
      at: string,
      body: unknown,
      headers: Record<string, string> = {},
      query = '',
    ) => {
      const sent = { 'nhsd-request-id': randomUUID(), 'content-type': 'application/json', ...headers };
      const asked = { method, path: at, query, headers: new Map(Object.entries(sent)), messageId: '' };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      try {
        const { status, body: answered } = await backEnd({ ...asked, body: text });
        return { status, body: JSON.parse(String(answered)) as Patient };
      } catch (thrown) {
        assert.ok(thrown instanceof Refusal, String(thrown));
        return { status: thrown.entry.status, body: undefined };
      }
    };
    const stored = async () => {
      const record = await patients.get(id);
      assert.ok(record);
      return record;
    };

    test('changes a record to one of the published shape, or not at all', async () => {
      let changed = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 4 }), async (patches) => {
          const was = await stored();
          const version = { 'if-match': `W/"${was.patient.meta.versionId}"` };
          const { status } = await send(
            'PATCH',
            `/Patient/${id}`,
            { patches: [...names, ...patches] },
            version,
          );
          const is = await stored();
          if (status === 200) {
            changed++;
            const { error } = patientShape.safeParse(is.patient);
            assert.equal(error, undefined, JSON.stringify(patches));
            assert.doesNotMatch(JSON.stringify(is), /\\u0000|\\ud[89a-f]/);
          } else {
            assert.ok(status >= 400 && status < 500, `${status}`);
            assert.deepEqual(is, was);
          }
        }),
        { numRuns: 300 },
      );
      assert.ok(changed > 0, 'some changes are valid');
    });

    test('applies 100 operations or none of them, and refuses 101', async () => {
      const line = (at: number) => ({ op: 'replace', path: '/address/0/line/0', value: `${at} Way` });
      const many = (count: number) => [names[1], ...Array.from({ length: count - 1 }, (_, at) => line(at))];
      const patchAll = async (patches: unknown[]) => {
        const version = { 'if-match': `W/"${(await stored()).patient.meta.versionId}"` };
        return (await send('PATCH', `/Patient/${id}`, { patches }, version)).status;
      };
      const was = await stored();
      const bad = { op: 'replace', path: '/address/0/line/0', value: '\u0000' };
      assert.equal(await patchAll([...many(99), bad]), 400);
      assert.equal(await patchAll(many(101)), 400);
      assert.deepEqual(await stored(), was);
    });

    test('refuses a body of 100,000 levels or members in any place', async () => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000);
      const wide = JSON.stringify(
        Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, 1])),
      );
      for (const hostile of [deep, wide]) {
        const version = { 'if-match': `W/"${(await stored()).patient.meta.versionId}"` };
        const was = await stored();
        for (const patches of [
          hostile,
          `[${hostile}]`,
          ...['op', 'path', 'value'].map(
            (name) => `[{"op":"add","path":"/name/-","value":1,"${name}":${hostile}}]`,
          ),
        ])
          assert.equal(
            (await send('PATCH', `/Patient/${id}`, `{"patches":${patches}}`, version)).status,
            400,
          );
        assert.deepEqual(await stored(), was);
        const patient = '"gender":"female","birthDate":"1990-10-22","address":[]';
        for (const body of [
          hostile,
          `{"name":${hostile},${patient}}`,
          `{"x":${hostile},"name":[],${patient}}`,
        ])
          for (const at of ['/Patient', '/Coverage'])
            assert.equal((await send('POST', at, body, version)).status, 400);
      }
    });

    test('creates a patient of the published shape, or none', async () => {
      const member = fc.constantFrom(
        'name',
        'gender',
        'birthDate',
        'address',
        'telecom',
        'extension',
        'id',
        'x',
      );
      const base = {
        name: [{ use: 'usual', family: 'Newby', given: ['Robin'] }],
        gender: 'female',
        birthDate: '1990-10-22',
        address: [{ use: 'home', period: { start: '2024-01-01' }, line: ['1 Way', 'Leeds'] }],
        extension: [],
      };
      await fc.assert(
        fc.asyncProperty(member, value, async (name, hostile) => {
          const { status, body } = await send('POST', '/Patient', { ...base, [name]: hostile });
          assert.ok(status === 201 || status === 200 || (status >= 400 && status < 500), `${status}`);
          if (status === 201) assert.equal(patientShape.safeParse(body).error, undefined);
        }),
        { numRuns: 150 },
      );
      const wholeBody = fc.oneof(value, fc.jsonValue());
      await fc.assert(
        fc.asyncProperty(wholeBody, fc.constantFrom('/Patient', '/Coverage'), async (body, at) => {
          const { status } = await send('POST', at, body, { 'if-match': 'W/"2"' });
          assert.ok(status >= 400 && status < 500, `${status}`);
        }),
        { numRuns: 100 },
      );
    });

    test('is searched for or refused', async () => {
      const name = fc.constantFrom(
        'family',
        'given',
        'birthdate',
        'gender',
        'email',
        'phone',
        'address-postalcode',
        '_max-results',
        'general-practitioner',
      );
      await fc.assert(
        fc.asyncProperty(name, text, fc.boolean(), async (parameter, hostile, fuzzy) => {
          const query = new URLSearchParams({ family: 'Smith', given: 'Jane', birthdate: 'eq2010-10-22' });
          if (fuzzy) query.set('_fuzzy-match', 'true');
          query.set(parameter, hostile);
          const { status } = await send('GET', '/Patient', undefined, {}, query.toString());
          assert.ok(status === 200 || (status >= 400 && status < 500), `${status}`);
        }),
        { numRuns: 200 },
      );
    });
  });
