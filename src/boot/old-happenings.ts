import type { StoredEvents } from '../storage/events.ts';

/** Milliseconds that events of journeys stay on record: as long as sessions of CIS and CIS2. */
const kept = 30 * 86_400_000;
/** Steps of one clearing: other writes come in between, and the next clearing goes on. */
const mostSteps = 100;

/** Clears what happened long ago. The audit log stays. */
export async function clearOldHappenings({
  events,
  now,
}: {
  events: StoredEvents;
  now: number;
}): Promise<void> {
  const before = now - kept;
  for (let step = 0; step < mostSteps; step++) if ((await events.sweep(before)) === 0) return;
}
