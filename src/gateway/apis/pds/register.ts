import { Refusal } from '@alongside/kernel/errors';
import type { Database } from '../../../storage/database.ts';
import { descriptionOf } from '../../errors/catalogue.ts';
import { isNhsNumber } from './nhs-number.ts';
import { outcomes } from './outcomes.ts';
import type { Gender, PatientRecord } from './patient.ts';
import { forgetRepetitionsStatement } from './repetitions.ts';
import { listPatients, summaryOf } from './search/list.ts';
import { located, named, recordFrom } from './seed/build.ts';
import { populationFrom } from './seed/population.ts';
import { seed } from './seed.ts';
import { checkShape, patientShape } from './shape.ts';
import { insertPatientStatements, Patients, removePatientsStatements } from './store.ts';
import { checkTexts, checkValues } from './values.ts';

/** A patient that a tester adds. */
interface PatientOutline {
  family: string;
  given: readonly string[];
  gender: Gender;
  birthDate: string;
  line?: readonly string[] | undefined;
  postalCode?: string | undefined;
  nhsNumber?: string | undefined;
}

function recordOf(outline: PatientOutline, id: string): PatientRecord {
  const { family, given, gender, birthDate, line, postalCode } = outline;
  const [first = '', ...rest] = line ?? ['1 Test Street', 'Leeds'];
  // The town is the fourth line.
  const lines = [first, ...rest.slice(0, -1), '', '', ''].slice(0, 3).concat(rest.at(-1) ?? '');
  return recordFrom({
    id,
    name: [named(family, [...given])],
    gender,
    birthDate,
    address: [located(lines, postalCode?.toUpperCase() ?? 'LS1 6AE')],
  });
}

/** Throws the refusal of the PDS for a record that it could not have. */
function checkRecord({ patient }: PatientRecord): void {
  if (!isNhsNumber(patient.id))
    throw outcomes.invalidField('a wrong number', { field: 'nhsNumber', value: patient.id });
  checkTexts(patient);
  checkShape(patientShape, patient);
  checkValues({}, patient);
}

/** The records of the PDS for the console: an export to import, and fictitious patients for tests. */
export function patientRegister(database: Database) {
  const patients = new Patients(database);
  return {
    /** Replaces all patients by those of a checked export. */
    async replaceAll(records: readonly object[]): Promise<void> {
      await database.batch([
        ...removePatientsStatements(),
        forgetRepetitionsStatement(),
        ...records.flatMap((record) => insertPatientStatements(record as PatientRecord)),
      ]);
    },

    /** Returns a page of the patients, or of those that a search finds. */
    async list(query: { search: string; after: string; limit: number }) {
      const { records, next } = await listPatients(database, query);
      return { patients: records.map(summaryOf), next };
    },

    find: (nhsNumber: string): Promise<object | undefined> => patients.get(nhsNumber),

    /** Adds a patient. Returns no record if the number is taken, or the problem of a patient that the PDS could not have. */
    async add(outline: PatientOutline): Promise<{ record: object | undefined } | { problem: string }> {
      for (;;) {
        const record = recordOf(outline, outline.nhsNumber ?? (await patients.freeNumber()));
        try {
          checkRecord(record);
        } catch (refusal) {
          if (refusal instanceof Refusal) return { problem: descriptionOf(refusal) };
          throw refusal;
        }
        if (await patients.add(record)) return { record };
        if (outline.nhsNumber !== undefined) return { record: undefined };
      }
    },

    /** Stores the next part of the generated population. */
    async generate(household: number, count: number) {
      const { records, nextHousehold } = populationFrom(household, count);
      return { added: await seed(database, records), patients: records.length, nextHousehold };
    },
  };
}
