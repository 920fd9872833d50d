import { type Database, sql } from '../storage/database.ts';

/** Tables that a reset empties: everything that happened. Keys, certificates of the authority and the audit log stay. */
const emptied = [
  'single_use',
  'token',
  'cis_session',
  'cis2_session',
  'cis2_session_client',
  'logout_delivery',
  'certificate',
  'event',
  'journey_link',
  'refusal',
  'counter',
];

export async function emptyHappenings(database: Database): Promise<void> {
  await database.batch(emptied.map((table) => sql(`DELETE FROM ${table}`)));
}
