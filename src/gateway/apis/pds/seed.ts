import type { Database } from '../../../storage/database.ts';
import { nhsNumbersFrom } from './nhs-number.ts';
import type { Gender, PatientRecord } from './patient.ts';
import { forgetRepetitionsStatement } from './repetitions.ts';
import { located, named, organisation, reached, recordFrom } from './seed/build.ts';
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

/** Stores the seeded or given patients with unused numbers; returns how many are new. */
export async function seed(
  database: Database,
  records: Iterable<PatientRecord> = seededPatients(),
): Promise<number> {
  const statements = [...records].map(insertPatientStatements);
  const { results } = await database.batch(statements.flat());
  let at = 0;
  let added = 0;
  for (const { length } of statements) {
    added += results[at]?.changes ?? 0;
    at += length;
  }
  return added;
}

/** Replaces all patients by the seeded ones in one batch. */
export async function reset(database: Database): Promise<void> {
  await database.batch([
    ...removePatientsStatements(),
    forgetRepetitionsStatement(),
    ...seededPatients().flatMap(insertPatientStatements),
  ]);
}

const families = [
  'Ashdown',
  'Birkett',
  'Calloway',
  'Denholm',
  'Ellery',
  'Foxglove',
  'Greaves',
  'Hollis',
  'Ingleby',
  'Jessop',
];
const givens = ['Alba', 'Bryn', 'Cleo', 'Dylan', 'Esme', 'Finn', 'Greta', 'Hugo', 'Isla', 'Jonah', 'Keira'];
const streets = [
  'Alder Close',
  'Beacon Road',
  'Cobbler Lane',
  'Dovecote Street',
  'Elm Rise',
  'Ferry Lane',
  'Granary Court',
];
const towns = ['Sheffield', 'Lincoln', 'Durham', 'Exeter', 'Norwich'];
const genders: readonly Gender[] = ['female', 'male'];

const of = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;
const two = (value: number): string => String(value).padStart(2, '0');

/** First nine digits of generated numbers: a range that no seeded record uses. */
const firstNumber = 999_100_000;

/** Returns this many more fictitious patients with valid numbers, always the same. */
export function* generatePatients(count: number): Generator<PatientRecord> {
  const numbers = nhsNumbersFrom(firstNumber);
  for (let at = 0; at < count; at++) {
    const id = numbers.next().value;
    if (id === undefined) return;
    yield recordFrom({
      id,
      name: [named(of(families, at), [of(givens, at)])],
      gender: of(genders, at),
      birthDate: `${1930 + ((at * 7) % 90)}-${two((at % 12) + 1)}-${two(((at * 5) % 28) + 1)}`,
      practice: organisation(`A${82_000 + (at % 500)}`),
      telecom: [reached('phone', `07700900${String(at % 1_000).padStart(3, '0')}`, 'mobile')],
      address: [
        located(
          [`${(at % 199) + 1} ${of(streets, at)}`, '', '', of(towns, at)],
          `ZZ${(at % 99) + 1} ${at % 10}ZZ`,
        ),
      ],
    });
  }
}
