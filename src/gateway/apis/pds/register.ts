import type { Database } from '../../../storage/database.ts';
import type { PatientRecord } from './patient.ts';
import { forgetRepetitionsStatement } from './repetitions.ts';
import { insertPatientStatements, removePatientsStatements } from './store.ts';

/** Replaces all patients by these, all or none. The records come from an export, which has been checked. */
export async function replacePatients(database: Database, records: readonly object[]): Promise<void> {
  await database.batch([
    ...removePatientsStatements(),
    forgetRepetitionsStatement(),
    ...records.flatMap((record) => insertPatientStatements(record as PatientRecord)),
  ]);
}
