import type { MigrationStatements } from '../migration.ts';

/**
 * Actions that sign-ins, token requests and API calls write: most records have one of these, so a search finds them without an index,
 * and these requests do not pay for one.
 */
const seldomAction =
  "action NOT IN ('cis.sign-in', 'cis.role-chosen', 'cis.session-ended', 'cis2.sign-in', 'cis2.signed-in-again', 'cis2.code-issued', 'cis2.tokens-issued', 'cis2.tokens-refreshed', 'cis2.session-ended', 'authorisation.code-issued', 'authorisation.tokens-issued', 'authorisation.tokens-refreshed', 'authorisation.tokens-revoked', 'api.called', 'patient.read', 'patient.searched', 'patient.changed')";

/** Indexes for searches of the audit log by action and by outcome. */
export const auditSearches: readonly string[] = [
  `CREATE INDEX audit_record_action ON audit_record (action, id) WHERE ${seldomAction}`,
  "CREATE INDEX audit_record_outcome ON audit_record (outcome, id) WHERE outcome <> 'ok'",
];

/**
 * Roles of administrators. Those of earlier versions may do everything. `organisations`: ODS codes with spaces between them, for the
 * registration authority. `passkey_at`: milliseconds of the last use of the passkey in a session. The setting counts changes of roles, so
 * that two at once cannot remove the last administrator.
 */
export const administratorRoles: readonly string[] = [
  "ALTER TABLE administrator ADD COLUMN role TEXT NOT NULL DEFAULT 'administrator'",
  "ALTER TABLE administrator ADD COLUMN organisations TEXT NOT NULL DEFAULT ''",
  'ALTER TABLE administrator_session ADD COLUMN passkey_at BIGINT NOT NULL DEFAULT 0',
  "INSERT INTO setting (name, value) VALUES ('administrators', '0')",
];

/**
 * A journey of a token request or an API call has no entry in the indexes of persons, of patterns and of outcomes: most journeys have
 * such values, so the newest of them are found without one.
 */
export const lighterJourneys: MigrationStatements = [
  'DROP INDEX journey_person',
  'DROP INDEX journey_pattern',
  'DROP INDEX journey_outcome',
  'CREATE INDEX journey_person ON journey (person, started_at, id) WHERE person IS NOT NULL',
  'CREATE INDEX journey_pattern ON journey (pattern, started_at, id) WHERE pattern > 0',
  "CREATE INDEX journey_outcome ON journey (outcome, started_at, id) WHERE outcome <> 'succeeded'",
];

/** Index for the list of patients with a date of birth, which has no name to search by. */
export const patientsByBirthDate: readonly string[] = [
  'CREATE INDEX patient_birth_date ON patient (birth_date, nhs_number)',
];
