import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { startPostgres, type TestPostgres } from '../../../../../test/testing/postgres.ts';
import { type Database, type Statement, sql } from '../../../../storage/database.ts';
import { openDatabase } from '../../../../storage/dialects.ts';
import { migrationStatements } from '../../../../storage/migrations.ts';
import type { PatientRecord } from '../patient.ts';
import { generatePatients, seed, seededPatients } from '../seed.ts';
import { type BirthRange, Patients } from '../store.ts';
import { bornWithin, type DayBound } from './criteria.ts';

const records = [...seededPatients(), ...generatePatients(2_000)];
const numbers = (list: readonly PatientRecord[]) => list.map(({ patient }) => patient.id).sort();
const born = ({ patient: { birthDate } }: PatientRecord, { from, to }: BirthRange): boolean =>
  birthDate !== undefined && birthDate >= from && birthDate <= to;

const ranges: [string, BirthRange][] = [
  ['one day', { from: '2010-10-22', to: '2010-10-22' }],
  ['one day of many people', { from: '1930-01-01', to: '1930-01-01' }],
  ['some years', { from: '1950-06-01', to: '1961-02-03' }],
  ['everybody', { from: '0000-01-01', to: '9999-12-31' }],
  ['nobody: the end is before the beginning', { from: '2000-01-02', to: '2000-01-01' }],
];

let postgres: TestPostgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

for (const dialect of ['sqlite', 'postgres'] as const)
  describe(`the records that a search reads: ${dialect}`, () => {
    let database: Database;
    let patients: Patients;
    let read = 0;
    before(async () => {
      const opened = await openDatabase(
        dialect === 'sqlite' ? ':memory:' : await postgres.create('patients'),
        '',
      );
      const { all } = opened;
      opened.all = async <R extends object>(statement: Statement): Promise<R[]> => {
        const rows = (await all.call(opened, statement)) as R[];
        read += rows.length;
        return rows;
      };
      database = opened;
      patients = new Patients(database);
      await seed(database, records);
    });
    after(() => database.close());

    const reading = async (range: BirthRange): Promise<PatientRecord[]> => {
      const found: PatientRecord[] = [];
      read = 0;
      for await (const page of patients.bornWithin(range)) {
        assert.ok(page.length <= 250);
        found.push(...page);
      }
      return found;
    };

    for (const [name, range] of ranges)
      test(`are each matching record once and no other: ${name}`, async () => {
        const expected = records.filter((record) => born(record, range));
        assert.deepEqual(numbers(await reading(range)), numbers(expected));
        assert.equal(read, expected.length);
      });

    test('follow a changed date of birth', async () => {
      const jane = await patients.get('9000000009');
      assert.ok(jane);
      const version = Number(jane.patient.meta.versionId);
      const changed = { ...jane, patient: { ...jane.patient, birthDate: '1871-03-04' } };
      assert.ok(await patients.replace(changed, version));
      const day = { from: '1871-03-04', to: '1871-03-04' };
      assert.deepEqual(numbers(await reading(day)), ['9000000009']);
      assert.ok(!numbers(await reading({ from: '2010-10-22', to: '2010-10-22' })).includes('9000000009'));
    });

    test('include records stored before the column existed', async () => {
      await database.batch([
        sql('DROP INDEX patient_birth'),
        sql('ALTER TABLE patient DROP COLUMN birth_date'),
        ...migrationStatements(10, database.dialect),
      ]);
      assert.deepEqual(numbers(await reading({ from: '1871-03-04', to: '1871-03-04' })), ['9000000009']);
      const withBirth = records.filter(({ patient }) => patient.birthDate !== undefined).length;
      assert.equal((await reading({ from: '0000-01-01', to: '9999-12-31' })).length, withBirth);
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
