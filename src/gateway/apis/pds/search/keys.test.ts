import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { sharePostgres, type TestDatabases } from '../../../../../test/testing/postgres.ts';
import { type Database, sql } from '../../../../storage/database.ts';
import { openDatabase } from '../../../../storage/dialects.ts';
import type { PatientRecord } from '../patient.ts';
import { named } from '../seed/build.ts';
import { generatePatients } from '../seed/population.ts';
import { seed, seededPatients } from '../seed.ts';
import { Patients } from '../store.ts';
import { bornWithin, type Criteria, type DayBound, readCriteria } from './criteria.ts';
import { listPatients } from './list.ts';
import { fold, scoreOf, searchedNames } from './match.ts';
import { Turns } from './turns.ts';

const records = [...seededPatients(), ...generatePatients(2_000)];
const names = records.flatMap(({ patient, history }) => [...(patient.name ?? []), ...history.name]);
const families = [...new Set(names.map(({ family }) => family))];
const givens = [...new Set(names.flatMap(({ given = [] }) => given))];
const days = [...new Set(records.flatMap(({ patient: { birthDate } }) => birthDate ?? []))];

/** A search that usually finds a patient: from one record or a mixture of several, also misspelt, swapped or cut. */
const query = fc
  .record({
    record: fc.constantFrom(...records.filter(({ patient }) => patient.birthDate && patient.name)),
    otherFamily: fc.option(fc.constantFrom(...families)),
    otherGiven: fc.option(fc.constantFrom(...givens)),
    range: fc.constantFrom('day', 'decade', 'other', 'all'),
    other: fc.constantFrom(...days),
    form: fc.constantFrom('exact', 'wildcard', 'history', 'fuzzy', 'sound', 'swapped', 'without family'),
    withGender: fc.boolean(),
  })
  .map(({ record: { patient, history }, otherFamily, otherGiven, range, other, form, withGender }) => {
    const own =
      form === 'history' || form === 'fuzzy' ? (history.name[0] ?? patient.name?.[0]) : patient.name?.[0];
    const family = otherFamily ?? own?.family ?? '';
    const given = otherGiven ?? own?.given?.[0] ?? 'X';
    const year = Number(patient.birthDate?.slice(0, 3));
    const birth: Record<string, string[]> = {
      day: [`eq${patient.birthDate}`],
      decade: [`ge${year}0-01-01`, `le${year}9-12-31`],
      other: [other],
      all: ['ge0001-01-01'],
    };
    const fuzzy = ['fuzzy', 'sound', 'swapped', 'without family'].includes(form);
    const pairs: [string, string][] = [
      ...(birth[range] ?? []).map((day): [string, string] => ['birthdate', day]),
      ...(fuzzy ? [['_fuzzy-match', 'true'] as [string, string]] : []),
      ...(form === 'history' ? [['_history', 'true'] as [string, string]] : []),
    ];
    if (form === 'swapped') pairs.push(['family', given], ['given', family]);
    else if (form === 'without family')
      pairs.push(
        ['given', given],
        ['address-postalcode', patient.address?.[0]?.postalCode ?? 'LS1 6AE'],
        ['gender', patient.gender ?? 'unknown'],
      );
    else {
      pairs.push([
        'family',
        form === 'wildcard' ? `${family.slice(0, 2)}*` : form === 'sound' ? `${family}e` : family,
      ]);
      if (fuzzy || withGender) pairs.push(['given', given]);
    }
    if (withGender && form !== 'without family') pairs.push(['gender', patient.gender ?? 'unknown']);
    return new URLSearchParams(pairs).toString();
  });

const scanned = (criteria: Criteria, among: readonly PatientRecord[]): string[] =>
  among
    .filter((record) => scoreOf(record, criteria) !== undefined)
    .map(({ patient }) => patient.id)
    .sort();

let postgres: TestDatabases;
before(async () => {
  postgres = await sharePostgres();
});
after(() => postgres.stop());

for (const dialect of ['sqlite', 'postgres'] as const)
  describe(`a search by keys on ${dialect}`, () => {
    let database: Database;
    let patients: Patients;
    before(async () => {
      const setting = dialect === 'sqlite' ? ':memory:' : await postgres.create('patients');
      database = await openDatabase(setting, '');
      patients = new Patients(database);
      await seed(database, records);
    });
    after(() => database.close());

    /** Returns the numbers of all records that a search compares and that match. */
    const found = async (criteria: Criteria): Promise<string[] | undefined> => {
      const numbers: string[] = [];
      const isPossible = await patients.search(criteria, (record) => {
        if (scoreOf(record, criteria) !== undefined) numbers.push(record.patient.id);
        return true;
      });
      return isPossible ? numbers.sort() : undefined;
    };

    test('finds exactly the records that a comparison of all records finds', async () => {
      let total = 0;
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const criteria = readCriteria(text);
          const expected = scanned(criteria, records);
          total += expected.length;
          assert.deepEqual(await found(criteria), expected, text);
        }),
        { numRuns: 250 },
      );
      assert.ok(total > 250, 'the searches find somebody');
    });

    /** Returns the numbers on all pages of a list. */
    async function listed(search: string, limit = 7): Promise<string[]> {
      const numbers: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const page = await listPatients(database, { search, after, limit });
        assert.ok(page.records.length <= limit);
        numbers.push(...page.records.map(({ patient }) => patient.id));
        after = page.next;
      }
      return numbers;
    }

    test('lists every patient once, or those with a date of birth or the beginning of a number', async () => {
      const numbers = (is: (record: PatientRecord) => boolean) =>
        records
          .filter(is)
          .map(({ patient }) => patient.id)
          .sort();
      assert.deepEqual(
        await listed('', 300),
        numbers(() => true),
      );
      assert.deepEqual(
        await listed('900000'),
        numbers(({ patient }) => patient.id.startsWith('900000')),
      );
      assert.deepEqual(await listed('900 000 0009'), ['9000000009']);
      const born = numbers(({ patient }) => patient.birthDate === '2010-10-22');
      for (const day of ['2010-10-22', '22/10/2010', '22-Oct-2010'])
        assert.deepEqual(await listed(day), born);
      assert.ok(born.includes('9000000009'));
    });

    test('lists once each patient whose names begin with the words of a search', async () => {
      const hasOne = (record: PatientRecord, word: string, kinds: readonly ('family' | 'given')[]) =>
        (record.patient.name ?? [])
          .filter(({ use }) => searchedNames.includes(use))
          .some((name) =>
            kinds.some((kind) => [name[kind] ?? []].flat().some((one) => fold(one).startsWith(word))),
          );
      for (const family of [...families.slice(0, 20), 'Sm', 'O', 'Zzz', '%', '_']) {
        const word = fold(family);
        const found = await listed(family, 3);
        assert.equal(new Set(found).size, found.length, family);
        for (const { patient } of records.filter(
          (record) => record.patient.birthDate && hasOne(record, word, ['family']),
        ))
          assert.ok(found.includes(patient.id), `${family} ${patient.id}`);
        for (const record of records.filter(({ patient }) => found.includes(patient.id)))
          assert.ok(hasOne(record, word, ['family', 'given']), family);
      }
      for (const search of ['Jane Smith', 'smith JANE', 'Smith 2010-10-22', 'jan sm 22/10/2010'])
        assert.ok((await listed(search, 1)).includes('9000000009'), search);
      assert.ok((await listed('Jane')).includes('9000000009'));
      assert.ok(!(await listed('Smith 2010-10-23')).includes('9000000009'));
    });

    test('lists a page from any position that it did not give', async () => {
      for (const after of ['x', '9 9', '1 2 3', '0   z', '0   \0', '1  \ud800 ', '\u{10ffff}'])
        for (const search of ['', 'smith', '\0', '\ud800smith', '900', '2010-10-22'])
          assert.ok(await listPatients(database, { search, after, limit: 5 }));
    });

    test('follows a changed name and date of birth, with the former name in the history', async () => {
      const jane = await patients.get('9000000009');
      assert.ok(jane);
      const { birthDate: _birthDate, ...patient } = jane.patient;
      const changed = {
        ...jane,
        patient: { ...patient, birthDate: '1871-03-04', name: [named('Zimmermann', ['Jane'])] },
        history: { ...jane.history, name: jane.patient.name ?? [] },
      };
      assert.ok(await patients.replace(jane, changed));
      const numbers = async (text: string) => (await found(readCriteria(text))) ?? [];
      assert.deepEqual(await numbers('family=Zimmermann&birthdate=1871-03-04'), ['9000000009']);
      assert.deepEqual(await numbers('family=Smith&birthdate=1871-03-04'), []);
      assert.deepEqual(await numbers('family=Smith&birthdate=1871-03-04&_history=true'), ['9000000009']);
      assert.ok(!(await numbers('family=Smith&birthdate=2010-10-22')).includes('9000000009'));
    });

    test('finds records that were stored before there were keys', async () => {
      const all = () =>
        database.all(sql('SELECT * FROM patient_key ORDER BY kind, key, birth_date, nhs_number'));
      const keys = await all();
      await database.batch([
        sql('DELETE FROM patient_key'),
        sql("DELETE FROM setting WHERE name = 'pds.keys'"),
      ]);
      await Promise.all([patients.completeKeys(), patients.completeKeys()]);
      assert.deepEqual(await all(), keys);
      await database.run(sql('DELETE FROM patient_key'));
      await patients.completeKeys();
      assert.deepEqual(await all(), [], 'not again once they are complete');
      await database.run(sql("DELETE FROM setting WHERE name = 'pds.keys'"));
      await patients.completeKeys();
    });

    test('compares no more than 2,000 records', async () => {
      const rows = Array.from({ length: 2_001 }, (_, at) => `('f', 'crowd', '1950-01-01', '${at}')`);
      await database.run(
        sql(`INSERT INTO patient_key (kind, key, birth_date, nhs_number) VALUES ${rows.join(', ')}`),
      );
      assert.equal(await found(readCriteria('family=Crowd&birthdate=1950-01-01')), undefined);
      await database.run(sql("DELETE FROM patient_key WHERE key = 'crowd' AND nhs_number = '0'"));
      assert.deepEqual(await found(readCriteria('family=Crowd&birthdate=1950-01-01')), []);
      await database.run(sql("DELETE FROM patient_key WHERE key = 'crowd'"));
    });
  });

describe('Turns', () => {
  test('does one piece of work in each round of the event loop, for any number of workers', async () => {
    const turns = new Turns();
    let rounds = 0;
    let counts = true;
    const count = () => {
      rounds++;
      if (counts) setImmediate(count);
    };
    setImmediate(count);
    const busy = () => {
      const until = performance.now() + 5;
      while (performance.now() < until);
      return true;
    };
    await Promise.all([1, 2, 3, 4].map(() => turns.each([1, 2, 3, 4, 5], busy)));
    counts = false;
    assert.ok(rounds >= 19, `${rounds} rounds for 20 pieces`);
  });

  test('stops when the work returns false, and continues with the next after an error', async () => {
    const turns = new Turns();
    const seen: number[] = [];
    await turns.each([1, 2, 3], (value) => seen.push(value) < 2);
    assert.deepEqual(seen, [1, 2]);
    const failing = turns.each([1], () => {
      throw new Error('this one');
    });
    await assert.rejects(failing, /this one/);
    await turns.each([4], (value) => seen.push(value) > 0);
    assert.deepEqual(seen, [1, 2, 4]);
  });
});

test('bornWithin returns the days that satisfy each bound', () => {
  const day = fc.integer({ min: 1, max: 9 }).map((n) => `2000-01-0${n}`);
  const bound: fc.Arbitrary<DayBound> = fc.record({ compare: fc.constantFrom('eq', 'ge', 'le'), day });
  const meets = (one: string, { compare, day: limit }: DayBound) =>
    compare === 'eq' ? one === limit : compare === 'ge' ? one >= limit : one <= limit;
  fc.assert(
    fc.property(fc.array(bound, { minLength: 1, maxLength: 4 }), day, (birthDate, one) => {
      const { from, to } = bornWithin({ birthDate });
      assert.equal(
        one >= from && one <= to,
        birthDate.every((limit) => meets(one, limit)),
      );
    }),
  );
});
