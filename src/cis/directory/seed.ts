import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { keyStatements, knownNamesStatements } from '../../storage/person-keys.ts';
import { activitiesSetting } from './activities.ts';
import { seedPeople } from './seed/people.ts';
import { personStatement, takeRolesStatements } from './statements.ts';

const marker = 'cis.seeded';

const plantStatements = (): Statement[] => [
  ...seedPeople().flatMap((person) => [
    personStatement(person),
    // Existing people stay unchanged.
    ...takeRolesStatements(undefined, person).map((statement) => ({ ...statement, condition: undefined })),
    ...keyStatements(undefined, person),
  ]),
  ...knownNamesStatements(seedPeople()),
];

/** Adds the seeded people to a new database, once, so removed people stay removed. Several processes may call it at once. */
export async function seed(database: Database): Promise<void> {
  const first = must(
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  );
  await database.batch([first, ...plantStatements()]);
}

/**
 * Resets the directory to the seed and deletes every session, without notifying subscribers. Agents stay, because the workstations
 * still exist. Certificates stay, so that revoked cards stay revoked.
 */
export async function reset(database: Database): Promise<void> {
  await database.batch([
    sql("DELETE FROM outbox WHERE topic IN ('cis.session-ended', 'cis.mail')"),
    sql('DELETE FROM legacy_ticket'),
    sql('DELETE FROM cis_session'),
    sql('DELETE FROM card'),
    sql('DELETE FROM setting WHERE name = ?', activitiesSetting),
    sql('DELETE FROM person_role'),
    sql('DELETE FROM person_key'),
    sql('DELETE FROM person_latest'),
    sql('DELETE FROM person'),
    sql('DELETE FROM organisation'),
    sql('DELETE FROM job_role'),
    ...plantStatements(),
    sql("INSERT INTO setting (name, value) VALUES (?, 'done') ON CONFLICT (name) DO NOTHING", marker),
  ]);
}
