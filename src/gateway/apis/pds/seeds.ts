import { type Database, sql } from '../../../storage/database.ts';
import type { PatientRecord } from './patient.ts';
import { recordFrom } from './seeds/build.ts';
import { citizens, scenarios, youds } from './seeds/scenarios.ts';
import { wellKnown } from './seeds/well-known.ts';
import { Patients } from './store.ts';

/** The seeded patients, all fictitious: those of the published sandbox, then one for each thing that can be special. */
export const seededPatients = (): PatientRecord[] =>
  [...wellKnown, ...scenarios, ...youds, ...citizens].map(recordFrom);

/** Keeps the seeded patients, or others, where none of their numbers is taken; says how many are new. */
export async function seed(
  database: Database,
  records: Iterable<PatientRecord> = seededPatients(),
): Promise<number> {
  const inserts = [...records].map((record) =>
    sql(
      'INSERT INTO patient (nhs_number, version, body) VALUES (?, ?, ?) ON CONFLICT (nhs_number) DO NOTHING',
      record.patient.id,
      Number(record.patient.meta.versionId),
      JSON.stringify(record),
    ),
  );
  const { results } = await database.batch(inserts);
  return results.reduce((sum, { changes }) => sum + changes, 0);
}

/** Removes every patient and keeps the seeded ones again: all or nothing. */
export async function reset(database: Database): Promise<void> {
  const patients = new Patients(database);
  await database.batch([
    sql('DELETE FROM patient'),
    ...seededPatients().map((record) => patients.putting(record)),
  ]);
}

export { generatePatients } from './seeds/generate.ts';
