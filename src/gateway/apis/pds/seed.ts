import { type Database, sql } from '../../../storage/database.ts';
import type { PatientRecord } from './patient.ts';
import { recordFrom } from './seed/build.ts';
import { citizens, scenarios, youds } from './seed/scenarios.ts';
import { wellKnown } from './seed/well-known.ts';
import { insertPatientStatement } from './store.ts';

/** Returns the seeded patients, all fictitious: those of the published sandbox, then one for each special property. */
export const seededPatients = (): PatientRecord[] =>
  [...wellKnown, ...scenarios, ...youds, ...citizens].map(recordFrom);

/** Stores the seeded or given patients with unused numbers; returns how many are new. */
export async function seed(
  database: Database,
  records: Iterable<PatientRecord> = seededPatients(),
): Promise<number> {
  const { results } = await database.batch([...records].map(insertPatientStatement));
  return results.reduce((sum, { changes }) => sum + changes, 0);
}

/** Replaces all patients by the seeded ones in one batch. */
export async function reset(database: Database): Promise<void> {
  await database.batch([sql('DELETE FROM patient'), ...seededPatients().map(insertPatientStatement)]);
}

export { generatePatients } from './seed/generate.ts';
