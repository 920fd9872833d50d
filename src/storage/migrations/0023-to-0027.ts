import type { MigrationStatements } from '../migration.ts';

/** Mails about a user's authenticators move to the table for all messages to others. */
export const noticesInOutbox: readonly string[] = [
  `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
    SELECT 'cis2.notice', id, uid, CAST({json object}('uid', uid, 'subject', subject, 'text', text) AS TEXT),
      'pending', 0, '', '', 0, created_at, created_at
    FROM cis2_notice ORDER BY created_at, id`,
  'DROP TABLE cis2_notice',
];

/**
 * A sign-in writes fewer pages. The index by user had a copy for live sessions, and the one by inactivity the sessions without a
 * limit. SQLite numbers the records that wait to be sealed without `AUTOINCREMENT`, which keeps the last number in another table.
 */
export const lighterSignIns: MigrationStatements = [
  'DROP INDEX cis2_session_uid',
  'DROP INDEX cis2_session_idle',
  `CREATE INDEX cis2_session_idle ON cis2_session (idle_at)
   WHERE ended_at IS NULL AND idle_at IS NOT NULL`,
  {
    sqlite:
      'CREATE TABLE audit_waiting (id INTEGER PRIMARY KEY, chain TEXT NOT NULL, entry TEXT NOT NULL, mac TEXT NOT NULL)',
  },
  { sqlite: 'INSERT INTO audit_waiting SELECT id, chain, entry, mac FROM audit_unsealed' },
  { sqlite: 'DROP TABLE audit_unsealed' },
  { sqlite: 'ALTER TABLE audit_waiting RENAME TO audit_unsealed' },
];

/** Tables of definitions, which every process may cache. */
export const announcedDefinitions: readonly string[] = ['api_definition'];

/** APIs behind the gateway by definition, with their source, and the responses that were recorded for each. */
export const apiDefinitions: readonly (string | { readonly postgres: string })[] = [
  `CREATE TABLE api_definition (
    name TEXT PRIMARY KEY,
    base_path TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    revision INTEGER NOT NULL
  )`,
  `CREATE TABLE api_example (
    api TEXT NOT NULL,
    operation TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (api, operation, name)
  )`,
  ...announcedDefinitions.map((table) => ({
    postgres: `CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION alongside_announce()`,
  })),
];

/**
 * Search keys of patients, clustered by kind, key and date of birth. The PDS fills them, because it alone knows how names sound. The
 * index by date of birth is no longer read.
 */
export const patientKeys: readonly string[] = [
  `CREATE TABLE patient_key (
    kind TEXT NOT NULL,
    key TEXT {byte order} NOT NULL,
    birth_date TEXT NOT NULL,
    nhs_number TEXT NOT NULL,
    PRIMARY KEY (kind, key, birth_date, nhs_number)
  ) {small rows}`,
  'DROP INDEX patient_birth',
];

/**
 * One row for each journey, with an index for each filter of the list. Its messages are lines of `event_block`. `message` finds the
 * journey of a message: of every one in development, which also keeps what was captured there, and of refused ones in production.
 */
export const journeys: MigrationStatements = [
  `CREATE TABLE journey (
    id TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    pattern BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    headline TEXT NOT NULL,
    waiting_for TEXT,
    person TEXT,
    application TEXT,
    role TEXT,
    level TEXT,
    session TEXT,
    messages BIGINT NOT NULL,
    wrong_pins BIGINT NOT NULL,
    failed TEXT,
    faults TEXT NOT NULL,
    clock_moved BIGINT NOT NULL
  )`,
  'CREATE INDEX journey_newest ON journey (started_at, id, outcome, application, person, pattern)',
  'CREATE INDEX journey_outcome ON journey (outcome, started_at, id)',
  'CREATE INDEX journey_application ON journey (application, started_at, id)',
  'CREATE INDEX journey_person ON journey (person, started_at, id)',
  'CREATE INDEX journey_pattern ON journey (pattern, started_at, id)',
  'CREATE INDEX journey_session ON journey (session) WHERE session IS NOT NULL',
  `CREATE TABLE message (
    id TEXT PRIMARY KEY,
    journey TEXT NOT NULL,
    at BIGINT NOT NULL,
    request_hash TEXT,
    correlation_hash TEXT,
    size BIGINT NOT NULL,
    captured TEXT
  )`,
  'CREATE INDEX message_captured ON message (at, id, size) WHERE captured IS NOT NULL',
  'CREATE INDEX message_journey ON message (journey)',
  'CREATE INDEX message_request ON message (request_hash) WHERE request_hash IS NOT NULL',
  'CREATE INDEX message_correlation ON message (correlation_hash) WHERE correlation_hash IS NOT NULL',
];
