import type { Database } from '../../../storage/database.ts';
import type { PatientRecord } from './patient.ts';
import { forgetRepetitionsStatement } from './repetitions.ts';
import { recordFrom } from './seed/build.ts';
import { published } from './seed/published.ts';
import { citizens, scenarios, youds } from './seed/scenarios.ts';
import { wellKnown } from './seed/well-known.ts';
import { insertPatientStatements, removePatientsStatements } from './store.ts';

/**
 * Returns the seeded patients, all fictitious: those of the published sandbox, one for each special
 * property, then those of other published examples.
 */
export const seededPatients = (): PatientRecord[] =>
  [...wellKnown, ...scenarios, ...youds, ...citizens, ...published].map(recordFrom);

/** Number of records stored at once. */
const atOnce = 250;

async function store(database: Database, records: readonly PatientRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  const statements = records.map(insertPatientStatements);
  const { results } = await database.batch(statements.flat());
  let at = 0;
  let added = 0;
  for (const { length } of statements) {
    added += results[at]?.changes ?? 0;
    at += length;
  }
  return added;
}

/** Stores the seeded or given patients with unused numbers; returns how many are new. */
export async function seed(
  database: Database,
  records: Iterable<PatientRecord> = seededPatients(),
): Promise<number> {
  let added = 0;
  let some: PatientRecord[] = [];
  for (const record of records) {
    some.push(record);
    if (some.length < atOnce) continue;
    added += await store(database, some);
    some = [];
  }
  return added + (await store(database, some));
}

/** Replaces all patients by the seeded ones in one batch. */
export async function reset(database: Database): Promise<void> {
  await database.batch([
    ...removePatientsStatements(),
    forgetRepetitionsStatement(),
    ...seededPatients().flatMap(insertPatientStatements),
  ]);
}
