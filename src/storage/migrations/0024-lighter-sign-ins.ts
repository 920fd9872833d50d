import type { MigrationStatements } from '../migration.ts';

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
