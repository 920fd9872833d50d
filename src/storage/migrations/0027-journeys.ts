import type { MigrationStatements } from '../migration.ts';

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
