import type { MigrationStatements } from '../migration.ts';

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
