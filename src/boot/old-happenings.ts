import { type Database, sql } from '../storage/database.ts';
import type { StoredEvents } from '../storage/events.ts';

/** Milliseconds that events of journeys and sessions that are over stay on record: as long as sessions of CIS. */
const kept = 30 * 86_400_000;
/** Steps of one clearing: other writes come in between, and the next clearing goes on. */
const mostSteps = 100;

/** Clears what happened long ago. The audit log stays. */
export async function clearOldHappenings({
  database,
  events,
  now,
}: {
  database: Database;
  events: StoredEvents;
  now: number;
}): Promise<void> {
  const before = now - kept;
  await database.batch([
    sql(
      'DELETE FROM cis2_session_client WHERE sid IN (SELECT sid FROM cis2_session WHERE ended_at < ?)',
      before,
    ),
    sql('DELETE FROM cis2_session WHERE ended_at < ?', before),
  ]);
  for (let step = 0; step < mostSteps; step++) if ((await events.sweep(before)) === 0) return;
}
